"""In which format a target keeps partial sums of narrow dtypes: ``python tests/benchmarks/accumulators.py torch 60``.

Generated geometries of each op and aspect, under rounding fills, sums of thousands of terms among them. Printed per
op, output and dtype: the largest error ÷ the bound that partial sums in float32 have, and in the dtype itself. Above
1 in a row it is proved that the format is another; at most 1 over many elements and long sums is the measurement on
which a ``NumericRule`` rests.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from opassay.cases.fillings import NARROW
from opassay.cases.tables import data_dtype
from opassay.harness.find.registry import Registry
from opassay.harness.judge.measure import measure_of
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.op import Op, references
from opassay.harness.model.outcome import Returned
from opassay.harness.model.reference import Reference
from opassay.harness.plan.generate import fill_key, geometries
from opassay.harness.plan.plan import Item
from opassay.harness.run.campaign import Campaign, Request

OPS = ("matmul", "conv2d", "conv2d_transpose", "avg_pool2d", "avg_unpool2d", "max_pool2d", "scatter_nd")
KINDS = ("normal", "cancel", "wide")
FORMATS = ("float32", "")
"""What partial sums may be kept in; the output's own dtype where empty."""


@dataclass
class Row:
    """What was measured of one output: the largest error ÷ bound by format, and of how much."""

    largest: dict[str, float]
    elements: int = 0
    terms: int = 0

    def add(self, reference: Reference, array: np.ndarray) -> None:
        for kept in FORMATS:
            measure = measure_of(reference, NumericModel(kept or reference.dtype), False)
            with np.errstate(invalid="ignore", divide="ignore"):
                error = np.abs(dtypes.widen(array) - measure.expected)
                rho = np.where(error == 0, 0, error / measure.limit.allowed)[~measure.free]
            self.largest[kept] = max(self.largest.get(kept, 0.0), float(np.nanmax(rho, initial=0.0)))
        self.elements += array.size
        self.terms = max(self.terms, int(np.max(reference.terms, initial=0)))


def narrow_cases(op: Op, aspect: str, dtype: str) -> Iterator[Case]:
    """Those of the stream, with values that round."""
    for number, geometry in geometries(op, aspect, 0, 0, 5000):
        if data_dtype(geometry.case) == dtype:
            key = fill_key(0, op.name, aspect, number)
            yield replace(geometry, kinds=KINDS).dress(number % len(KINDS), key)


def measure(target: str, count: int, ops: Sequence[str] = OPS) -> dict[tuple[str, str, str], Row]:
    """The rows of ``target``, by op, output and dtype."""
    rows: dict[tuple[str, str, str], Row] = defaultdict(lambda: Row({}))
    registry = Registry()
    with Campaign(Request(targets=[target], ops=ops)).engine() as engine:
        for name in ops:
            op = registry.op(name)
            for aspect, dtype in ((a, d) for a in ("value", "gradient") for d in NARROW):
                for case in islice(narrow_cases(op, aspect, dtype), count):
                    for _, outcome, _ in engine.ask(op, Item(0, case)):
                        _note(rows, op, case, outcome)
    return rows


def _note(rows: dict[tuple[str, str, str], Row], op: Op, case: Case, outcome: object) -> None:
    if not isinstance(outcome, Returned):
        return
    for reference, array in zip(references(op, case), outcome.arrays, strict=True):
        if reference.policy == "linear" and array is not None and array.shape == reference.exact.shape and array.size:
            rows[op.name, reference.name, reference.dtype].add(reference, array)


if __name__ == "__main__":
    found = measure(sys.argv[1], int(sys.argv[2]), sys.argv[3:] or OPS)
    print(f"{'op':18}{'output':8}{'dtype':10}{'elements':>10}{'terms':>7}{'in float32':>12}{'in its own':>12}")
    for (op, output, dtype), row in found.items():
        in_float32, in_own = (row.largest[kept] for kept in FORMATS)
        print(f"{op:18}{output:8}{dtype:10}{row.elements:10,}{row.terms:7,}{in_float32:12.3g}{in_own:12.3g}")
