"""Known differences of LiteRT. Imports neither LiteRT nor TensorFlow: the parent process imports this."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from opassay.adapters.facts import accepted, pinned
from opassay.adapters.kernels.elements import Told, holds_nan, mistakes
from opassay.adapters.kernels.values import empty_anywhere
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
}

_UNCHECKED = {
    "all any count_nonzero min sum sum_square": ("AxisRepeated",),
    "conv2d": ("ChannelMismatch",),
    "conv2d_transpose conv3d": ("GroupsZero",),
    "max_unpool2d": ("IndexWrongChannel",),
    "roll": ("AxisTooSmall",),
}


_FOLDED = ("conv2d", "logsumexp", "masked_select", "matmul", "mean", "scatter_nd", "sum", "sum_square", "var")
"""An empty sum may have a non-empty answer: then the converter folds it, and the model has no input."""


def _folded(case: Case) -> bool:
    if case.op != "count_nonzero":
        return case.op in _FOLDED or bool(case.attributes.get("reduction"))
    shape = case.tensors[0].shape
    return 0 not in np.delete(shape, case.attributes["axes"])


def _empty(case: Case) -> bool:
    nothing = case.op == "dynamic_slice" and 0 in case.attributes["sizes"]
    return (empty_anywhere(case) or nothing) and not _folded(case)


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
        _fact(
            "nothing",
            "the interpreter takes no tensor without elements: Invalid tensor size",
            (),
            "rejects",
            _empty,
            "value",
            "shape",
        ),
        _fact(
            "equal-bytes",
            "the kernels of bytes are for quantised ones: without a scale, equal ends the process",
            ("equal",),
            "crash",
            _unquantised,
        ),
        Fact(
            "litert-argmax-of-pool",
            "by design",
            "the converter has no op for tf.nn.max_pool_with_argmax",
            ops=("conv_autoencoder_step", "deconvnet"),
            aspects=("value", "shape"),
            verdicts=("rejects",),
            words=("'tf.MaxPoolWithArgmax' op is neither a custom op nor a flex op",),
            versions=_SEEN,
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
        _fact("exp-nan", "exp of NaN is 0", ("exp", "expm1", "softplus", "log_sigmoid"), "special", holds_nan),
        _fact("rsqrt-zero", "rsqrt of 0 is NaN", ("rsqrt",), "special", _holds_zero),
        _fact(
            "wide-stride",
            "strides are numbers of 32 bits",
            ("avg_pool2d", "conv1d", "conv2d", "conv3d", "max_pool2d"),
            "rejects",
            _wide_stride,
            "value",
            "shape",
        ),
    ),
    Path(__file__).parent,
)
