"""Runs with --record, and rejudge: the same table without a worker, and no belief in the file of a stranger."""

import json
import os
import struct
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pytest

from opassay.harness.doors.cli import run_cli
from opassay.harness.judge.compare import Judgement
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact
from opassay.harness.run import judging
from opassay.harness.run.tape import rejudge, writer
from opassay.harness.run.tape.campaign import Asked
from opassay.harness.run.tape.file import TapeFile
from opassay.harness.run.tape.writer import TapeWriter
from opassay.harness.store.journal import NAME, sorted_records

HERE = Path(__file__).parent
ADAPTERS = ("planted:Honest", "planted:Stale", "planted:AbortsFused", "planted_repeats:ByProcess", "ending:Ending")
TARGETS = ("honest", "stale", "aborts_fused", "by_process", "ending:SIGKILL", "ending:SIGSEGV")
SHORT = ("--op", "matmul", "--aspect", "value", "--cases", 3)
MANY = ("planted:Honest", "every_verdict:EveryVerdict", "faulty:Faulty")


@pytest.fixture(scope="module", autouse=True)
def importable(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(HERE))
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(HERE), os.environ.get("PYTHONPATH")))))
        patch.setenv("OPASSAY_TEST_MARKS", str(tmp_path_factory.mktemp("marks")))
        yield


def opassay(*words):
    """Exit status of a command, run in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["opassay", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            run_cli()
    return left.value.code


def adapters(names):
    return [word for name in names for word in ("--adapter", name)]


def record(tape, out, *more, targets=TARGETS, known=ADAPTERS):
    wanted = [word for target in targets for word in ("--target", target)]
    return opassay("run", *wanted, *adapters(known), *more, "--record", tape, "--out", out, "--findings", 0)


def again(tape, out, *more, known=ADAPTERS):
    return opassay("rejudge", tape, *adapters(known), *more, "--out", out)


def table(folder):
    return [replace(r, seconds=None) for r in sorted_records(folder / NAME)]


def described(folder):
    run = json.loads((folder / "run.json").read_text())
    run["shards"].sort(key=str)
    run["warnings"].sort()
    return {name: value for name, value in run.items() if name not in ("command", "machine")}


def frames_of(path):
    file = TapeFile(path)
    return [file.frames(chunk) for chunk in file.chunks]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A tape and the run that made it: passes, answers that change, ends in batches, of groups, once and not again."""
    folder = tmp_path_factory.mktemp("recorded")
    record(folder / "tape", folder / "run", "--op", "matmul", "--op", "conv2d_transpose", "--cases", 6, "--seed", 8)
    return folder


def test_rejudged_is_what_the_run_said(recorded, tmp_path):
    status = again(recorded / "tape", tmp_path)
    made, found = table(recorded / "run"), table(tmp_path)
    verdicts = {(r.target, r.verdict, r.confirmed) for r in made}
    assert {v for _, v, _ in verdicts} >= {"pass", "crash", "nondeterministic", "unsupported"}
    assert any("not reproduced" in r.message for r in made)
    assert any(b'"group"' in frame for frame in frames_of(recorded / "tape" / "aborts_fused.tape"))
    assert any("worker ended" in r.message and r.confirmed == "yes" for r in made)
    assert found == made
    assert described(tmp_path) == described(recorded / "run")
    assert status == 3


def test_rejudged_writes_what_a_run_writes(recorded, tmp_path):
    again(recorded / "tape", tmp_path, "--op", "conv2d_transpose")
    for name in ("results.csv", "summary.md", "report.html", "junit.xml"):
        assert (tmp_path / name).stat().st_size > 100


def test_many_cores_say_the_same(recorded, tmp_path, monkeypatch):
    monkeypatch.setattr(rejudge, "SMALL", 0)
    monkeypatch.setattr(rejudge, "usable_cores", lambda: 2)
    again(recorded / "tape", tmp_path)
    assert table(tmp_path) == table(recorded / "run")
    assert described(tmp_path) == described(recorded / "run")


def test_ops_whose_answers_lie_between_each_other_s_can_be_judged_together(monkeypatch, tmp_path):
    monkeypatch.setattr(writer, "CHUNK", 0)
    asked = ("--op", "matmul", "--op", "conv2d_transpose", "--aspect", "value", "--cases", 2)
    record(tmp_path / "tape", tmp_path / "run", *asked, targets=["honest"])
    found = rejudge.judge_ops(Asked(tmp_path / "tape", (), ADAPTERS), ["matmul", "conv2d_transpose"], tmp_path).records
    assert {(r.case_id, r.verdict) for r in found} == {(r.case_id, r.verdict) for r in table(tmp_path / "run")}


def test_every_kind_of_answer_comes_again(tmp_path):
    modes = ("numeric", "rejects", "hang", "nondeterministic")
    targets = [*(f"every_verdict:{mode}" for mode in modes), "faulty:damages"]
    # Seed 2 begins with float32, and values of which no sum is exact.
    asked = ("--op", "matmul", "--aspect", "value", "--cases", 1, "--seed", 2, "--timeout", 0.5)
    record(tmp_path / "tape", tmp_path / "run", *asked, targets=targets, known=MANY)
    again(tmp_path / "tape", tmp_path / "again", known=MANY)
    made = table(tmp_path / "run")
    assert {r.verdict for r in made} >= {*modes}
    assert table(tmp_path / "again") == made


def test_both_halves_of_a_long_run_and_every_repetition_are_on_the_tape(tmp_path):
    asked = ("--op", "matmul", "--aspect", "value", "--cases", 50, "--fills", 1, "--repeat")
    record(tmp_path / "tape", tmp_path / "run", *asked, targets=["by_process"])
    again(tmp_path / "tape", tmp_path / "again")
    made = table(tmp_path / "run")
    assert table(tmp_path / "again") == made
    assert {"in a fresh process" in r.message for r in made} == {True, False}
    assert {"2 threads" in r.executor for r in made} == {True, False}


def test_two_recordings_of_one_run_are_the_same_bytes(recorded, tmp_path):
    for name in ("one", "two"):
        record(tmp_path / name, tmp_path / "run", *SHORT, targets=["honest", "stale"])
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert sorted(one) == ["honest.tape", "stale.tape"]
    assert one == two


def test_a_tape_tells_no_path_of_its_machine(recorded):
    for path in (recorded / "tape").iterdir():
        told = b"".join(frames_of(path))
        assert str(Path.home()).encode() not in told
        assert sys.prefix.encode() not in told
        assert str(HERE).encode() not in told


def wrong(case, outcome, references, models):
    return Judgement("numeric", "a judge that was planted", rho=2.0)


@pytest.fixture
def stricter(monkeypatch):
    """A judge to whom every answer that is looked at alone is wrong."""
    monkeypatch.setattr(judging, "judge", wrong)
    monkeypatch.setattr(judging.Judging, "_together", lambda *asked: {})


def test_what_newly_fails_is_unconfirmed(recorded, tmp_path, stricter):
    again(recorded / "tape", tmp_path, "--op", "matmul")
    before = {(r.target, r.number, r.case_id): r for r in table(recorded / "run")}
    failing = [r for r in table(tmp_path) if r.message == "a judge that was planted"]
    passed = [r for r in failing if before[r.target, r.number, r.case_id].verdict == "pass"]
    newly = [r for r in passed if r.target in ("honest", "stale")]
    assert newly
    assert {r.confirmed for r in newly} == {"unconfirmed"}
    assert {r.rho for r in newly} == {2.0}


def test_what_still_fails_is_confirmed_by_its_answer_alone(recorded, tmp_path, stricter):
    again(recorded / "tape", tmp_path, "--op", "matmul")
    failed = {r.case_id for r in table(recorded / "run") if (r.target, r.confirmed) == ("stale", "yes")}
    found = [r for r in table(tmp_path) if r.target == "stale" and r.case_id in failed]
    assert found
    assert {(r.verdict, r.confirmed) for r in found} == {("numeric", "yes")}


def ends(dtype):
    return lambda case: case.tensors[0].dtype == dtype


def test_a_known_difference_that_was_added_covers_what_it_covers(recorded, tmp_path, monkeypatch):
    ended = ("aborts_fused", "crash")
    before = [r for r in table(recorded / "run") if (r.adapter, r.verdict) == ended and r.aspect != "error"]
    entry = Fact(
        "ends",
        "upstream",
        "Ends.",
        ops=("matmul",),
        verdicts=("crash",),
        when=ends("bfloat16"),
        versions="1",
        pins=(next(Case.loads(r.case) for r in before if r.aspect == "value"),),
    )
    known = {"aborts_fused": (entry,)}
    monkeypatch.setattr(rejudge.TapeCampaign, "known", lambda self, adapter: known.get(adapter, ()))
    again(recorded / "tape", tmp_path)
    covered = [r for r in table(tmp_path) if r.known]
    assert [r.case_id for r in covered] == [r.case_id for r in before]
    (row,) = described(tmp_path)["known"]
    assert (row["failed"], row["passed"], row["pin"]) == (len(before), 0, "not run")


def test_an_adapter_that_is_not_here_is_judged_and_said(recorded, tmp_path, capsys):
    again(recorded / "tape", tmp_path, known=())
    assert [r.verdict for r in table(tmp_path)] == [r.verdict for r in table(recorded / "run")]
    assert "nothing is known of adapter honest here" in (tmp_path / "run.json").read_text()


def test_one_target_is_recorded_again_beside_the_others(recorded, tmp_path):
    record(tmp_path / "tape", tmp_path / "run", *SHORT, targets=["honest", "stale"])
    stale = (tmp_path / "tape" / "stale.tape").read_bytes()
    assert record(tmp_path / "tape", tmp_path / "run", *SHORT, targets=["honest"]) == 0
    assert (tmp_path / "tape" / "stale.tape").read_bytes() == stale
    again(tmp_path / "tape", tmp_path / "again")
    assert {r.target for r in table(tmp_path / "again")} == {"honest", "stale"}


def test_tapes_of_other_settings_are_not_mixed(recorded, tmp_path, capsys):
    record(tmp_path / "tape", tmp_path / "run", *SHORT, targets=["honest"])
    assert record(tmp_path / "tape", tmp_path / "run", *SHORT, "--seed", 1, targets=["stale"]) == 2
    assert "honest.tape was recorded with other settings (seed): repeat its options" in capsys.readouterr().err
    (tmp_path / "tape" / "stale.tape").write_bytes((recorded / "tape" / "stale.tape").read_bytes())
    assert again(tmp_path / "tape", tmp_path / "again") == 2
    assert "was recorded with other settings than honest.tape (aspects, cases, ops, seed)" in capsys.readouterr().err


def test_recording_that_is_interrupted_leaves_the_tape_as_it_was_and_says_so(tmp_path, monkeypatch, capsys):
    record(tmp_path / "tape", tmp_path / "run", *SHORT, targets=["honest"])
    before = (tmp_path / "tape" / "honest.tape").read_bytes()

    def interrupted(*asked):
        raise KeyboardInterrupt

    monkeypatch.setattr("opassay.harness.run.tape.recorder._TargetTape._keep", interrupted)
    assert record(tmp_path / "tape", tmp_path / "run", *SHORT, targets=["honest"]) == 130
    assert {p.name: p.read_bytes() for p in (tmp_path / "tape").iterdir()} == {"honest.tape": before}
    assert "no tape was written in" in capsys.readouterr().err


def test_a_run_that_goes_on_is_not_recorded(tmp_path, capsys):
    assert record(tmp_path / "tape", tmp_path / "run", "--resume") == 2
    assert "--record keeps whole runs" in capsys.readouterr().err


HEAD = {
    "label": "honest",
    "target": {"adapter": "honest", "mode": "eager", "device": "cpu", "name": ""},
    "interpreter": "",
    "run": {
        "opassay": "0.1.0",
        "seed": 0,
        "cases": 1,
        "fills": 1,
        "ops": ["relu"],
        "aspects": ["value"],
        "timeout": 30.0,
        "threads": 1,
        "repeat": False,
    },
    "shards": [["relu", "value", 0, 1, 0, 1]],
}
TENSOR = {"shape": [2], "dtype": "float32", "fill": {"kind": "ones"}, "memory": {"kind": "contiguous"}}
CASE = json.dumps({"op": "relu", "tensors": [TENSOR]})
RETURNED = {
    "kind": "returned",
    "arrays": [],
    "executor": "",
    "seconds": 0,
    "fallback": "",
    "unsteady": "",
    "changed": "",
}
FRAME = {"role": "batch", "parallel": False, "number": 0, "case": CASE, **RETURNED}
HELLO = {
    "type": "hello",
    "name": "honest",
    "version": "1",
    "origin": "",
    "prefix": "",
    "python": "",
    "numpy": "",
    "executor": "",
    "devices": ["cpu"],
    "modes": ["eager"],
    "fused": False,
    "ops": ["relu"],
    "settings": {},
    "rules": [],
}


def written(path, *frames, hello=HELLO, head=HEAD, state="ready", op="relu"):
    writer = TapeWriter(path, head)
    if hello is not None:
        writer.add("", {"role": "hello", "parallel": False, "hello": hello, "settings": {"device": "cpu"}})
    for frame in frames:
        writer.add(op, frame)
    writer.finish({"state": state})
    return path.read_bytes()


def chunk(kind, packed, raw, name=b"relu"):
    return struct.pack(">4sHQQ32s", kind, len(name), len(packed), raw, sha256(packed).digest()) + name + packed


def bomb(says, holds=2**30):
    def made(whole):
        packed = pa.Codec("zstd").compress(b"\0" * holds, asbytes=True)
        return whole[: whole.index(b"data")] + chunk(b"data", packed, says(len(packed)))

    return made


def giant(shape):
    return json.dumps({"op": "relu", "tensors": [TENSOR | {"shape": shape}]})


def array(**changes):
    return FRAME | {"arrays": [{"dtype": "float32", "shape": [2]} | changes]}


BYTES = {
    "cut in its head": lambda whole: whole[:60],
    "cut between chunks": lambda whole: whole[: whole.index(b"end.")],
    "cut in its end": lambda whole: whole[:-3],
    "empty": lambda whole: b"",
    "of a later version": lambda whole: whole.replace(b"opassay tape 1", b"opassay tape 2"),
    "something else": lambda whole: b"PK\3\4" + whole,
    "one bit changed": lambda whole: whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:],
    "followed by more": lambda whole: whole + b"x",
    "two heads": lambda whole: whole.replace(b"end.", b"head"),
    "a chunk of another kind": lambda whole: whole.replace(b"data", b"exec"),
    "a bomb that says so": bomb(lambda size: 2**62),
    "a bomb that says less": bomb(lambda size: 1000),
    "no compression": lambda whole: (
        whole[: whole.index(b"data")] + chunk(b"data", b"x" * 99, 99) + whole[whole.index(b"end.") :]
    ),
}
FRAMES = {
    "a path for a label": lambda path: written(path, FRAME, head=HEAD | {"label": "a\n../../b"}),
    "a label that is no text": lambda path: written(path, FRAME, head=HEAD | {"label": 3}),
    "an unknown op": lambda path: written(path, FRAME, head=HEAD | {"run": HEAD["run"] | {"ops": ["__class__"]}}),
    "an endless slice": lambda path: written(path, FRAME, head=HEAD | {"shards": [["relu", "value", 0, 10**12, 0, 1]]}),
    "a head that lacks": lambda path: written(path, FRAME, head={"label": "honest"}),
    "a hello of nothing": lambda path: written(path, FRAME, hello={}),
    "a state that is no text": lambda path: written(path, FRAME, state=[1]),
    "a giant case": lambda path: written(path, FRAME | {"case": giant([10**6, 10**6])}),
    "a case of an unknown op": lambda path: written(path, FRAME | {"case": CASE.replace("relu", "system")}),
    "no case": lambda path: written(path, {k: v for k, v in FRAME.items() if k != "case"}),
    "a role of its own": lambda path: written(path, FRAME | {"role": "exec"}),
    "a giant number": lambda path: written(path, FRAME | {"number": 10**30}),
    "a giant array": lambda path: written(path, array(shape=[10**9, 10**9])),
    "an array that lacks its bytes": lambda path: written(path, array()),
    "an array of objects": lambda path: written(path, array(dtype="object")),
    "an answer as a later one": lambda path: written(path, FRAME | {"as": -1}),
    "a group that never ended": lambda path: written(path, FRAME | {"role": "group", "group": {"number": 7}}),
    "an outcome of its own": lambda path: written(path, FRAME | {"kind": "exec"}),
}


def refused(tmp_path, capsys):
    """Whether ``rejudge`` says no in one line and leaves the report that is there."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "results.csv").write_text("an earlier run")
    status = opassay("rejudge", tmp_path / "tape", "--adapter", "planted:Honest", "--out", out)
    told = capsys.readouterr().err
    kept = [*tmp_path.glob("out-1/results.csv"), *out.glob("results.csv")][0]
    lines = [line for line in told.splitlines() if line.startswith("opassay: ")]
    assert "Traceback" not in told
    assert kept.read_text() == "an earlier run"
    return status, lines


def test_the_tape_that_is_varied_is_judged(tmp_path, capsys):
    written(tmp_path / "tape" / "honest.tape", FRAME)
    assert refused(tmp_path, capsys) == (1, [])


@pytest.mark.parametrize("how", BYTES)
@pytest.mark.share(2)
def test_a_file_that_is_no_whole_tape_is_refused_in_one_line(tmp_path, capsys, how):
    path = tmp_path / "tape" / "honest.tape"
    path.write_bytes(BYTES[how](written(path, FRAME)))
    status, (line,) = refused(tmp_path, capsys)
    assert status == 2
    assert "honest.tape is not a tape that can be judged: " in line
    assert len(line) < 700


@pytest.mark.parametrize("how", FRAMES)
@pytest.mark.share(2)
def test_content_that_no_tape_has_is_refused_in_one_line(tmp_path, capsys, how):
    FRAMES[how](tmp_path / "tape" / "honest.tape")
    status, (line,) = refused(tmp_path, capsys)
    assert status == 2
    assert len(line) < 700


def test_a_target_that_never_started_is_told_as_in_the_run(tmp_path, capsys):
    written(tmp_path / "tape" / "honest.tape", hello=None, state="its worker ended")
    assert refused(tmp_path, capsys) == (1, [])
    assert described(tmp_path / "out")["targets"]["honest"]["state"] == "could not start: its worker ended"


def test_two_tapes_of_one_target_are_refused(tmp_path, capsys):
    for name in ("one", "two"):
        written(tmp_path / "tape" / f"{name}.tape", FRAME)
    status, (line,) = refused(tmp_path, capsys)
    assert (status, "are of target 'honest'" in line) == (2, True)


def test_a_folder_without_a_tape_is_refused(tmp_path, capsys):
    assert opassay("rejudge", tmp_path / "none", "--out", tmp_path / "out") == 2
    assert "no tape in" in capsys.readouterr().err
