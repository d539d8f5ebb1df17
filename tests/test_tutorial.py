"""The pages about adding keep their word: the tutorial's commands say what it says, and the files named exist."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import newcomer  # noqa: E402 - a module beside this file

BACKEND, OP = (newcomer.ROOT / "docs" / f"adding-{what}.md" for what in ("a-backend", "an-op"))
TEXT = BACKEND.read_text(encoding="utf-8")
TABLES = TEXT + OP.read_text(encoding="utf-8")
EXAMPLES = {"<name>": "torch", "<family>": "conv", "<op>": "conv2d"}
WORDS_TO_FILL_IN = re.compile("|".join(EXAMPLES))


def blocks(text: str) -> list[tuple[str, str]]:
    """The fenced blocks of the tutorial: ``sh`` to type, ``text`` that what was typed just before prints, after "…"."""
    tutorial = text.partition("## Tutorial")[2].partition("\n## ")[0]
    return re.findall(r"^```(sh|text)\n(.*?)^```$", tutorial, re.DOTALL | re.MULTILINE)


def follow(text: str, folder: Path) -> list[str]:
    """Type everything; the lines that were promised and not printed, and the commands that failed."""
    variables, said, wrong = newcomer.environment(folder / "env"), "", []
    for kind, content in blocks(text):
        if kind == "sh":
            done = newcomer.shell(content, folder, variables)
            said = " ".join((done.stdout + done.stderr).split())
            wrong += [f"status {done.returncode}: {content}: {said}"] if done.returncode else []
        else:
            lines = (" ".join(line.split()).removeprefix("… ") for line in content.splitlines())
            wrong += [f"not printed: {line}: {said}" for line in lines if line not in said]
    return wrong


@pytest.mark.slow
def test_the_tutorial_can_be_followed(tmp_path: Path) -> None:
    assert [kind for kind, _ in blocks(TEXT)].count("sh") >= 5
    assert [kind for kind, _ in blocks(TEXT)].count("text") >= 4
    assert follow(TEXT, tmp_path) == []


def test_a_tutorial_that_promises_too_much_is_noticed(tmp_path: Path) -> None:
    text = "## Tutorial\n```sh\necho one\n```\n```text\none\ntwo\n```\n```sh\nfalse\n```\n## Next\n```sh\nfalse\n```\n"
    assert follow(text, tmp_path) == ["not printed: two: one", "status 1: false\n: "]


def named_files(text: str) -> list[str]:
    """The files in the last column of the tables ``component | file``."""
    tables = re.findall(r"^\| component \| file \|\n\|---\|---\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    cells = [row.rstrip().rstrip("|").rpartition("|")[2] for table in tables for row in table.splitlines()]
    return [name for cell in cells for name in re.findall(r"`([^`]*[./][^`]*)`", cell)]


@pytest.mark.parametrize("name", named_files(TABLES))
def test_a_file_in_a_table_exists(name: str) -> None:
    assert (newcomer.ROOT / WORDS_TO_FILL_IN.sub(lambda match: EXAMPLES[match[0]], name)).exists()


def test_every_table_is_read() -> None:
    assert len(named_files(TABLES)) >= 25
    assert named_files("| component | file |\n|---|---|\n| a `b/b` | `c.py`; `D` in `d/` |\n") == ["c.py", "d/"]
