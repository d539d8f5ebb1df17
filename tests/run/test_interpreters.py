"""Targets of the user's own under other interpreters: the right one answers, or one line says why none can."""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.plan.plan import Settings
from opassay.harness.run import process
from opassay.harness.run.campaign import Campaign, Request, check_devices
from opassay.harness.run.process import WorkerSpec
from opassay.harness.run.run import Run
from opassay.harness.run.status import exit_status
from opassay.harness.worker import wire, words

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import stub_interpreter  # noqa: E402 - a script beside this file

ADAPTER = ("--adapter", "fake_adapter:FakeAdapter")
RELU = ("--op", "relu", "--aspect", "value", "--cases", "2")


@pytest.fixture(scope="module")
def interpreters(tmp_path_factory):
    """By name: with version 1.0 of the framework, without a framework, without NumPy."""
    folder = tmp_path_factory.mktemp("interpreters")
    make = stub_interpreter.make_interpreter
    return {
        "old": make(folder / "old", "1.0"),
        "bare": make(folder / "bare"),
        "naked": make(folder / "naked", "1.0", numpy=False),
    }


@pytest.fixture
def project(tmp_path, interpreters, monkeypatch):
    """An adapter, a target per interpreter, and a PYTHONPATH by which this one finds version 2.0."""
    (tmp_path / "fake_adapter.py").write_text(stub_interpreter.ADAPTER)
    stub_interpreter.write_framework(tmp_path / "leak", "2.0")
    paths = [str(tmp_path), str(tmp_path / "leak"), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in paths if path))
    monkeypatch.syspath_prepend(str(tmp_path))
    described = [f'[targets.{n}]\nadapter = "fake"\npython = "{path}"\n' for n, path in interpreters.items()]
    (tmp_path / "opassay.toml").write_text("".join(described))
    return tmp_path


def campaign_of(project, *targets, **options):
    settings = Settings(cases=2)
    request = Request(
        targets, ["relu"], ["value"], ["fake_adapter:FakeAdapter"], settings=settings, folder=project, **options
    )
    return Campaign(request)


def started(campaign):
    """By label: what its worker said, or why there is none."""
    with campaign.engine() as engine:
        check_devices(engine)
        return {lane.label: lane.hello or lane.state for lane in engine.lanes.values()}


def add(project, text):
    with (project / "opassay.toml").open("a") as stream:
        stream.write(text)


def opassay(project, *arguments):
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=300, check=False)


def test_the_interpreter_that_was_asked_for_answers_whatever_pythonpath_says(project):
    hello = started(campaign_of(project, "fake", "old"))
    assert {label: told["version"] for label, told in hello.items()} == {"fake": "2.0", "old": "1.0"}


def test_a_worker_elsewhere_sees_our_half_of_the_worker_and_nothing_else_of_ours(project):
    assert started(campaign_of(project, "old"))["old"]["settings"]["sees"] == ""


def test_a_framework_from_outside_the_interpreter_is_refused(project, interpreters):
    add(project, f'[targets.leaky]\nadapter = "fake"\npython = "{interpreters["old"]}"\n')
    add(project, f'env = {{PYTHONPATH = "{project / "leak"}"}}\n')
    state = started(campaign_of(project, "leaky"))["leaky"]
    assert state.startswith(f"fake comes from {project / 'leak'}")
    assert "PYTHONPATH" in state


def test_without_the_check_that_framework_would_have_answered(project, interpreters, monkeypatch):
    monkeypatch.setattr(WorkerSpec, "foreign", False)
    assert started(campaign_of(project, "old"))["old"]["version"] == "2.0"


def test_variables_reach_the_worker(project, interpreters):
    add(project, f'[targets.set]\nadapter = "fake"\npython = "{interpreters["old"]}"\nenv = {{FAKE = "yes"}}\n')
    hello = started(campaign_of(project, "set", "old"))
    assert {label: told["settings"]["FAKE"] for label, told in hello.items()} == {"set": "yes", "old": ""}


def test_the_command_line_names_another_interpreter_for_a_target(project, interpreters):
    hello = started(campaign_of(project, "bare", "fake", python={"bare": str(interpreters["old"])}))
    assert {label: told["version"] for label, told in hello.items()} == {"bare": "1.0", "fake": "2.0"}


@pytest.mark.parametrize(
    ("interpreter", "told", "status"),
    [("old", "bare: structural", 1), ("bare", "has no module 'fakeframework'", 2)],
)
def test_replay_takes_another_interpreter_too(project, interpreters, interpreter, told, status):
    case = Case("relu", (Tensor((2,), "float32", Fill("ones")),), {})
    (project / "case.json").write_text(case.dumps(), encoding="utf-8")
    named = ("--target", "bare", "--adapter", "fake_adapter:FakeAdapter")
    done = opassay(project, "opassay", "replay", "case.json", *named, "--python", f"bare={interpreters[interpreter]}")
    assert told in done.stdout
    assert done.returncode == status


@pytest.mark.parametrize(
    ("name", "reason"),
    [("bare", "has no module 'fakeframework', which the adapter imports"), ("naked", "has no NumPy; install numpy")],
)
def test_an_interpreter_that_cannot_answer_is_one_state_and_no_records(name, reason, project, tmp_path):
    campaign = campaign_of(project, name, "old")
    run = Run(campaign, tmp_path / "out")
    with campaign.engine() as engine:
        check_devices(engine)
        records = list(run.execute(engine))
        described = run.describe(engine)
    assert reason in described["targets"][name]["state"]
    assert {record.target for record in records} == {"old"}
    status, reasons = exit_status(described, run.counts, strict=False)
    assert status == 1
    assert sum(reason in line for line in reasons) == 1


def test_a_python_that_is_too_old_says_so():
    text = process._BOOT.read_text().replace("OLDEST = (3, 10)", "OLDEST = (9, 0)")
    done = subprocess.run([sys.executable, "-c", text, '{"roots": {}}'], capture_output=True, timeout=300, check=True)
    header, buffers = wire.read(io.BytesIO(done.stdout))
    words.check(header)
    assert (header["type"], buffers) == ("failed", [])
    assert header["why"].endswith("is too old; a worker needs 9.0 or newer")


def test_a_file_that_is_no_program_is_the_targets_state(project):
    (project / "text").write_text("no program")
    (project / "text").chmod(0o755)
    add(project, '[targets.text]\nadapter = "fake"\npython = "text"\n')
    assert started(campaign_of(project, "text"))["text"].startswith("its interpreter could not be started: ")


def test_a_module_of_the_current_folder_does_not_hide_one_of_python(project):
    (project / "json.py").write_text("raise RuntimeError('not yours')")
    spec = WorkerSpec(
        "fake_adapter:FakeAdapter", "eager", extra_roots={"fake_adapter": str(project / "fake_adapter.py")}
    )
    command = [sys.executable, "-c", process._BOOT.read_text(), process.json.dumps(spec.config())]
    environment = {**spec.environment(), "PYTHONPATH": str(project / "leak")}
    done = subprocess.run(
        command, cwd=project, env=environment, input=b"", capture_output=True, timeout=300, check=True
    )
    assert wire.read(io.BytesIO(done.stdout))[0]["type"] == "hello"


def test_resuming_with_another_interpreter_is_refused(project, interpreters):
    first, again = campaign_of(project, "old"), campaign_of(project, "old")
    other = campaign_of(project, "old", python={"old": str(interpreters["bare"])})
    assert first.identity() == again.identity() != other.identity()


def test_run_list_replay_and_pytest_take_the_name(project):
    done = opassay(project, "opassay", "run", "--target", "fake", "--target", "old", *RELU, *ADAPTER)
    assert done.returncode == 1, done.stdout + done.stderr
    with (project / "opassay-report" / "results.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    told = {(row["target"], row["adapter"], row["framework_version"]) for row in rows}
    assert told == {("fake", "fake", "2.0"), ("old", "fake", "1.0")}
    wrong = [row for row in rows if row["verdict"] != "pass"]
    assert {row["target"] for row in wrong} == {"old"}
    done = opassay(project, "opassay", "replay", wrong[0]["case_id"], "--target", "old", *ADAPTER)
    assert done.returncode == 1
    assert f"old: {wrong[0]['verdict']}" in done.stdout
    done = opassay(project, "opassay", "list", "targets")
    assert "old" in [line.partition(" ")[0] for line in done.stdout.splitlines()]
    plugin = ("--opassay", "--opassay-adapter", ADAPTER[1], "--opassay-op", "relu", "--opassay-aspect", "value")
    done = opassay(project, "pytest", "-p", "no:cacheprovider", *plugin, "--opassay-target", "old")
    assert (done.returncode, "1 failed" in done.stdout) == (1, True), done.stdout + done.stderr
