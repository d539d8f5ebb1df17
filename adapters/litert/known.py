"""Known differences of LiteRT. Imports neither LiteRT nor TensorFlow: the parent process imports this."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from opassay.adapters.facts import accepted, pinned
from opassay.adapters.geometry import effective, spatial_axes
from opassay.adapters.kernels.elements import Told, holds_nan, mistakes
from opassay.adapters.kernels.refusals import refused
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_SEEN = "litert 2.3.0, CPU"
_INT32 = 2**31

_MISTAKES: Told = {
    "exp_less_one": ("upstream", "selu is exp(x) - 1 below 0, and 0 of what is small"),
    "lgamma_by_lanczos": ("upstream", "lgamma is composed by the converter, and loses what is near its zeros"),
    "nan_passed_over": ("upstream", "a maximum and a minimum are comparisons, in which a NaN loses"),
    "nan_replaced": ("upstream", "the larger and the smaller of two are comparisons, in which a NaN loses"),
    "zeros_of_other_sign": ("upstream", "what the converter composes, or computes as 0 - x, loses the sign of -0"),
    "starts_from_lowest": ("by design", "what surrounds an image is the lowest number, and found where it is largest"),
    "repeated_index_adds": ("by design", "scatter_nd adds up what has one index"),
}

_XNNPACK: Told = {
    "log_of_absolute_error": (
        "upstream",
        "XNNPACK's logarithm has an absolute error, not a relative one, near 1: of 1 + 2⁻²² it is 3 · 2⁻²³",
    ),
    "exponent_rounded_up": ("upstream", "XNNPACK's exp is infinite from 127½ · ln 2 on"),
    "expm1_by_exp": ("upstream", "the converter composes expm1 of exp(x) - 1"),
    "sine_of_absolute_error": (
        "upstream",
        "XNNPACK's sin and cos have an absolute error of 5.5 · 2⁻²⁴, reach 1 + 2⁻²³, and of 10¹² are 608423",
    ),
    "exponent_wrapped": ("upstream", "XNNPACK's sigmoid is NaN of 10²⁷ to 10²⁹"),
    "held_within_ends": ("upstream", "XNNPACK clamps sums to the finite numbers, and a NaN with them"),
}

_UNCHECKED = {
    "all any count_nonzero mean min sum sum_square": ("AxisRepeated",),
    "avg_pool2d": ("WindowZero",),
    "conv2d": ("ChannelMismatch",),
    "conv2d_transpose conv3d": ("GroupsZero",),
    "max_unpool2d": ("IndexWrongChannel", "OutputChannels"),
    "roll": ("AxisTooSmall",),
}


def _padded_as_same(case: Case) -> bool:
    """A depthwise convolution with dilation and amounts of padding other than those of SAME."""
    asked, shapes = case.attributes, [tensor.shape for tensor in case.tensors]
    axes = spatial_axes(asked["layout"])
    if isinstance(asked["padding"], str) or max(asked["dilation"]) == 1 or not any(map(any, asked["padding"])):
        return False
    pairs = zip(asked["padding"], shapes[1][:2], asked["dilation"], strict=True)
    extents = [shapes[0][axis] for axis in axes]
    return any(
        n > 0 and low + high != effective(k, d) - 1 for n, ((low, high), k, d) in zip(extents, pairs, strict=True)
    )


def _infinite(case: Case) -> bool:
    return bool(np.isinf(case.inputs()[0]).any())


def _beyond_32_bits(case: Case) -> bool:
    """What is left of indices in 32 bits lies inside, for indices that do not."""
    position = int(case.op == "max_unpool2d")
    indices = case.inputs()[position]
    shape = case.attributes["output_shape"][1:] if position else case.attributes["shape"]
    bound = np.prod(shape) if position else np.array(shape[: indices.shape[-1]])
    left = indices.astype(np.int32)
    return bool((np.abs(indices) >= _INT32).any() and ((left >= 0) & (left < bound)).all())


def _holds_zero(case: Case) -> bool:
    return bool((case.inputs()[0] == 0).any())


def _wide_stride(case: Case) -> bool:
    return max(case.attributes.get("stride", ()), default=0) >= _INT32


def _wide_starts(case: Case) -> bool:
    return case.tensors[0].dtype == "int64"


def _unquantised(case: Case) -> bool:
    return case.tensors[0].dtype == "uint8"


def _fact(name: str, reason: str, ops: tuple[str, ...], verdict: str, when: Any, *aspects: str) -> Fact:
    told: dict[str, Any] = {"aspects": aspects or ("value",), "verdicts": (verdict,), "when": when, "versions": _SEEN}
    return Fact(f"litert-{name}", "upstream", reason, ops=ops, **told)


KNOWN = pinned(
    (
        *mistakes("litert", _MISTAKES, versions=_SEEN),
        *mistakes("litert", _XNNPACK, versions=_SEEN, modes=("xnnpack",)),
        *accepted("litert-unchecked", "by design", "the kernels do not check it", _UNCHECKED, versions=_SEEN),
        refused(
            "litert-nothing",
            "the interpreter takes no tensor without elements",
            "Invalid tensor size",
            aspects=("value", "shape", "error"),
            versions=_SEEN,
        ),
        refused(
            "litert-no-op",
            "the converter has no op for what TensorFlow composes",
            "op is neither a custom op nor a flex op",
            owner="by design",
            aspects=("value", "shape"),
            versions=_SEEN,
        ),
        refused(
            "litert-own-model",
            "the converter refuses a model that it made itself",
            "failed to legalize unresolved materialization",
            "op expect output type",
            aspects=("value", "shape"),
            versions=_SEEN,
        ),
        refused(
            "litert-division",
            "FLOOR_DIV refuses a divisor of 0, of floats as well",
            "Division by 0",
            ops=("floor_divide",),
            versions=_SEEN,
        ),
        refused(
            "litert-traced",
            "TensorFlow's own refusals while a function is traced",
            "Negative dimension size caused by subtracting",
            "axis must be >= -1",
            "mask cannot be scalar",
            "Indices and updates specified for empty",
            aspects=("value", "shape"),
            versions=_SEEN,
        ),
        _fact("isinf", "isinf is False of infinity", ("isinf",), "structural", _infinite),
        _fact(
            "padded-as-same",
            "the converter makes SAME of all padding of a depthwise convolution with dilation",
            ("depthwise_conv2d",),
            "shape",
            _padded_as_same,
            "value",
            "shape",
        ),
        Fact(
            "litert-unchecked-window",
            "by design",
            "the kernels do not check it, and dilation is not among their pools",
            ops=("max_pool1d",),
            aspects=("error",),
            verdicts=("accepts",),
            rules=("WindowNegative",),
            when=lambda case: max(case.attributes["dilation"]) == 1,
            versions=_SEEN,
        ),
        Fact(
            "litert-indices-narrowed",
            "upstream",
            "indices are made 32 bits wide before they are checked",
            ops=("max_unpool2d", "scatter_nd"),
            aspects=("error",),
            verdicts=("accepts",),
            rules=("IndexOutOfRange",),
            when=_beyond_32_bits,
            versions=_SEEN,
        ),
        _fact(
            "equal-bytes",
            "the kernels of bytes are for quantised ones: without a scale, equal ends the process",
            ("equal",),
            "crash",
            _unquantised,
        ),
        Fact(
            "litert-nonzero-scalar",
            "by design",
            "WHERE takes no number without axes",
            ops=("nonzero",),
            verdicts=("rejects",),
            words=("Where op requires condition w/ rank > 0",),
            versions=_SEEN,
        ),
        Fact(
            "litert-slice-int64",
            "upstream",
            "SLICE misreads starts of int64: it refuses all",
            ops=("dynamic_slice",),
            aspects=("value", "shape"),
            verdicts=("rejects",),
            when=_wide_starts,
            words=("Invalid begin and size", "Invalid size"),
            versions=_SEEN,
        ),
        _fact(
            "exp-nan", "exp of NaN is 0", ("exp", "expm1", "softplus", "log_sigmoid", "logsumexp"), "special", holds_nan
        ),
        _fact("lgamma-infinite", "lgamma of infinity is NaN", ("lgamma",), "special", _infinite),
        _fact("rsqrt-zero", "rsqrt of 0 is NaN", ("rsqrt",), "special", _holds_zero),
        _fact(
            "wide-stride",
            "strides are numbers of 32 bits",
            ("avg_pool2d", "conv1d", "conv2d", "conv3d", "max_pool2d", "max_pool2d_with_argmax"),
            "rejects",
            _wide_stride,
            "value",
            "shape",
        ),
    ),
    Path(__file__).parent,
)
