"""Known differences of Paddle. Does not import Paddle: the parent process imports this."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from opassay.adapters.facts import pinned
from opassay.adapters.kernels.predicates import attributes_of
from opassay.adapters.paddle import known_ceils as ceils
from opassay.adapters.paddle import known_empty as empty
from opassay.adapters.paddle import known_masks as masks
from opassay.adapters.paddle.known_elements import ELEMENTS
from opassay.adapters.paddle.known_errors import ERRORS, SEEN
from opassay.adapters.paddle.known_sized import SIZED
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_MASKED = ("max_pool2d_with_argmax",)
_BOTH = ("value", "gradient")
_EXACT = 2**24
"""Integers up to this are exact in float32."""

_ISSUES = "https://github.com/PaddlePaddle/Paddle/issues/"
_PULLS = "https://github.com/PaddlePaddle/Paddle/pull/"
_NO_SECOND = "there is no kernel for the second gradient on the CPU"
_SAME_IGNORED = "with return_mask, max_pool2d ignores SAME and does not pad"
_LOST = "maxima start from the lowest finite number and are compared by <, which a NaN does not survive and -inf loses"
_NO_FILTERS = "a convolution that makes no channels is refused, or divides by their number"
_NO_CHANNELS = {
    "reason": "a convolution over no channels has as many channels as its input",
    "url": f"{_PULLS}73691",
    "title": "[0-size Tensor No.159、161、163] Add 0-size Tensor support for conv1d",
}


def _gives(name: str, reason: str, ops: tuple[str, ...], mistake: str, aspects: Any = _BOTH, **more: Any) -> Fact:
    """A difference that a mistake reproduces."""
    return Fact(f"paddle-{name}", "upstream", reason, ops, aspects, reproduces=mistake, versions=SEEN, **more)


def _shows(name: str, reason: str, ops: tuple[str, ...], aspects: Any, verdicts: str, when: Any, **more: Any) -> Fact:
    """A difference that is known before the call. ``verdicts``: separated by spaces."""
    told = {"owner": "upstream", "versions": SEEN, **more}
    return Fact(
        f"paddle-{name}", reason=reason, ops=ops, aspects=aspects, verdicts=tuple(verdicts.split()), when=when, **told
    )


def _same(case: Case) -> bool:
    return bool(attributes_of(case)["padding"] == "SAME")


def _dilated_same(case: Case) -> bool:
    return _same(case) and max(case.attributes["dilation"]) > 1


def _not_finite(case: Case) -> bool:
    (dy,) = case.cotangent_values()
    return dy is not None and not np.isfinite(dtypes.widen(dy)).all()


def _inexact(case: Case) -> bool:
    """An integer product with an element that float32 cannot hold."""
    a, b = (tensor.materialize() for tensor in case.tensors)
    if a.dtype.kind != "i" or 0 in (*a.shape, *b.shape):
        return False
    largest = np.matmul(np.abs(a.astype(np.float64)), np.abs(b.astype(np.float64)))
    return bool((largest > _EXACT).any())


def _further_batch(case: Case) -> bool:
    """Both operands have batch axes, and one has further ones of more than 1."""
    if any(0 in tensor.shape for tensor in case.tensors):
        return False
    short, long = sorted((tensor.shape for tensor in case.tensors[:2]), key=len)
    return len(short) > 2 and math.prod(long[: len(long) - len(short)]) > 1


def _without_kernel(case: Case) -> bool:
    return case.op != "conv2d_vjp" or (empty.depthwise(case) and 0 not in case.tensors[1].shape)


KNOWN = pinned(
    (
        _gives(
            "relu-nan",
            "relu compares, and a NaN is not larger than 0",
            ("relu",),
            "nan_to_zero",
            url=f"{_ISSUES}79351",
            title="paddle.nn.functional.relu incorrectly converts NaN input to 0.0",
        ),
        _gives("relu-cut", "the cotangent is multiplied by 0 where it is cut off", ("relu",), "gradient_multiplied"),
        _gives("maximum", _LOST, ("max_pool2d",), "nan_restarts"),
        _gives("maximum-told", _LOST, _MASKED, "starts_from_lowest"),
        _gives(
            "average-cut",
            "padding at the end is counted as if it were as wide as that at the start",
            ("avg_pool2d",),
            "end_counted_as_start",
            url=f"{_ISSUES}54404",
            title="avg_pool2d 不对称padding时，存在bug",  # noqa: RUF001
        ),
        _gives(
            "average-reciprocal",
            "the gradient of an average is scaled by a reciprocal of 32 bits",
            ("avg_pool2d",),
            "reciprocal_in_float32",
        ),
        _gives("undilated", "with SAME every dilation is taken for 1", ("conv2d",), "dilation_ignored", when=_same),
        _shows(
            "undilated-depthwise",
            "with SAME every dilation is taken for 1",
            ("depthwise_conv2d",),
            _BOTH,
            "structural numeric special",
            _dilated_same,
        ),
        _shows(
            "divisor-shrinks",
            "where a window is cut off, its divisor is multiplied by the share that is left",
            ("ceil_avg_pool2d",),
            _BOTH,
            "structural numeric special",
            ceils.divides_less,
        ),
        _shows(
            "window-outside",
            "with ceil_mode the last window may start outside of the image and its padding",
            ("ceil_avg_pool2d",),
            ("value", "shape"),
            "shape",
            ceils.starts_outside,
        ),
        _shows(
            "window-behind",
            "the gradient is read by the shape of the answer, which has a further row or column of windows",
            ("ceil_avg_pool2d",),
            ("gradient",),
            "crash structural numeric special nondeterministic",
            ceils.starts_outside,
            flaky="what lies in memory behind the cotangent",
        ),
        _shows(
            "undilated-special",
            "with SAME every dilation is taken for 1",
            ("conv2d",),
            ("gradient",),
            "special",
            lambda case: _dilated_same(case) and case.tensors[0].fill.kind == "special",
        ),
        _shows(
            "steps-multiplied",
            "the gradient of a step is 0 times the cotangent, NaN of what is not finite",
            ("floor", "ceil", "round", "trunc"),
            ("gradient",),
            "shape",
            _not_finite,
        ),
        _shows(
            "integers",
            "integers are multiplied as floats of 32 bits",
            ("matmul",),
            ("value",),
            "structural",
            _inexact,
            url=f"{_PULLS}73324",
            title="[Accuracy diff No.132] Fix accuracy diff for paddle.outer API",
        ),
        _shows("same-ignored", _SAME_IGNORED, (*_MASKED, "program"), _BOTH, "shape rejects", masks.unpadded),
        _shows("same-static", _SAME_IGNORED, _MASKED, ("gradient",), "rejects", masks.shrunk, modes=("static",)),
        _shows(
            "same-behind",
            "the gradient is read by the shape of the cotangent, which is not compared with that of the answer",
            _MASKED,
            ("gradient",),
            "crash structural numeric special nondeterministic",
            masks.shrunk,
            modes=("eager",),
            flaky="what lies in memory behind the tensor of positions",
        ),
        _shows("same-crash", _SAME_IGNORED, ("deconvnet",), ("value",), "crash", masks.nothing_left, modes=("eager",)),
        _shows(
            "uneven",
            "with return_mask, max_pool2d refuses the four amounts of padding that its documentation names",
            (*_MASKED, "program"),
            _BOTH,
            "rejects",
            masks.uneven,
        ),
        _shows(
            "nowhere",
            "a window of NaN and -inf has position -1: its gradient is written before the plane",
            _MASKED,
            ("gradient",),
            "crash",
            masks.nowhere,
        ),
        _shows(
            "empty",
            "interpolate takes no extent of 0 but the batch's",
            ("avg_unpool2d",),
            _BOTH,
            "rejects",
            empty.no_extent,
            owner="by design",
        ),
        _shows(
            "no-updates",
            "without indices, updates are broadcast with zeros of the answer's shape",
            ("scatter_nd",),
            _BOTH,
            "rejects shape",
            empty.updates_misplaced,
            modes=("eager",),
            url=f"{_PULLS}73933",
            title="[0-size Tensor Job2 No.72-74] Add 0-size Tensor support for paddle.scatter [fluid_ops]",
        ),
        _shows(
            "no-channels",
            ops=("conv2d", "conv2d_input_gradient_law"),
            aspects=("value", "shape"),
            verdicts="shape rejects",
            when=lambda case: empty.no_channels(case) and (case.op == "conv2d" or case.aspect == "shape"),
            **_NO_CHANNELS,
        ),
        _shows(
            "no-channels-second",
            ops=("conv2d_vjp",),
            aspects=("gradient",),
            verdicts="rejects",
            when=empty.no_channels,
            modes=("static",),
            **_NO_CHANNELS,
        ),
        _shows(
            "row-of-nothing",
            "the number of windows is divided towards zero, so SAME makes a row of an image without rows",
            ("conv2d",),
            ("value",),
            "shape",
            empty.row_of_nothing,
        ),
        _shows("no-filters", _NO_FILTERS, ("conv2d", "conv2d_vjp"), _BOTH, "rejects", empty.no_filters),
        _shows(
            "no-filters-static",
            _NO_FILTERS,
            ("conv2d_vjp",),
            ("gradient",),
            "crash",
            empty.no_filters,
            modes=("static",),
            flaky="something not found yet: alone the process ended in all of 12 tries, in a batch it was refused too",
        ),
        _shows(
            "no-room",
            "a transposed convolution refuses an answer without rows or columns",
            ("conv2d_transpose",),
            ("shape", "gradient"),
            "rejects",
            empty.no_room,
        ),
        _shows(
            "no-image",
            "the kernel of the second gradient does not expect an empty image, and divides by an extent",
            ("conv2d_vjp",),
            ("gradient",),
            "crash",
            empty.no_image,
            modes=("eager",),
        ),
        _shows(
            "second",
            _NO_SECOND,
            ("conv2d_vjp", "conv2d_transpose_vjp", "scatter_nd_vjp"),
            ("gradient",),
            "rejects",
            _without_kernel,
        ),
        _shows(
            "second-interpolation",
            _NO_SECOND,
            ("avg_unpool2d_vjp",),
            ("gradient",),
            "rejects",
            lambda case: True,
            url=f"{_ISSUES}48988",
            title="upsample不支持高阶导数",
        ),
        _shows(
            "batches",
            "broadcast batches of unequal rank have no gradient",
            ("matmul", "matmul_vjp"),
            ("gradient",),
            "rejects",
            _further_batch,
            url=f"{_ISSUES}75020",
            title="paddle.matmul广播机制在反向传播中失效，同#74883",  # noqa: RUF001
        ),
        _shows(
            "unwritten",
            "the gradient of a product over no terms is not written: what lay in memory is the answer",
            ("matmul_vjp",),
            ("gradient",),
            "nondeterministic structural numeric",
            empty.sum_of_nothing,
            modes=("static",),
            flaky="what lies in memory before the answer is written there",
        ),
        _shows(
            "null",
            "the kernel for several products refuses the null pointer of an operand without elements",
            ("matmul_vjp",),
            ("gradient",),
            "rejects",
            empty.products_of_nothing,
            modes=("static",),
        ),
        *ERRORS,
        *ELEMENTS,
        *SIZED,
    ),
    Path(__file__).parent,
)
