"""The tapes of this checkout: judge, oracle and known differences say of recorded answers what they said before."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import taped

from opassay.harness.find.found import ops as found_ops
from opassay.harness.find.registry import Registry
from opassay.harness.judge import numerics
from opassay.harness.run.tape.rejudge import Asked, TapeCampaign, judge_ops

OPS = found_ops()

FIVE, THREE = taped.TAPES / "five", taped.TAPES / "three"
FRAMEWORKS = ("torch", "tensorflow", "jax", "keras", "onnxruntime", "openvino")


@pytest.fixture(scope="module")
def before() -> list[taped.Row]:
    return taped.expected()


def told(before: list[taped.Row], tape: Path, op: str, out: Path) -> list[str]:
    """What changed of one op, judged in this process."""
    records = judge_ops(Asked(tape, [op]), [op], out).records
    return taped.differences([row for row in before if row["op"] == op], map(taped.row, records))


@pytest.mark.slow
@pytest.mark.parametrize("tape", taped.folders(), ids=lambda path: path.name)
def test_every_recorded_answer_is_judged_as_before(before: list[taped.Row], tape: Path, tmp_path: Path) -> None:
    done = taped.judged(tape, tmp_path)
    assert done.returncode in (0, 1), done.stderr
    rows = list(taped.rows(tmp_path))
    ops = {row["op"] for row in rows}
    assert taped.differences([row for row in before if row["op"] in ops], rows) == []


def test_the_table_is_of_all_tapes_and_says_something(before: list[taped.Row]) -> None:
    campaigns = [TapeCampaign(Asked(tape)) for tape in taped.folders()]
    assert {row["op"] for row in before} == {op.name for campaign in campaigns for op in campaign.ops}
    assert len({tuple(row[name] for name in taped.KEY) for row in before}) == len(before) > 2000
    assert {row["target"] for row in before} == set(FRAMEWORKS)
    assert {row["verdict"] for row in before} >= {"pass", "unsupported", "rejects", "accepts", "numeric", "special"}
    assert sum(row["known"] != "" for row in before) > 100


def test_the_tapes_are_small() -> None:
    assert 1e6 < sum(path.stat().st_size for path in taped.TAPES.glob("*/*.tape")) < 5e6


def test_a_looser_bound_is_noticed(before: list[taped.Row], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bound = numerics.bound

    def twice(*asked: object, **more: object) -> numerics.Bound:
        made = bound(*asked, **more)  # type: ignore[arg-type]
        return replace(made, allowed=made.allowed * 2)

    monkeypatch.setattr("opassay.harness.judge.measure.numerics.bound", twice)
    lines = told(before, THREE, "matmul", tmp_path)
    within = [row for row in before if row["op"] == "matmul" and 0 < float(row["rho"] or 0) < 1]
    halved = [line for line in lines if "rho was" in line]
    assert len(halved) >= len(within) > 20


def test_a_known_difference_that_is_gone_is_noticed(
    before: list[taped.Row], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TapeCampaign, "known", lambda self, adapter: ())
    lines = told(before, THREE, "relu", tmp_path)
    covered = [row for row in before if row["op"] == "relu" and row["known"]]
    assert len(lines) == len(covered) > 0
    for row in covered:
        (line,) = [line for line in lines if all(row[name] in line for name in taped.KEY)]
        assert f"known was {row['known']}, is empty; confirmed was empty, is unconfirmed" in line


def test_an_oracle_that_changed_is_noticed(
    before: list[taped.Row], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = Registry.op
    op = Registry().op("stop_gradient")

    def halved(attributes: object, inputs: list[object]) -> tuple[object, ...]:
        return tuple(replace(made, exact=made.exact / 2) for made in op.reference(attributes, inputs))

    changed = replace(op, reference=halved, stacked=None)
    monkeypatch.setattr(Registry, "op", lambda self, name: changed if name == op.name else find(self, name))
    lines = told(before, THREE, "stop_gradient", tmp_path)
    assert any("verdict was pass, is structural" in line and "is unconfirmed" in line for line in lines)


def test_no_framework_is_imported(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from opassay.harness.run.tape.rejudge import Asked, judge_ops\n"
        f"judge_ops(Asked(Path({str(FIVE)!r}), ['unused_input']), ['unused_input'], Path({str(tmp_path)!r}))\n"
        f"print(*sorted(set(sys.modules) & set({FRAMEWORKS!r})))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
