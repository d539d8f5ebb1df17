"""Whatever a framework does to its worker: the case says so, the other cases pass, no record is lost."""

import queue
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import psutil
import pytest

from opassay.harness.doors.sizes import OUTPUT, parse_size
from opassay.harness.find.registry import Registry, UsageError
from opassay.harness.judge.compare import Judgement
from opassay.harness.judge.verdict import judge
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.outcome import GREW, Crashed, Raised, TooLarge
from opassay.harness.run import lane, process, silence, wear
from opassay.harness.run.clean import clean_message
from opassay.harness.run.job import Job
from opassay.harness.run.kinds import Planned
from opassay.harness.run.retries import Again
from opassay.harness.worker import wire, words

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import fault_table  # noqa: E402 - a script beside this file

START = {
    "cannot_start": "ImportError: libframework.so.7",
    "dies_at_start": "SIGABRT",
    "greets_with_nonsense": "'version' of 'hello' is 7",
}


@pytest.fixture(scope="module")
def told():
    return {one.target: one for one in fault_table.run_all()}


@pytest.mark.slow
@pytest.mark.parametrize("fault", fault_table.FAULTS)
def test_a_fault_costs_no_record_and_spoils_no_other_case(told, fault):
    one, sound = told[fault], told["faulty"]
    assert (one.lost, one.state) == (0, "ready")
    assert one.spoilt == {fault_table.FAULTS[fault]: sum(sound.spoilt.values())}
    assert one.sound == sound.sound == {"pass": sum(sound.sound.values())}


@pytest.mark.parametrize("name", fault_table.UNSTARTED.values())
def test_a_worker_that_cannot_start_is_its_targets_state(told, name):
    assert told[name].records == ()
    assert START[name] in told[name].state


def test_a_target_that_cannot_start_is_said_once_and_turns_the_run_red(tmp_path):
    options = (
        "--adapter faulty:CannotStart --adapter faulty:Faulty -t cannot_start -t faulty -o matmul -a value --cases 2"
    )
    command = [sys.executable, "-m", "opassay", "run", *options.split(), "--out", "report"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "exit status 1: target cannot_start could not start: ImportError: libframework.so.7" in done.stdout
    table = pd.read_csv(tmp_path / "report" / "results.csv")
    pins = [pin for pin in Registry().op("matmul").pins if pin.case.aspect == "value"]
    assert Counter(table["target"]) == {"faulty": len(pins) + 4}
    assert set(table["verdict"]) == {"pass"}


def environment():
    import os

    return {**os.environ, "PYTHONPATH": f"{HERE.parents[1]}{os.pathsep}{HERE}", "OPASSAY_CACHE": "off"}


HELLO = {
    "type": "hello",
    "protocol": wire.PROTOCOL,
    "name": "n",
    "version": "1",
    "origin": "o",
    "prefix": "p",
    "python": "3",
    "numpy": "2",
    "executor": "",
    "devices": ["cpu"],
    "modes": ["eager"],
    "fused": False,
    "ops": ["relu"],
    "settings": {},
    "rules": [],
}


@pytest.mark.parametrize("message", [HELLO, {"type": "start", "batch": 1, "positions": [0, 2]}])
def test_what_a_worker_says_is_accepted(message):
    words.check(message)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"type": ["start"]},
        {"type": "shutdown"},
        {"type": "start", "batch": True, "positions": []},
        {"type": "start", "batch": 1, "positions": [0, None]},
        {"type": "outcome", "batch": 1, "position": "0", "kind": "raised"},
        {"type": "done"},
        {**HELLO, "devices": "cpu"},
        {**HELLO, "fused": 0},
    ],
)
def test_what_no_worker_says_is_refused(message):
    with pytest.raises(wire.WireError):
        words.check(message)


def test_an_answer_too_large_to_send_is_a_wrong_shape_and_to_invalid_input_an_acceptance():
    outcome = TooLarge("float32[1048576x1048576] of 4398046511104 bytes", 2**28)
    assert wire.unpack(*wire.pack(outcome)) == outcome
    tensors = ()
    for aspect, rule, verdict in (("value", None, "shape"), ("error", "rank", "accepts")):
        judgement = judge(Case("relu", tensors, {}, aspect, rule), outcome, (), ())
        assert judgement.verdict == verdict
        assert "float32[1048576x1048576]" in judgement.message


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "ld.lld: undefined symbol: tanh, in main_dispatch_0-b72b6a.o",
            "ld.lld: undefined symbol: tanh, in main_dispatch_0-104235.o",
        ),
        ("cannot read /tmp/tmpk2x_81ab/model.onnx", "cannot read /tmp/tmp0a9fz3qd/model.onnx"),
        ("no file in tmpk2x_81ab", "no file in tmp0a9fz3qd"),
    ],
)
def test_random_names_of_files_are_no_part_of_a_message(one, other):
    assert clean_message(one) == clean_message(other)
    assert clean_message("no part in tmp: layer-normal.weight") == "no part in tmp: layer-normal.weight"


@pytest.mark.parametrize("told", ["dx[0] expected -3973840.16, got -1.5e-106123.75", "y[2] expected -16777216, got -0"])
def test_large_numbers_below_0_are_no_names_of_files(told):
    assert clean_message(told) == told


def test_a_message_that_no_file_could_hold_is_made_one_that_can():
    cleaned = clean_message("\ud800 a\0b \x1b[31mred\x1b[0m " + "x" * 10**5)
    assert cleaned.startswith("? ab red x")
    assert len(cleaned) <= 600
    assert cleaned.encode()
    assert Raised("ValueError", cleaned).message == cleaned


class _Process:
    """A worker process that has used ``used`` CPU seconds and never says anything."""

    def __init__(self, used, ended=False, held=0):
        self.used, self.ended, self.held, self.killed = used, ended, held, False
        self.compiling = False

    def seconds(self):
        return self.used

    def memory(self):
        return self.held

    def parental(self):
        return self.compiling

    def kill(self):
        self.killed = True


@pytest.fixture
def clock(monkeypatch):
    """What time it is, in seconds, as a list of one number to be changed."""
    clock = [0.0]
    monkeypatch.setattr(silence.time, "monotonic", lambda: clock[0])
    return clock


def at_work(process):
    """A lane with a limit of 10 s and 1 GiB whose worker has one case."""
    watched = lane.Lane(None, "t", None, None, 10.0, 2**30, lambda *_: None)
    watched.state, watched.process = "ready", process
    watched.jobs.sent[1] = Job(None, [SimpleNamespace(case=Case("relu", (), {}))], Planned())
    watched._current = [0]
    return watched


@pytest.mark.parametrize(
    ("ended", "problem", "signal"),
    [
        ("SIGKILL", "the message ends early", "SIGKILL"),
        ("exit 1", "not a message", "wire"),
        ("SIGSEGV", "", "SIGSEGV"),
    ],
)
def test_half_a_message_of_a_worker_that_was_killed_is_no_nonsense(ended, problem, signal):
    told = []
    watched = at_work(_Process(0))
    watched._begin, watched._answered = lambda spec: _Process(0), lambda lane, job, answers: told.extend(answers)
    watched.process.how_it_ended, watched.process.last_words = lambda: ended, lambda: ""
    watched._ended(problem)
    ((_, outcome),) = told
    assert outcome.signal == signal


@pytest.mark.parametrize("state", ["ready", "starting", "its worker did not start"])
def test_what_an_adapter_lacks_is_known_while_its_worker_starts_again(state):
    watched = at_work(None)
    watched.state = state
    assert not watched.lacks("matmul")
    watched.hello = {"ops": ["relu"]}
    assert watched.lacks("matmul")
    assert not watched.lacks("relu")


@pytest.mark.parametrize(
    ("silent", "used", "busy", "ended"),
    [
        (9, 0, True, False),
        (11, 1, True, False),
        (11, 1, False, True),
        (11, 0, True, True),
        (11, 6, True, True),
        (51, 1, True, True),
        (9, 9, False, False),
    ],
)
def test_silence_counts_only_when_the_machine_gave_the_worker_its_time(clock, silent, used, busy, ended):
    watched = at_work(_Process(0))
    watched.watch(busy)
    clock[0], watched.process.used = silent, used
    watched.watch(busy)
    assert watched.process.killed is ended


@pytest.mark.parametrize(("grown", "busy", "ended"), [(2**28, True, False), (2**28, False, True), (2**26, True, True)])
def test_a_worker_that_grows_on_a_busy_machine_is_not_ended_for_its_silence(clock, grown, busy, ended):
    watched = at_work(_Process(0, held=2**28))
    watched.watch(busy)
    watched.process.used, watched.process.held, clock[0] = 6, 2**28 + grown, 11
    watched.watch(busy)
    assert watched.process.killed is ended


def test_the_pinned_case_of_a_known_hang_has_less_time(clock):
    watched = at_work(_Process(0))
    watched.jobs.sent[1] = Job(None, [SimpleNamespace(case=Case("relu", (), {}))], Planned(), brief=True)
    clock[0] = 0.9
    watched.watch()
    assert not watched.process.killed
    clock[0] = 1.1
    watched.watch()
    assert watched.process.killed


@pytest.mark.parametrize(("silent", "ended"), [(29, False), (31, True)])
def test_what_gave_no_answer_in_time_has_three_times_as_long_when_it_runs_again(clock, silent, ended):
    watched = at_work(_Process(0))
    watched.jobs.sent[1] = watched.jobs.sent[1].again(watched.jobs.sent[1].items[0], patient=True)
    clock[0] = silent
    watched.watch()
    assert watched.process.killed is ended


def test_what_ended_its_worker_and_gives_no_answer_alone_is_a_hang():
    told = []
    engine = SimpleNamespace(record=lambda *record: told.append(record[4:]))
    again = Again(Judgement("crash"), Crashed("exit 1", message="ended"))
    again.judged(engine, None, Job(None, [], again), None, None, Judgement("hang", "no answer"))
    assert told == [(Judgement("hang", "no answer; before: ended"), "yes")]


def test_a_worker_that_waits_for_its_compiler_does_not_hang_on_a_busy_machine(clock):
    watched = at_work(_Process(0))
    watched.process.compiling = True
    watched.watch(busy=True)
    clock[0] = 11
    watched.watch(busy=True)
    assert not watched.process.killed


@pytest.mark.parametrize(("away", "ended"), [(0.0, True), (5.0, False)])
def test_silence_counts_only_while_somebody_listens(clock, away, ended):
    watched = at_work(_Process(0))
    clock[0] = 11.0
    watched.watch(away=away)
    assert watched.process.killed is ended
    clock[0] = 17.0
    watched.watch()
    assert watched.process.killed


def test_nobody_listened_before_the_worker_was_heard(clock):
    watched = at_work(_Process(0))
    watched.watch(away=1000.0)
    clock[0] = 11.0
    watched.watch()
    assert watched.process.killed


def test_a_worker_that_grew_while_nobody_looked_did_not_hang(clock):
    watched = at_work(_Process(0, held=2**31))
    clock[0] = 11.0
    watched.watch()
    assert watched._why.signal == GREW


def test_a_worker_that_is_gone_does_not_hang(clock):
    for ended in (True, False):
        clock[0] = 0.0
        watched = at_work(_Process(0, ended))
        clock[0] = 11.0
        watched.watch()
        assert watched.process.killed is not ended


def test_who_waits_for_a_worker_that_closed_its_output_is_not_who_listens(monkeypatch):
    monkeypatch.setattr(process, "LINGER", 2.0)
    events = queue.Queue()
    lingering = process.WorkerProcess(
        process.WorkerSpec("faulty:Faulty", "closes_descriptors", extra_roots={"faulty": str(HERE / "faulty.py")}),
        events,
    )
    try:
        assert events.get(timeout=60).header["type"] == "hello"
        assert not lingering.ended
        case = Case("matmul", (Tensor((1, 1), "int32", Fill("ones")),) * 2, {}).dumps()
        lingering.send({"type": "batch", "id": 1, "fuse": False, "repeat": [], "timeout": 10, "cases": [case]})
        while not lingering.ended:
            time.sleep(0.01)
        assert psutil.pid_exists(lingering.pid), "it is known to be mute before it is gone"
        while (said := events.get(timeout=60)).header is not None:
            assert said.header["type"] == "start"
        assert lingering.how_it_ended() == "closed its output"
    finally:
        lingering.kill()


@pytest.mark.parametrize(("grown", "tired"), [(0, False), (2**28, False), (2**29, True)])
def test_a_worker_is_replaced_when_it_has_grown_half_way_since_its_first_batch(clock, grown, tired):
    begun = _Process(0, held=3 * 2**28)
    watched = at_work(begun)
    watched.wear.limit = 3 * 2**29
    watched.watch()
    assert not watched.wear.worn, "what it takes to begin with, the next one would take too"
    watched.wear.served()
    watched.watch()
    begun.held += grown
    watched.watch()
    assert watched.wear.worn is tired


def test_a_worker_is_replaced_after_its_service(monkeypatch):
    monkeypatch.setattr(wear, "SERVICE", 3)
    watched = lane.Lane(None, "t", None, None, 10.0, 2**30, lambda *_: None)
    for batch in range(3):
        assert not watched.wear.worn
        watched.jobs.sent[batch] = Job(None, [], Planned())
        watched._done(batch)
    assert watched.wear.worn


@pytest.mark.parametrize(("text", "size"), [("1M", 2**20), ("1.5 MiB", 3 * 2**19), ("1048576", 2**20), ("1gb", 2**30)])
def test_a_size_is_read(text, size):
    assert parse_size("--max-output", text, *OUTPUT) == size


@pytest.mark.parametrize("text", ["", "M", "1X", "-1M", "1,5M", "5", "2G", "nan", "1e9"])
def test_a_bad_size_names_the_option(text):
    with pytest.raises(UsageError, match="--max-output"):
        parse_size("--max-output", text, *OUTPUT)


def test_a_lost_device_is_told_in_its_own_words(told):
    messages = {r.message for r in told["loses_its_device"].records if r.verdict == "crash"}
    assert messages == {"the worker ended: device lost (an illegal memory access was encountered)"}
