"""Known differences of Paddle. Does not import Paddle: the parent process imports this."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from opassay.adapters.facts import pinned
from opassay.adapters.kernels.predicates import attributes_of
from opassay.adapters.paddle import known_ceils as ceils
from opassay.adapters.paddle import known_empty as empty
from opassay.adapters.paddle import known_masks as masks
from opassay.adapters.paddle.known_elements import ELEMENTS
from opassay.adapters.paddle.known_errors import ERRORS
from opassay.adapters.paddle.known_shown import BOTH, gives, shows
from opassay.adapters.paddle.known_sized import SIZED
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case

_MASKED = ("max_pool2d_with_argmax",)
_EXACT = 2**24
"""Integers up to this are exact in float32."""

_ISSUES = "https://github.com/PaddlePaddle/Paddle/issues/"
_PULLS = "https://github.com/PaddlePaddle/Paddle/pull/"
_NO_SECOND = "there is no kernel for the second gradient on the CPU"
_LOST = "maxima start from the lowest finite number and are compared by <, which a NaN does not survive and -inf loses"
_NO_FILTERS = "a convolution that makes no channels is refused, or divides by their number"
_NO_CHANNELS = {
    "reason": "a convolution over no channels has as many channels as its input",
    "url": f"{_PULLS}73691",
    "title": "[0-size Tensor No.159、161、163] Add 0-size Tensor support for conv1d",
}


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
        gives(
            "relu-nan",
            "relu compares, and a NaN is not larger than 0",
            ("relu",),
            "nan_to_zero",
            url=f"{_ISSUES}79351",
            title="paddle.nn.functional.relu incorrectly converts NaN input to 0.0",
        ),
        gives("relu-cut", "the cotangent is multiplied by 0 where it is cut off", ("relu",), "gradient_multiplied"),
        gives("maximum", _LOST, ("max_pool2d",), "nan_restarts"),
        gives("maximum-told", _LOST, _MASKED, "starts_from_lowest"),
        gives(
            "average-cut",
            "padding at the end is counted as if it were as wide as that at the start",
            ("avg_pool2d",),
            "end_counted_as_start",
            url=f"{_ISSUES}54404",
            title="avg_pool2d 不对称padding时，存在bug",  # noqa: RUF001
        ),
        gives(
            "average-reciprocal",
            "the gradient of an average is scaled by a reciprocal of 32 bits",
            ("avg_pool2d",),
            "reciprocal_in_float32",
        ),
        gives("undilated", "with SAME every dilation is taken for 1", ("conv2d",), "dilation_ignored", when=_same),
        shows(
            "undilated-depthwise",
            "with SAME every dilation is taken for 1",
            ("depthwise_conv2d",),
            BOTH,
            "structural numeric special",
            _dilated_same,
        ),
        *ceils.CEILED,
        shows(
            "undilated-special",
            "with SAME every dilation is taken for 1",
            ("conv2d",),
            ("gradient",),
            "special",
            lambda case: _dilated_same(case) and case.tensors[0].fill.kind == "special",
        ),
        shows(
            "steps-multiplied",
            "the gradient of a step is 0 times the cotangent, NaN of what is not finite",
            ("floor", "ceil", "round", "trunc"),
            ("gradient",),
            "shape",
            _not_finite,
        ),
        shows(
            "integers",
            "integers are multiplied as floats of 32 bits",
            ("matmul",),
            ("value",),
            "structural",
            _inexact,
            url=f"{_PULLS}73324",
            title="[Accuracy diff No.132] Fix accuracy diff for paddle.outer API",
        ),
        *masks.MASKED,
        shows(
            "empty",
            "interpolate takes no extent of 0 but the batch's",
            ("avg_unpool2d",),
            BOTH,
            "rejects",
            empty.no_extent,
            owner="by design",
        ),
        shows(
            "no-updates",
            "without indices, updates are broadcast with zeros of the answer's shape",
            ("scatter_nd",),
            BOTH,
            "rejects shape",
            empty.updates_misplaced,
            modes=("eager",),
            url=f"{_PULLS}73933",
            title="[0-size Tensor Job2 No.72-74] Add 0-size Tensor support for paddle.scatter [fluid_ops]",
        ),
        shows(
            "no-channels",
            ops=("conv2d", "conv2d_input_gradient_law"),
            aspects=("value", "shape"),
            verdicts="shape rejects",
            when=lambda case: empty.no_channels(case) and (case.op == "conv2d" or case.aspect == "shape"),
            **_NO_CHANNELS,
        ),
        shows(
            "no-channels-second",
            ops=("conv2d_vjp",),
            aspects=("gradient",),
            verdicts="rejects",
            when=empty.no_channels,
            modes=("static",),
            **_NO_CHANNELS,
        ),
        shows(
            "row-of-nothing",
            "the number of windows is divided towards zero, so SAME makes a row of an image without rows",
            ("conv2d",),
            ("value",),
            "shape",
            empty.row_of_nothing,
        ),
        shows("no-filters", _NO_FILTERS, ("conv2d", "conv2d_vjp"), BOTH, "rejects", empty.no_filters),
        shows(
            "no-filters-static",
            _NO_FILTERS,
            ("conv2d_vjp",),
            ("gradient",),
            "crash",
            empty.no_filters,
            modes=("static",),
            flaky="something not found yet: alone the process ended in all of 12 tries, in a batch it was refused too",
        ),
        shows(
            "no-room",
            "a transposed convolution refuses an answer without rows or columns",
            ("conv2d_transpose",),
            ("shape", "gradient"),
            "rejects",
            empty.no_room,
        ),
        shows(
            "no-image",
            "the kernel of the second gradient does not expect an empty image, and divides by an extent",
            ("conv2d_vjp",),
            ("gradient",),
            "crash",
            empty.no_image,
            modes=("eager",),
        ),
        shows(
            "second",
            _NO_SECOND,
            ("conv2d_vjp", "conv2d_transpose_vjp", "scatter_nd_vjp"),
            ("gradient",),
            "rejects",
            _without_kernel,
        ),
        shows(
            "second-interpolation",
            _NO_SECOND,
            ("avg_unpool2d_vjp",),
            ("gradient",),
            "rejects",
            lambda case: True,
            url=f"{_ISSUES}48988",
            title="upsample不支持高阶导数",
        ),
        shows(
            "batches",
            "broadcast batches of unequal rank have no gradient",
            ("matmul", "matmul_vjp"),
            ("gradient",),
            "rejects",
            _further_batch,
            url=f"{_ISSUES}75020",
            title="paddle.matmul广播机制在反向传播中失效，同#74883",  # noqa: RUF001
        ),
        shows(
            "unwritten",
            "the gradient of a product over no terms is not written: what lay in memory is the answer",
            ("matmul_vjp",),
            ("gradient",),
            "nondeterministic structural numeric",
            empty.sum_of_nothing,
            modes=("static",),
            flaky="what lies in memory before the answer is written there",
        ),
        shows(
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
