"""What JAX is known to do differently. Free of JAX: the parent imports this."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from adapters.geometry import spatial_axes
from adapters.jax.known_errors import ERRORS
from adapters.jax.known_gradients import GRADIENTS
from adapters.known_linear import nan_by_flush
from adapters.known_predicates import (
    breaks,
    holds_positive_subnormal,
    known,
    read_pins,
)
from adapters.known_windows import answer, first_maximum, flushed, usable, value_failure, windows, with_flushed
from harness.model.case import Case

_PINS = read_pins(str(Path(__file__).parent))
_SEEN = "jax 0.10.2, CPU"
_EMPTY = "lax answers a window that does not fit with an empty tensor instead of an error"
_FLUSH = "XLA on the CPU flushes subnormals to zero"


def _cells(case: Case) -> int:
    """How many values of one channel: one value goes to any number of indices."""
    return math.prod(case.tensors[0].shape[axis] for axis in spatial_axes(case.attributes["layout"]))


def _subnormal_maximum(case: Case) -> bool:
    if not usable(case):
        return False
    seen = windows(case)
    maxima = answer(seen, first_maximum(seen))
    return bool((flushed(maxima, case.tensors[0].dtype) != maxima)[~np.isnan(maxima)].any())


def _flushed_maximum(case: Case) -> bool:
    """The maximum is gathered, so a subnormal is lost only to another number that is flushed to zero."""
    return value_failure(case, with_flushed(first_maximum, case.tensors[0].dtype)) == "special"


KNOWN = (
    *GRADIENTS,
    *ERRORS,
    *(
        known(
            _PINS,
            f"jax-{op}-window-larger",
            "accepts",
            breaks("WindowLargerThanInput"),
            owner="by design",
            reason=_EMPTY,
            versions=_SEEN,
        )
        for op in ("conv2d", "avg_pool2d", "max_pool2d", "max_pool2d_with_argmax")
    ),
    *(
        known(
            _PINS,
            f"jax-{op}-wide-padding",
            "accepts",
            breaks("PadNotSmallerThanWindow"),
            owner="by design",
            reason="lax takes any amount of padding",
            versions=_SEEN,
        )
        for op in ("avg_pool2d", "max_pool2d", "max_pool2d_with_argmax")
    ),
    known(
        _PINS,
        "jax-conv2d-negative-padding",
        "accepts",
        breaks("PadNegative"),
        owner="by design",
        reason="lax defines negative padding as cropping",
        versions=_SEEN,
    ),
    known(
        _PINS,
        "jax-avg_unpool2d-window-zero",
        "accepts",
        breaks("WindowZero"),
        owner="by design",
        reason="composed of repeats, which may be zero",
        versions=_SEEN,
    ),
    known(
        _PINS,
        "jax-matmul-rank-one",
        "accepts",
        breaks("RankOne"),
        owner="by design",
        reason="jnp.matmul follows NumPy, where vectors are allowed",
        versions=_SEEN,
    ),
    known(
        _PINS,
        "jax-scatter_nd-index",
        "accepts",
        breaks("IndexOutOfRange", "IndexNegative"),
        owner="by design",
        reason="scatters drop an index out of range and wrap a negative one",
        versions=_SEEN,
    ),
    known(
        _PINS,
        "jax-max_unpool2d-index",
        "accepts",
        breaks("IndexOutOfRange", "IndexNegative", "IndexWrongChannel"),
        owner="by design",
        reason="composed of a scatter, which checks no index",
        versions=_SEEN,
    ),
    *(
        known(_PINS, f"jax-{op}-subnormal", "special", covers, owner="by design", reason=_FLUSH, versions=_SEEN)
        for op, covers in (
            ("relu", holds_positive_subnormal),
            ("max_pool2d", _subnormal_maximum),
            ("max_pool2d_with_argmax", _flushed_maximum),
        )
    ),
    *(
        known(
            _PINS,
            f"jax-{op}-subnormal",
            "special",
            nan_by_flush,
            owner="by design",
            reason=_FLUSH + ", so that its product with infinity is NaN",
            versions=_SEEN,
        )
        for op in ("conv2d", "conv2d_transpose", "matmul")
    ),
    known(
        _PINS,
        "jax-max_unpool2d-broadcast",
        "accepts",
        lambda case: case.rule == "ShapeMismatch" and _cells(case) == 1,
        owner="by design",
        reason="scatters broadcast values to indices",
        versions=_SEEN,
    ),
)
