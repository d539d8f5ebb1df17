"""How often a kernel that leaves out or changes one term of a sum is found: ``python tests/cases/dropped_terms.py``.

Per dtype and length of the sum: a product of 8 rows and 8 columns, or the filter gradient of a convolution over as many
pixels, with the two fills of a default run, judged under the loosest model (partial sums in the dtype itself). In
each trial one term is left out, doubled or negated in every output; ``here`` counts the trials in which that is done
to one output only, which a long narrow sum cannot show in two fills: few of its terms may differ from 0.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from opassay.cases import fillings, tables
from opassay.harness.find.registry import Registry
from opassay.harness.judge.verdict import judge
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case, Geometry
from opassay.harness.model.memory import Memory
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.op import references
from opassay.harness.model.outcome import Returned
from opassay.harness.model.verdicts import FAILING

LENGTHS = (2, 8, 32, 64, 65, 128, 256, 257, 1024, 4096)
OPS = {name: Registry().op(name) for name in ("matmul", "conv2d")}
CHANGES = (-1.0, 1.0, -2.0)
"""What is added to the answer, times the term: left out, doubled, negated."""


def product(dtype: str, length: int, kinds: tuple[str, ...]) -> Geometry:
    """What the stream makes of a product of these extents."""
    shapes = ((8, length), (length, 8))
    tensors = [tables.data(shape, dtype, Memory()) for shape in shapes]
    return fillings.summed(tables.geometry("matmul", tensors, kinds), kinds, length)


def filter_gradient(dtype: str, length: int, kinds: tuple[str, ...]) -> Geometry:
    """The gradient of a convolution with 1 x 1 filters over ``length`` pixels, 8 channels in and out."""
    attributes = {"stride": (1, 1), "padding": "VALID", "dilation": (1, 1), "groups": 1, "layout": "NHWC"}
    x, w, y = (tables.data(shape, dtype, Memory()) for shape in ((length, 1, 1, 8), (1, 1, 8, 8), (length, 1, 1, 8)))
    case = Case("conv2d", (x, w), attributes, "gradient", cotangents=(y,))
    return fillings.summed(Geometry(case, kinds), kinds, length)


def trial(geometry: Geometry, number: int, everywhere: bool) -> bool:
    """Whether a judge of both fills finds a change of one term, chosen by ``number``."""
    rng = np.random.default_rng(number)
    cases = [geometry.dress(fill, number * 7919) for fill in range(2)]
    length = geometry.case.tensors[0].shape[1 if geometry.case.op == "matmul" else 0]
    k, change, place = rng.integers(length), CHANGES[number % len(CHANGES)], (rng.integers(8), rng.integers(8))
    return any(_found(case, int(k), change, None if everywhere else place) for case in cases)


def _found(case: Case, k: int, change: float, place: tuple[int, int] | None) -> bool:
    found = references(OPS[case.op], case)
    arrays = [r.exact.copy() for r in found]
    if case.op == "matmul":
        (a, b), answer = (dtypes.widen(x) for x in case.inputs()), arrays[0]
        column, row = a[:, k], b[k]
    else:
        x, dy, answer = dtypes.widen(case.inputs()[0]), dtypes.widen(case.cotangent_values()[0]), arrays[1][0, 0]
        column, row = x[k, 0, 0], dy[k, 0, 0]
    where = slice(None) if place is None else place
    with np.errstate(invalid="ignore"):
        answer[where] += change * np.outer(column, row)[where]
    narrowed = tuple(dtypes.narrow(array, r.dtype) for array, r in zip(arrays, found, strict=True))
    models = [NumericModel(r.dtype) for r in found]
    return judge(case, Returned(narrowed), found, models).verdict in FAILING


SUMS = (product, filter_gradient)


def rate(
    make: Callable[[str, int, tuple[str, ...]], Geometry], dtype: str, length: int, trials: int, all_: bool
) -> float:
    """The share of trials in which the change is found: made in all outputs, or in one of them."""
    geometries = [make(dtype, length, kinds) for kinds in fillings.SUM_KINDS]
    return float(np.mean([trial(geometries[n % len(geometries)], n, all_) for n in range(trials)]))


if __name__ == "__main__":
    print(f"{'sum':18}{'dtype':10}{'terms':>7}{'found':>9}{'here':>9}")
    for dtype in dtypes.FLOATS:
        for length in LENGTHS:
            for make in SUMS:
                everywhere, here = (100 * rate(make, dtype, length, 80, all_) for all_ in (True, False))
                print(f"{make.__name__:18}{dtype:10}{length:7,}{everywhere:8.1f} %{here:8.1f} %", flush=True)
