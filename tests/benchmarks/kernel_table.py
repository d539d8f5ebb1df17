"""Right and wrong kernels, by derived bounds and by tolerances: ``python tests/benchmarks/kernel_table.py [OP]...``.

Per op: how many answers of right kernels (``right_kernels.py``) are inside, and of how many wrong kernels some answer
is seen: the named mistakes of the op, and those that any kernel may make. Beside it the same by
``torch.testing.assert_close``, and by ``allclose`` of 1e-2, with which kernels are checked in public. ``--each`` has a
line per kernel, ``--markdown`` is a table.
"""

from __future__ import annotations

import argparse
import runpy
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from opassay.harness.find.registry import Registry
from opassay.harness.judge.verdict import judge
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.mistake import ACCUMULATORS, Arrays, Mistake, right, same
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.outcome import Returned
from opassay.harness.model.verdicts import FAILING
from opassay.harness.plan import generate
from opassay.harness.plan.sharpness import question_of

KERNELS = runpy.run_path(str(Path(__file__).with_name("right_kernels.py")))["KERNELS"]
TOLERANCES = {"float16": (1e-3, 1e-5), "bfloat16": (1.6e-2, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}
"""rtol and atol of torch.testing.assert_close: https://docs.pytorch.org/docs/stable/testing.html"""

WAYS = ("opassay", "assert_close", "allclose")


@dataclass
class Row:
    """What became of the answers of one kernel, and by whom each was refused."""

    op: str
    kernel: str
    wrong: bool
    answers: int = 0
    refused: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WAYS, 0))
    first: str = ""
    """Of a right kernel, what opassay says of the first answer that it refuses."""


def by_name(case: Case, answer: Arrays, told: Arrays, question: Question) -> dict[str, str]:
    """Who refuses the answer, and what opassay says."""
    models = [NumericModel(ACCUMULATORS.get(r.dtype, r.dtype)) for r in question.truth]
    found = judge(case, Returned(answer), question.truth, models)
    # Where a case has no bound at all, there is nothing to be inside.
    said = {"opassay": f"{found.verdict}: {found.message}"} if found.verdict in FAILING else {}
    if any(_off(a, b, *TOLERANCES.get(_name(b), (0, 0))) for a, b in zip(answer, told, strict=True)):
        said["assert_close"] = "outside"
    if any(_off(a, b, 1e-2, 1e-2) for a, b in zip(answer, told, strict=True)):
        said["allclose"] = "outside"
    return said


def _name(array: np.ndarray | None) -> str:
    return "" if array is None else dtypes.dtype_name(array)


def _off(a: np.ndarray | None, b: np.ndarray | None, rtol: float, atol: float) -> bool:
    if a is None or b is None or a.shape != b.shape or a.dtype != b.dtype:
        return not (a is None and b is None)
    wide = [np.asarray(dtypes.widen(x), np.float64 if dtypes.is_float(_name(b)) else None) for x in (a, b)]
    return not np.allclose(*wide, rtol, atol, equal_nan=True)


def computed(kernel: Callable[..., np.ndarray], question: Question, told: Arrays) -> Arrays | None:
    """The answer of a right kernel, which computes in float32 what is narrower; None of integers and of nothing."""
    (one,) = told
    assert one is not None
    if not one.size or not all(
        dtypes.is_float(_name(x)) or _name(x) in ("bool", "int64") for x in question.inputs[-1:]
    ):
        return None
    given = [np.ascontiguousarray(_read(x)) for x in question.inputs]
    with np.errstate(all="ignore"):
        return (dtypes.narrow(np.asarray(kernel(*given, **question.attributes)), _name(one)).reshape(one.shape),)


def _read(x: np.ndarray) -> np.ndarray:
    return dtypes.widen(x).astype(np.float32) if _name(x) in ACCUMULATORS else x


def _changed(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Question, Arrays], Arrays]:
    def kernel(question: Question, told: Arrays) -> Arrays:
        return tuple(None if a is None else _spoilt(a, change) for a in told)

    return kernel


def _spoilt(array: np.ndarray, change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    with np.errstate(all="ignore"):
        return dtypes.narrow(change(dtypes.widen(array).copy()), _name(array)).reshape(array.shape)


def _behind_8(values: np.ndarray) -> np.ndarray:
    values.reshape(-1)[values.size // 8 * 8 :] = 0
    return values


def _one_in_twenty(values: np.ndarray) -> np.ndarray:
    flat = values.reshape(-1)
    flat[::20] += (abs(flat[::20]) / 64 + 1).astype(flat.dtype)
    return values


def _in_bfloat16(question: Question, told: Arrays) -> Arrays:
    if any(_name(a) not in ("float32", "float64") for a in told):
        return told
    return _changed(lambda v: dtypes.widen(dtypes.narrow(v, "bfloat16")))(question, told)


def _itself(question: Question, told: Arrays) -> Arrays:
    x = question.inputs[-1]
    return tuple(x.copy() if a is not None and (a.shape, a.dtype) == (x.shape, x.dtype) else a for a in told)


def _stale() -> Callable[[Question, Arrays], Arrays]:
    known: dict[object, Arrays] = {}
    return lambda question, told: known.setdefault((str([x.shape for x in question.inputs]), _name(told[0])), told)


ANY: dict[str, Callable[[], Callable[[Question, Arrays], Arrays]]] = {
    "zeros": lambda: _changed(np.zeros_like),
    "three_quarters_everywhere": lambda: _changed(lambda v: np.full_like(v, 0.75)),
    "in_another_order": lambda: _changed(lambda v: v.reshape(-1)[::-1].copy()),
    "behind_8_unwritten": lambda: _changed(_behind_8),
    "one_in_twenty_off": lambda: _changed(_one_in_twenty),
    "nan_made_zero": lambda: _changed(lambda v: np.where(v != v, np.zeros_like(v), v)),
    "rounded_to_bfloat16": lambda: _in_bfloat16,
    "input_given_back": lambda: _itself,
    "answer_to_the_call_before": _stale,
}
"""What kernels of any op have done, and passed: KernelBench 165, mlir-air 1427, tt-metal 56492, cubecl 1070."""


def rows_of(op: str, geometries: int, seed: int, *, right_ones: bool = True, wrong: bool = True) -> Iterator[Row]:
    """A row per kernel of an op, right ones first."""
    entry = Registry().op(op)
    cases = [case for _, case in generate.cases(entry, "value", seed, 0, geometries, 2)]
    questions = [(case, question_of(entry, case)) for case in cases]
    asked = [(case, question) for case, question in questions if question is not None]
    for name, kernel in KERNELS.get(op, {}).items() if right_ones else ():
        yield counted(Row(op, name, False), asked, lambda q, told, k=kernel: computed(k, q, told))
    if not wrong:
        return
    named: Sequence[Mistake] = [m for m in Registry().mistakes(op) if m.aspect == "value"]
    for mistake in named:
        yield counted(Row(op, mistake.name, True), asked, mistake.start())
    for name, start in ANY.items():
        yield counted(Row(op, name, True), asked, start())


def counted(
    row: Row, asked: Sequence[tuple[Case, Question]], kernel: Callable[[Question, Arrays], Arrays | None]
) -> Row:
    for case, question in asked:
        told = right(question.truth)
        answer = kernel(question, told)
        if answer is None or (row.wrong and same(answer, told)):
            continue
        row.answers += 1
        said = by_name(case, answer, told, question)
        for way in said:
            row.refused[way] += 1
        if not row.wrong and "opassay" in said:
            row.first = row.first or f"{said['opassay']} {case.to_json()}"
    return row


def summary(op: str, rows: Sequence[Row]) -> list[str]:
    """Of one op: right answers and those refused; wrong kernels that were asked anything, and those seen, by each."""
    rights = [row for row in rows if not row.wrong]
    wrongs = [row for row in rows if row.wrong and row.answers]
    answers = sum(row.answers for row in rights)
    inside = answers - sum(row.refused["opassay"] for row in rights)
    close = answers - sum(row.refused["assert_close"] for row in rights)
    seen = [sum(row.refused[way] > 0 for row in wrongs) for way in WAYS]
    shares = [
        100 * sum(row.refused[way] for row in wrongs) / max(sum(row.answers for row in wrongs), 1) for way in WAYS
    ]
    cells = [op, len(rights), f"{inside} / {answers}", close, len(wrongs)]
    return [str(cell) for cell in (*cells, *(f"{n} ({share:.0f} %)" for n, share in zip(seen, shares, strict=True)))]


HEAD = ["op", "right kernels", "inside", "by assert_close", "wrong kernels", *(f"seen by {way}" for way in WAYS)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ops", nargs="*")
    parser.add_argument("--geometries", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--each", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    chosen = parser.parse_args()
    if chosen.markdown:
        print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}")
    for op in chosen.ops or KERNELS:
        rows = list(rows_of(op, chosen.geometries, chosen.seed))
        cells = summary(op, rows)
        print(f"| {' | '.join(cells)} |" if chosen.markdown else "  ".join(f"{c:>18}" for c in cells), flush=True)
        for row in rows:
            if chosen.each or row.first:
                print(f"    {row.kernel:32}{row.answers:5}  {row.refused}  {row.first}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
