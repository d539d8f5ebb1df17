"""Predicates of MindSpore's known differences. Does not import MindSpore."""

from __future__ import annotations

import math

import numpy as np

from opassay.harness.model import dtypes
from opassay.harness.model.case import Case, Tensor


def of_floats(case: Case) -> bool:
    return any(dtypes.is_float(tensor.dtype) and 0 not in tensor.shape for tensor in case.tensors)


def along_another(case: Case) -> bool:
    """The axis is not the last one."""
    return case.attributes["axis"] not in (-1, len(case.tensors[0].shape) - 1)


def hidden_rows(case: Case) -> bool:
    """Some row along the last axis holds -inf alone."""
    x = case.inputs()[0]
    return x.size > 0 and not along_another(case) and bool((dtypes.widen(x) == -np.inf).all(axis=-1).any())


def signed_without_size(case: Case) -> bool:
    """Some element of the last operand is -0 or NaN with a sign."""
    x = dtypes.widen(case.tensors[-1].materialize())
    return bool((np.signbit(x) & ~(x < 0)).any())


def shares_nothing(case: Case) -> bool:
    """A product over an empty axis, or a gradient of one."""
    return any(0 in tensor.shape for tensor in case.tensors)


def divides_by_zero(case: Case) -> bool:
    """The second operand holds a zero, or the only one."""
    return bool(np.any(case.tensors[-1].materialize() == 0))


def divides_by_zero_first(case: Case) -> bool:
    return bool(np.any(case.tensors[0].materialize() == 0))


def steps_nearby(case: Case) -> bool:
    """Something near 0 has another step than 0 has."""
    a, b = np.broadcast_arrays(*(dtypes.widen(x) for x in case.inputs()))
    near = (a != 0) & (np.abs(a) <= 2.0**-52)
    return bool((near & ((b != (a > 0)) | np.signbit(b))).any())


def beyond_single(case: Case) -> bool:
    """Some float64 is no normal number in float32."""
    form = dtypes.FORMATS["float32"]
    wide = [np.abs(t.materialize()) for t in case.all_tensors if t.dtype == "float64"]
    return any(bool((np.isfinite(x) & (x > 0) & ((x < form.smallest_normal) | (x > form.largest))).any()) for x in wide)


def nearly_zero(case: Case) -> bool:
    """Some float32 or float64 is no larger than the step from 1 to the next number."""
    x = case.tensors[0]
    if x.dtype not in ("float32", "float64"):
        return False
    size = np.abs(x.materialize())
    return bool(((size > 0) & (size <= np.finfo(x.dtype).eps)).any())


def broadcast(case: Case) -> bool:
    return len({tensor.shape for tensor in case.tensors}) > 1


def nan_of_a_share(case: Case) -> bool:
    """Some x is NaN where the target is not 0."""
    target, x = (dtypes.widen(x) for x in case.inputs())
    return bool((np.isnan(x) & (target != 0)).any())


def compares_nan(case: Case) -> bool:
    """The first operand, which is compared, holds a NaN."""
    return bool(np.isnan(dtypes.widen(case.inputs()[0])).any())


def writes(case: Case) -> bool:
    """What is updated is looked at as numbers, and changes: an update is not 0, of finite numbers."""
    where, x, updates = case.tensors[:3]
    if case.aspect == "gradient" and not dtypes.is_float(x.dtype):
        return False
    there = np.take(dtypes.widen(x.materialize()), where.materialize(), case.attributes["axis"])
    return bool(np.any((dtypes.widen(updates.materialize()) != 0) & np.isfinite(there)))


def counted_to_zero(case: Case) -> bool:
    """Some negative step ends before the first element."""
    told = zip(case.tensors[0].shape, case.attributes["end"], case.attributes["step"], strict=True)
    return any(step < 0 and end < -extent for extent, end, step in told)


def scalar(case: Case) -> bool:
    return case.tensors[0].shape == ()


def may_underflow(case: Case) -> bool:
    """A number, or a product of two, is subnormal in float32 or float64."""
    return any(_small(tensor) for tensor in case.all_tensors if tensor.dtype in ("float32", "float64"))


def _small(tensor: Tensor) -> bool:
    size = np.abs(tensor.materialize().astype(np.longdouble))
    least = np.min(size, initial=1, where=(size > 0) & np.isfinite(size))
    return bool(least**2 < dtypes.FORMATS[tensor.dtype].smallest_normal)


def lines_of_zeros(case: Case) -> bool:
    """All along the axis is 0, of a format that holds 1e-12."""
    x, axis = dtypes.widen(case.inputs()[0]), case.attributes["axis"]
    return case.tensors[0].dtype != "float16" and x.size > 0 and bool((x == 0).all(axis=axis).any())


def starts_again(case: Case) -> bool:
    """What was added up so far is NaN, or infinite like the next element."""
    axis = case.attributes["axis"]
    line = np.moveaxis(dtypes.widen(case.inputs()[0]), axis, 0)
    with np.errstate(all="ignore"):
        before, after = np.logaddexp.accumulate(line, axis=0)[:-1], line[1:]
    return bool((np.isnan(before) & ~np.isnan(after) | (np.isinf(before) & (before == after))).any())


def near_one(case: Case) -> bool:
    """Some float32 or float64 is within a hundredth of 1 or -1."""
    x = case.tensors[0]
    size = np.abs(dtypes.widen(x.materialize()))
    return x.dtype != "float16" and bool(((size >= 0.99) & (size < 1)).any())


def one_row(case: Case) -> bool:
    """A stack of matrices that is a single row, times a matrix."""
    a, b = (tensor.shape for tensor in case.tensors)
    return len(a) > 2 and len(b) == 2 and math.prod(a[:-1]) == 1
