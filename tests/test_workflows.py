"""The workflows that other repositories call: what they type can be typed, and every input they name is one."""

import re
import shlex
import sys
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from typed import lines, option_problem  # noqa: E402 - a module beside this file

FILES = sorted((HERE.parent / ".github" / "workflows").glob("*.yml"))


def steps(workflow):
    return [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]


def filled(text):
    """What a shell is given where nobody says anything: the default of each input, and a number for a date."""
    text = re.sub(r"\$\(date [^)]*\)", "20260101", text)
    return re.sub(r"\$\{\{ inputs\.\w+(?: \|\| '([^']*)')? \}\}", lambda found: found[1] or "", text)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_command_of_a_workflow_can_be_typed(file):
    workflow = yaml.safe_load(file.read_text(encoding="utf-8"))
    typed = [words for step in steps(workflow) for words in lines(filled(step))]
    asked = [words for words in typed if words[0] == "opassay"]
    assert {shlex.join(words): why for words in asked if (why := option_problem(words[1:]))} == {}
    assert any(words[1] == "run" for words in asked)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_input_is_declared_and_used(file):
    text = file.read_text(encoding="utf-8")
    # YAML 1.1 reads "on" as true.
    declared = yaml.safe_load(text)[True]["workflow_call"]["inputs"]
    assert set(re.findall(r"inputs\.(\w+)", text)) == set(declared)


def test_a_wrong_option_is_noticed():
    (words,) = lines(filled("opassay run ${{ inputs.targets || '--targets torch' }}"))
    assert "--targets" in option_problem(words[1:])
