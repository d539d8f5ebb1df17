"""Known differences of TensorFlow on empty tensors. Does not import TensorFlow: the parent process imports this."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

from opassay.adapters.geometry import channels_last, output_extent, pad_amounts, spatial_axes
from opassay.adapters.kernels.predicates import attributes_of
from opassay.adapters.onednn import ONE_DNN, WITH_ONE_DNN
from opassay.adapters.tensorflow.kernel_table import has_conv
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact


def conv_kernel(dtype: str, how: Mapping[str, Any], backward: bool, onednn: Container[str] = ONE_DNN) -> str:
    """The kernel of a convolution on the CPU: ``onednn``, ``plain`` (TensorFlow's other kernels) or ``composed``
    (gathered windows).

    The adapter decides; ``backward`` for conv2d_transpose and for every gradient.
    """

    def has(padding: Any, layout: str) -> bool:
        stride, dilation, groups = how["stride"], how["dilation"], how["groups"]
        return has_conv(dtype, padding, layout, stride, dilation, groups, backward, True, onednn)

    # Without a kernel, NHWC is tried, with a separate padding op.
    if not (has(how["padding"], how["layout"]) or has(how["padding"], "NHWC") or has("VALID", "NHWC")):
        return "composed"
    return "onednn" if dtype in onednn else "plain"


def padded_outside(dtype: str, how: Mapping[str, Any]) -> bool:
    """Explicit padding by a separate op, where gradients have no kernel for it."""
    plain = has_conv(dtype, how["padding"], "NHWC", how["stride"], how["dilation"], how["groups"], True, True, ONE_DNN)
    return not isinstance(how["padding"], str) and not plain


def conv_output(shape: Sequence[int], w: Sequence[int], how: Mapping[str, Any]) -> tuple[int, ...]:
    """The shape of conv2d's answer for an input of ``shape`` and filters of the shape ``w``."""
    axes = spatial_axes(how["layout"])
    extents = [shape[axis] for axis in axes]
    pads = pad_amounts(extents, w[:-2], how["stride"], how["dilation"], how["padding"])
    padded = [n + sum(pad) for n, pad in zip(extents, pads, strict=True)]
    found = [output_extent(*axis) for axis in zip(padded, w[:-2], how["stride"], how["dilation"], strict=True)]
    last = channels_last(how["layout"])
    return (shape[0], *found, w[-1]) if last else (shape[0], w[-1], *found)


def _outside(shape: Sequence[int], how: Mapping[str, Any]) -> tuple[int, ...]:
    grown = list(shape)
    for axis, pad in zip(spatial_axes(how["layout"]), how["padding"], strict=True):
        grown[axis] += sum(pad)
    return tuple(grown)


def shaped_as_input(case: Case) -> bool:
    """oneDNN gives an empty answer of conv2d the shape of its input.

    The second derivative of conv2d by the cotangent is conv2d again; the gradient of the transpose is conv2d of the
    cotangent.
    """
    (x, w), how, backward = case.tensors[:2], attributes_of(case), case.aspect == "gradient"
    if case.op in ("conv2d", "depthwise_conv2d") and backward:
        return False
    if case.op == "conv_transpose1d" and backward and not isinstance(how["padding"], str):
        return False
    if case.op == "depthwise_conv2d":
        return _by_channel_as_input(case)
    shape = how.get("output_shape", x.shape)
    answer = x.shape if "output_shape" in how else conv_output(x.shape, w.shape, how)
    if conv_kernel(x.dtype, how, backward) != "onednn" or 0 in w.shape or 0 not in answer:
        return False
    shape = _outside(shape, how) if backward and padded_outside(x.dtype, how) else shape
    return tuple(shape) != tuple(answer)


def _by_channel_as_input(case: Case) -> bool:
    """The same for a depthwise convolution, which pads by a separate op where it dilates."""
    (x, w), how = case.tensors, case.attributes
    padded = not isinstance(how["padding"], str) and max(how["dilation"]) > 1
    answer = conv_output(x.shape, (*w.shape[:2], 1, w.shape[2] * w.shape[3]), how)
    given = _outside(x.shape, how) if padded else x.shape
    return x.dtype in ONE_DNN and 0 not in w.shape and 0 in answer and tuple(given) != answer


def _no_image(case: Case) -> bool:
    return any(case.tensors[0].shape[axis] == 0 for axis in spatial_axes(attributes_of(case)["layout"]))


_SEEN = "tensorflow 2.21.0, CPU"

EMPTY = (
    Fact(
        "tensorflow-no-filters-xla-crash",
        "upstream",
        "XLA divides by the number of output channels, which is 0, and ends the process (SIGFPE)",
        ops=("conv2d_transpose",),
        verdicts=("crash",),
        when=lambda case: case.tensors[1].shape[2] == 0,
        modes=("xla",),
        versions=_SEEN,
    ),
    Fact(
        "tensorflow-empty-convolution",
        "upstream",
        "oneDNN answers an empty input with the input's own shape, forwards and in gradients",
        ops=("convolves", "depthwise_conv2d", "conv2d_vjp", "conv2d_transpose_vjp"),
        aspects=("value", "gradient"),
        verdicts=("shape",),
        when=shaped_as_input,
        modes=("eager", "function", "dynamic"),
        versions=_SEEN,
        needs=WITH_ONE_DNN,
    ),
    Fact(
        "tensorflow-empty-average-xla",
        "upstream",
        "XLA's second derivative of an average pool over an empty image is not empty",
        ops=("avg_pool2d_vjp",),
        aspects=("gradient",),
        verdicts=("shape",),
        when=_no_image,
        modes=("xla",),
        versions=_SEEN,
    ),
)
