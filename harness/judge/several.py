"""Several answers at once: the cases of one geometry, which differ in their values alone, on one target.

What passes is settled in one pass over all of them; what does not is judged by itself, as ``judge`` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from opassay.harness.judge.compare import BEYOND, Judgement, flawless, place
from opassay.harness.judge.measure import Measure, measure_of
from opassay.harness.judge.verdict import combine, judge
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.op import Op, stacked_references
from opassay.harness.model.outcome import Returned
from opassay.harness.model.reference import Reference


@dataclass(frozen=True, eq=False)
class Part:
    """Cases that one pass can judge: either all have exact fills or none has.

    ``members``: their positions among the cases of the geometry. ``references``: what the oracle says of them, one
    per output, with one run per member along the first axis.
    """

    members: tuple[int, ...]
    exact: bool
    references: tuple[Reference, ...]


def parts(op: Op, cases: Sequence[Case]) -> tuple[Part, ...]:
    """All ``cases``, which are ``stackable`` and of one geometry, after one call of the oracle.

    Raises ``ContractError`` as the oracle does.
    """
    order = sorted(range(len(cases)), key=lambda position: not cases[position].exact)
    whole = stacked_references(op, [cases[position] for position in order])
    exact = sum(case.exact for case in cases)
    cuts = ((slice(0, exact), True), (slice(exact, None), False))
    return tuple(
        Part(tuple(order[where]), kind, tuple(reference.at(where) for reference in whole))
        for where, kind in cuts
        if order[where]
    )


def judge_part(
    part: Part, cases: Sequence[Case], outcomes: Sequence[Returned], models: Sequence[NumericModel]
) -> list[Judgement]:
    """The verdict on each member, whose cases and outcomes these are. ``models`` go by output."""
    settled = _settled(part, outcomes, models)
    return [
        found or judge(case, outcome, [reference.at(run) for reference in part.references], models)
        for run, (found, case, outcome) in enumerate(zip(settled, cases, outcomes, strict=True))
    ]


def _settled(part: Part, outcomes: Sequence[Returned], models: Sequence[NumericModel]) -> list[Judgement | None]:
    """The judgement of each outcome that passes without further questions; None for the others."""
    if any(o.fallback or o.unsteady or o.changed or len(o.arrays) != len(models) for o in outcomes):
        return [None] * len(outcomes)
    columns = [
        _compare([outcome.arrays[output] for outcome in outcomes], reference, model, part.exact)
        for output, (reference, model) in enumerate(zip(part.references, models, strict=True))
    ]
    rows = [[judged for judged in row if judged is not None] for row in zip(*columns, strict=True)]
    return [combine(row) if len(row) == len(columns) else None for row in rows]


def _compare(
    arrays: Sequence[np.ndarray | None], reference: Reference, model: NumericModel, exact_fill: bool
) -> list[Judgement | None]:
    """One output of every run against its reference."""
    none: list[Judgement | None] = [None] * len(arrays)
    there = [array for array in arrays if array is not None and array.shape == reference.exact.shape[1:]]
    fitting = [array for array in there if dtypes.dtype_name(array) == reference.dtype]
    if len(fitting) != len(arrays) or not reference.exact.size:
        return none
    actual = np.stack(fitting)
    if dtypes.is_float(reference.dtype):
        measure = measure_of(reference, model, exact_fill)
        return _compare_floats(dtypes.widen(actual), reference, measure) if measure.plain else none
    if reference.free is not None:
        return none
    same = (actual == reference.exact).reshape(len(arrays), -1).all(axis=1)
    return [_equal(reference) if equal else None for equal in same]


def _compare_floats(actual: np.ndarray, reference: Reference, measure: Measure) -> list[Judgement | None]:
    runs = len(actual)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        error = np.abs(actual - measure.expected).reshape(runs, -1)
        largest = error.max(axis=1)
        found: list[Judgement | None] = [_equal(reference) if largest[run] == 0 else None for run in range(runs)]
        if all(found):
            return found
        rho = error / measure.limit.allowed.reshape(runs, -1)
        if not measure.tolerant:
            rho[error == 0] = 0
        worst = rho.argmax(axis=1)
        beyond = (error > measure.limit.heuristic.reshape(runs, -1)).any(axis=1) & (reference.policy == "linear")
    for run, at in enumerate(worst):
        # NaN where the answer is not finite, so that it does not pass here.
        if found[run] is None and rho[run, at] <= 1:
            index = np.unravel_index(int(at), actual.shape[1:])
            found[run] = Judgement(
                "pass",
                BEYOND if beyond[run] else "",
                rho=float(rho[run, at]),
                max_abs_error=float(largest[run]),
                max_ulp=measure.max_ulp(error[run], run),
                bad_elements=0,
                elements=error.shape[1],
                free_elements=0,
                free_by_bound=0,
                worst_index=place(reference.name, index),
            )
    return found


def _equal(reference: Reference) -> Judgement:
    """An answer without any error."""
    shape = reference.exact.shape[1:]
    first = place(reference.name, (np.intp(0),) * len(shape))
    return flawless(reference.exact[0].size, first)
