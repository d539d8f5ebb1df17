"""An op outside the catalogue, made from the user's reference in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from opassay.harness.find.registry import Registry, UsageError
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case, Geometry, Tensor
from opassay.harness.model.draw import Draw
from opassay.harness.model.memory import Memory
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.op import Op
from opassay.harness.model.reference import Reference

Function = Callable[..., Any]

EXTENTS = (2, 1, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 64, 65, 127, 129)
KINDS = (("ints", "normal"), ("iota", "wide"), ("ties", "normal"), ("ints", "special"))
MEMORIES = (Memory(), Memory(), Memory("transposed"), Memory("sliced", 0, 2), Memory("reversed", 0))

HEURISTIC = (
    "no bound is derived for this reference: allowed is twice the most that it errs itself in the dtype, and a "
    "rounding, as https://github.com/Dao-AILab/flash-attention, hopper/test_flash_attn.py, has it"
)


def op_of(name: str, reference: Function, inputs: Mapping[str, str | Sequence[int]], registry: Registry) -> Any:
    """The op; and why its bound is heuristic, or "" if it is derived.

    ``inputs``: by name, either axes as words (``"n k"``, where equal words are equal extents) or a shape.
    """
    if not inputs:
        raise UsageError("inputs= says by name what the function takes: {'x': 'n k', 'w': 'k'}")
    letters = sorted({word for axes in inputs.values() if isinstance(axes, str) for word in axes.split()})
    traced = registry.traced()
    known = _traceable(traced, reference, inputs, letters)
    op = Op(
        name,
        tuple(inputs),
        ("y",),
        "reduction",
        (),
        lambda: _draw(name, inputs, letters),
        lambda attributes, arrays: traced(reference, arrays) if known else _doubled(reference, arrays),
    )
    return op, "" if known else HEURISTIC


def _draw(name: str, inputs: Mapping[str, str | Sequence[int]], letters: Sequence[str]) -> Draw:
    tables = (KINDS, *((MEMORIES,) * len(inputs)), dtypes.FLOATS[2:] + dtypes.FLOATS, *((EXTENTS,) * len(letters)))

    def build(row: Sequence[Any]) -> Geometry:
        kinds, dtype, rest = row[0], row[1 + len(inputs)], row[2 + len(inputs) :]
        extents = dict(zip(letters, rest, strict=True))
        given = zip(inputs.values(), row[1 : 1 + len(inputs)], strict=True)
        return Geometry(Case(name, tuple(_tensor(axes, extents, dtype, memory) for axes, memory in given)), kinds)

    names = ("kinds", *(f"memory{i}" for i in range(len(inputs))), "dtype", *letters)
    return Draw(tables, build, names)


def _tensor(axes: str | Sequence[int], extents: Mapping[str, int], dtype: str, memory: Memory) -> Tensor:
    shape = tuple(extents[word] for word in axes.split()) if isinstance(axes, str) else tuple(axes)
    return Tensor(shape, dtype, memory=memory if shape else Memory())


def _traceable(traced: Any, reference: Function, inputs: Mapping[str, Any], letters: Sequence[str]) -> bool:
    extents = dict(zip(letters, (2, 3, 5, 7, 11, 13), strict=False))
    arrays = [_tensor(axes, extents, "float32", Memory()).materialize() for axes in inputs.values()]
    try:
        traced(reference, arrays)
    except (TypeError, AttributeError, ValueError, NotImplementedError):
        return False
    return True


def _doubled(reference: Function, arrays: Sequence[np.ndarray]) -> tuple[Reference, ...]:
    """The reference in the widest arithmetic. Its bound is twice the reference's own error in the dtype."""
    dtype = dtypes.dtype_name(arrays[0])
    with np.errstate(all="ignore"):
        exact = np.asarray(reference(*map(dtypes.widen, arrays)))
        narrow = dtypes.widen(dtypes.narrow(np.asarray(reference(*map(_computed, arrays))), dtype))
        own = np.abs(narrow - exact).astype(np.float64)
        rounding = 2 * dtypes.FORMATS[dtype].unit_roundoff * np.abs(exact).astype(np.float64)
    finite = np.isfinite(own)
    allowed: np.ndarray = 2 * float(own[finite].max(initial=0)) + rounding

    def allowed_by(model: NumericModel) -> np.ndarray:
        return allowed

    return (Reference("y", dtype, exact, "bounded", allowed_by=allowed_by, free=~finite),)


def _computed(array: np.ndarray) -> np.ndarray:
    """In the dtype itself; bfloat16, which NumPy lacks, as float32."""
    return np.asarray(dtypes.widen(array), np.float32) if dtypes.dtype_name(array) == "bfloat16" else array
