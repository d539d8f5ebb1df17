"""A script for every verdict × aspect and framework; a run with all verdicts; mistakes of ours."""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from opassay.harness.doors.commands import run_command
from opassay.harness.find.registry import Registry
from opassay.harness.hunt import after_run, confirm, examine, hunter, repro, values
from opassay.harness.hunt.asking import Asking
from opassay.harness.hunt.repro import Reproduction, Seen, script_text
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.outcome import Crashed, Raised, Returned, TimedOut
from opassay.harness.model.verdicts import FAILING
from opassay.harness.plan import generate
from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Request

PLANTED = str(Path(__file__).parent.parent / "run")
WRITERS = [name for name, entry in Registry().adapters.items() if entry.script]
SETTINGS = {"stablehlo": {"backend": "opassay.adapters.stablehlo.backends:iree"}}
"""Of adapters whose scripts depend on the backend that a target names."""
ASPECTS = ("value", "gradient", "error", "shape")


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    monkeypatch.syspath_prepend(PLANTED)
    monkeypatch.setenv("PYTHONPATH", PLANTED)


def answers(verdict, case):
    """What a target may have answered when the verdict was given."""
    wrong = Returned((np.zeros((2, 3), np.float32),) * 2)
    told = {
        "crash": [Crashed("SIGSEGV")],
        "hang": [TimedOut(30)],
        "rejects": [Raised("E", "m")],
        "nondeterministic": [wrong, Raised("E", "m"), Crashed("SIGKILL"), TimedOut(30)],
    }
    return told.get(verdict, [wrong])


@pytest.mark.parametrize("aspect", ASPECTS)
@pytest.mark.parametrize("adapter", WRITERS)
@pytest.mark.share(3)
def test_there_is_a_script_for_every_verdict(adapter, aspect):
    registry = Registry()
    for name in ("matmul", "scatter_nd", "conv_relu_pool"):
        op = registry.op(name)
        drawn = [case for _, case in generate.cases(op, aspect, 0, 0, 2, 1)]
        for case, verdict in ((case, verdict) for case in drawn for verdict in FAILING):
            for outcome in answers(verdict, case):
                mode = registry.adapter(adapter).modes[0]
                seen = Seen(verdict, "m", outcome, mode, settings=SETTINGS.get(adapter, {}))
                text, alone = script_text(adapter, case, op, seen, registry)
                compile(text, "repro.py", "exec")
                assert alone == (aspect != "shape")


def test_an_op_that_the_scripts_of_an_adapter_lack_is_replayed(monkeypatch):
    op = Registry().op("matmul")
    case = next(case for _, case in generate.cases(op, "value", 0, 0, 1, 1))

    class Lacking(Registry):
        def writer(self, adapter):
            return lambda asked: {}[asked.case.op]

    text, alone = script_text("torch", case, op, Seen("structural", "m", answers("", case)[0], "eager"), Lacking())
    assert not alone
    assert "replay" in text


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "int32"])
def test_fewest_values_are_numbers_that_json_holds(dtype):
    case = Case("relu", (Tensor((3,), dtype, Fill("normal", 7)),), {})
    few = values.fewest_values(case, Asking(lambda smaller: any(v != 0 for v in smaller.inputs()[0].tolist()), 99))
    assert Case.loads(few.dumps()) == few
    assert few != case


def run(folder, *targets, adapters, ops=("matmul",), aspects=(), cases=20, findings=20, **settings):
    request = Request(targets, ops, aspects, adapters, settings=Settings(cases=cases, **settings))
    return run_command(request, folder, False, False, findings)


def told(folder):
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


def verdicts(folder):
    with (folder / "results.csv").open(encoding="utf-8", newline="") as stream:
        return {(row["verdict"], row["aspect"]) for row in csv.DictReader(stream)}


APART = {"crash": 2, "hang": 1, "nondeterministic": 8}
"""Verdicts that would hold the other targets of a hunt back, and how many geometries show them in every aspect."""
SMALL = 23
"""A seed whose first products are small."""
QUICK = tuple(verdict for verdict in FAILING if verdict not in APART)
RUNS = (
    pytest.param(QUICK, id="quick"),
    pytest.param(("nondeterministic",), id="nondeterministic"),
    # What ends or blocks a process is hunted in test_hunt.py and test_run_with_findings.py, too.
    *(pytest.param((mode,), id=mode, marks=pytest.mark.whole) for mode in ("crash", "hang")),
)


@pytest.mark.slow
@pytest.mark.parametrize("modes", RUNS)
def test_a_run_with_every_verdict_is_told(tmp_path, monkeypatch, modes):
    # How scripts run and how far cases shrink is seen elsewhere; here there are dozens of findings.
    monkeypatch.setattr(repro, "run_script", lambda file, *more: Reproduction(file, 1, "", True))
    monkeypatch.setattr(examine, "verdict_limit", lambda verdict, sign: 6)
    monkeypatch.setattr(hunter, "SPOT_CHECKS", 0)
    monkeypatch.setattr(confirm, "FRESH", 1)
    targets = [f"every_verdict:{mode}" for mode in modes]
    # Wrong gradients are hunted as wrong values are: in one mode they are asked beside them.
    aspects = ("value", "gradient", "error") if modes == ("nondeterministic",) else ("value", "error")
    few = {"cases": APART[modes[0]], "findings": 1} if modes != QUICK else {"cases": 3, "seed": SMALL, "findings": 20}
    adapters = ["every_verdict:EveryVerdict"]
    assert run(tmp_path, *targets, adapters=adapters, aspects=aspects, timeout=1.0, **few) == 1
    found = verdicts(tmp_path)
    assert {(v, a) for v in modes if v != "accepts" for a in aspects[:-1]} <= found
    refused = {"accepts", "nondeterministic", "crash", "hang"}
    assert {(verdict, "error") for verdict in refused.intersection(modes)} <= found
    run_told = told(tmp_path)
    assert run_told["faults"] == []
    assert all(finding["reproductions"] and not finding["fault"] for finding in run_told["findings"])
    assert {finding["verdict"] for finding in run_told["findings"]} >= set(modes)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert all(f"finding-{finding['id']}" in page for finding in run_told["findings"])


def broken(*arguments, **more):
    raise TypeError("a mistake of ours")


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (examine.Examiner, "_examine"),
        (hunter.Hunter, "hunt"),
        (after_run.Bench, "sign"),
        (repro, "run_script"),
        (repro, "standalone"),
        (repro, "through_replay"),
    ],
)
@pytest.mark.share(2)
def test_a_mistake_of_ours_while_hunting_costs_one_finding(tmp_path, monkeypatch, module, name):
    monkeypatch.setattr(module, name, broken)
    status = run(tmp_path, "refuses", adapters=["planted:Rejects"], aspects=("value",), cases=6)
    run_told = told(tmp_path)
    if name == "standalone":
        assert (status, run_told["faults"]) == (1, []), "this adapter's scripts go through replay"
        return
    assert status == 3
    assert any("TypeError: a mistake of ours" in line for line in run_told["faults"])
    assert ("rejects", "value") in verdicts(tmp_path)
    assert "a mistake of ours" in (tmp_path / "report.html").read_text(encoding="utf-8")
    if name != "hunt":
        assert run_told["findings"]
        for finding in run_told["findings"]:
            assert "a mistake of ours" in finding["fault"]
            assert (tmp_path / "findings" / finding["id"] / "case.json").is_file()


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("opassay.reports.sections.parts", "coverage"),
        ("opassay.reports.sections.parts", "read_findings"),
        ("opassay.reports.render.html", "first_screen"),
        ("opassay.reports.render.html", "_matrix"),
        ("opassay.reports.render.html", "render"),
        ("opassay.reports.render.pages", "junit_xml"),
        ("opassay.reports.render.terminal", "_legend"),
    ],
)
@pytest.mark.share(2)
def test_a_section_that_cannot_be_made_costs_no_other(tmp_path, monkeypatch, place, name):
    __import__(place)
    monkeypatch.setattr(sys.modules[place], name, broken)
    assert run(tmp_path, "refuses", adapters=["planted:Rejects"], aspects=("value",), findings=0) == 3
    assert any("TypeError: a mistake of ours" in line for line in told(tmp_path)["faults"])
    for page in ("report.html", "summary.md", "junit.xml", "results.csv"):
        assert (tmp_path / page).stat().st_size
    assert "rejects" in (tmp_path / "summary.md").read_text(encoding="utf-8")


def test_a_judge_that_raises_costs_one_record(tmp_path, monkeypatch):
    from opassay.harness.run import judging

    honest = judging.judge

    def sometimes(case, *more):
        return broken() if case.tensors[0].dtype == "int32" else honest(case, *more)

    monkeypatch.setattr(judging, "judge", sometimes)
    monkeypatch.setattr(judging, "stackable", lambda op, case: False)
    assert run(tmp_path, "honest", adapters=["planted:Honest"], aspects=("value",)) == 3
    assert {verdict for verdict, _ in verdicts(tmp_path)} - {"undefined"} == {"pass", "fault"}
