"""Scatters and unpooling: places that are confused, wrapped, or not cleared."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from opassay.adapters.oracle.geometry import from_nhwc, to_nhwc
from opassay.adapters.oracle.mistakes.made import asked, dtype, mistakes, only, spoilt
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.mistake import Arrays, Kernel, Source


def _indexed(position: int, change: Callable[[np.ndarray, Question], np.ndarray]) -> Kernel:
    """The indices at ``position`` are replaced by ``change`` of them."""

    def kernel(question: Question, told: Arrays) -> Arrays:
        given = question.inputs[position]
        if not given.size:
            return told
        read = change(given, question).astype(given.dtype)
        return asked(question, told, inputs=(*question.inputs[:position], read, *question.inputs[position + 1 :]))

    return kernel


def _of_first_sample(indices: np.ndarray, question: Question) -> np.ndarray:
    return np.repeat(indices[:1], indices.shape[0], axis=0)


def _of_first_channel(indices: np.ndarray, question: Question) -> np.ndarray:
    layout = question.attributes["layout"]
    found = to_nhwc(indices, layout)
    first = found[..., :1] + np.arange(found.shape[3])
    return from_nhwc(np.ascontiguousarray(first), layout)


def _in_15_bits(indices: np.ndarray, question: Question) -> np.ndarray:
    return indices % 2**15


def _as_wide(indices: np.ndarray, question: Question) -> np.ndarray:
    """int32 read as 64-bit pairs: every other one counts, and zeros follow half of them."""
    flat = indices.ravel()
    halves = np.zeros_like(flat)
    halves[: -(-len(flat) // 2)] = flat[::2]
    return halves.reshape(indices.shape)


def _last_of_equal_lost(question: Question, told: Arrays) -> Arrays:
    """Updates at one place are summed in blocks of 32: the last of an odd number of blocks is dropped."""
    indices, updates = question.inputs
    lead = indices.reshape(-1, indices.shape[-1])
    if len(lead) <= 32:
        return told
    count = len(lead) // 32 * 32
    kept = dtypes.widen(updates).reshape(len(lead), -1).copy()
    kept[count:] = 0
    cut = dtypes.narrow(kept.reshape(updates.shape), dtypes.dtype_name(updates))
    return asked(question, told, inputs=(indices, cut))


def _not_cleared(question: Question, told: Arrays) -> Arrays:
    """Places without an update are not cleared."""
    indices = question.inputs[0]
    shape, depth = question.attributes["shape"], indices.shape[-1]
    hit = np.zeros(shape[:depth], bool)
    hit[tuple(indices.reshape(-1, depth).T)] = True
    mask = hit.reshape(hit.shape + (1,) * (len(shape) - depth))
    return spoilt(lambda values: np.where(np.broadcast_to(mask, values.shape), values, 1))(question, told)


def _in_own_format(question: Question, told: Arrays) -> Arrays:
    indices, updates = question.inputs
    shape, depth, kind = question.attributes["shape"], indices.shape[-1], dtype(question)
    total = np.zeros(shape)
    values = dtypes.widen(updates).reshape(math.prod(indices.shape[:-1]), *shape[depth:])
    with np.errstate(all="ignore"):
        for place, value in zip(indices.reshape(-1, depth), values, strict=True):
            total[tuple(place)] = dtypes.widen(dtypes.narrow(total[tuple(place)] + value, kind))
    return (dtypes.narrow(total, kind),)


def _axes_exchanged(indices: np.ndarray, question: Question) -> np.ndarray:
    """Of four components, the first two are exchanged, as far as the extents allow."""
    found = indices.copy()
    a, b = question.attributes["shape"][:2]
    found[..., 0], found[..., 1] = np.minimum(indices[..., 1], a - 1), np.minimum(indices[..., 0], b - 1)
    return found


def _depth(question: Question) -> int:
    return int(question.inputs[0].shape[-1])


def _gradient_of_last(question: Question, told: Arrays) -> Arrays:
    """The gradient of an update is read at the place of the next one."""
    indices, updates = question.inputs
    flat = indices.reshape(-1, indices.shape[-1])
    return asked(question, told, inputs=(np.roll(flat, -1, axis=0).reshape(indices.shape), updates))


MISTAKES = (
    *mistakes(
        "of_first_sample",
        "all samples are given the places of the first",
        _indexed(1, _of_first_sample),
        "max_unpool2d",
    ),
    *mistakes(
        "of_first_channel",
        "all channels are given the places of the first",
        _indexed(1, _of_first_channel),
        "max_unpool2d",
    ),
    *mistakes(
        "index_in_15_bits",
        "places are counted in 15 bits",
        only(lambda q: bool(q.inputs[1].size) and int(q.inputs[1].max()) >= 2**15, _indexed(1, _in_15_bits)),
        "max_unpool2d",
    ),
    *mistakes(
        "narrow_index_as_wide",
        "indices of int32 are read as int64",
        only(lambda q: q.inputs[0].dtype == np.int32, _indexed(0, _as_wide)),
        "scatter_nd",
        ("value", "gradient"),
    ),
    *mistakes(
        "updates_behind_32_lost",
        "updates are taken in blocks of 32, and what is left over is not",
        _last_of_equal_lost,
        "scatter_nd",
    ),
    *mistakes("not_cleared", "places without an update hold what was there", _not_cleared, "scatter_nd"),
    *mistakes(
        "summed_in_own_format",
        "sums of narrow numbers are rounded at each step, though the adapter says that they are not",
        only(lambda q: dtype(q) in ("float16", "bfloat16"), _in_own_format),
        "scatter_nd",
        declares=True,
    ),
    *mistakes(
        "leading_axes_exchanged",
        "of an index of four components the first two change places",
        only(lambda q: _depth(q) == 4, _indexed(0, _axes_exchanged)),
        "scatter_nd",
        source=Source(
            "https://github.com/tenstorrent/tt-metal/pull/56875",
            "[Bug fix] scatter: fix silently wrong results for rank > 4 tensors",
        ),
    ),
    *mistakes(
        "gradient_of_next",
        "an update is sent the gradient of the place of the one behind it",
        _gradient_of_last,
        "scatter_nd",
        ("gradient",),
    ),
)
