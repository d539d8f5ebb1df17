"""Which cases with an extent of 0 TensorFlow's kernels get wrong. Free of TensorFlow: the parent imports this."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

from opassay.adapters.geometry import output_extent, pad_amounts, spatial_axes
from opassay.adapters.known_predicates import attributes_of
from opassay.adapters.onednn import ONE_DNN
from opassay.adapters.tensorflow.kernel_table import has_conv
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case


def conv_kernel(dtype: str, how: Mapping[str, Any], backward: bool, onednn: Container[str] = ONE_DNN) -> str:
    """Who convolves on the CPU: ``onednn``, ``plain`` (TensorFlow's other kernels) or ``composed`` (gathered windows).

    As the adapter decides; ``backward`` for conv2d_transpose and wherever a gradient is taken.
    """

    def has(padding: Any, layout: str) -> bool:
        stride, dilation, groups = how["stride"], how["dilation"], how["groups"]
        return has_conv(dtype, padding, layout, stride, dilation, groups, backward, True, onednn)

    # What lacks a kernel is tried in NHWC, and then padded by an op of its own.
    if not (has(how["padding"], how["layout"]) or has(how["padding"], "NHWC") or has("VALID", "NHWC")):
        return "composed"
    return "onednn" if dtype in onednn else "plain"


def padded_outside(dtype: str, how: Mapping[str, Any]) -> bool:
    """Explicit padding of an op of its own, where gradients have no kernel for it."""
    plain = has_conv(dtype, how["padding"], "NHWC", how["stride"], how["dilation"], how["groups"], True, True, ONE_DNN)
    return not isinstance(how["padding"], str) and not plain


def conv_output(shape: Sequence[int], w: Sequence[int], how: Mapping[str, Any]) -> tuple[int, ...]:
    """The shape of conv2d's answer to an input of ``shape`` and filters of the shape ``w``."""
    axes = spatial_axes(how["layout"])
    extents = [shape[axis] for axis in axes]
    pads = pad_amounts(extents, w[:2], how["stride"], how["dilation"], how["padding"])
    padded = [n + sum(pad) for n, pad in zip(extents, pads, strict=True)]
    found = [output_extent(*axis) for axis in zip(padded, w[:2], how["stride"], how["dilation"], strict=True)]
    return (shape[0], *found, w[3]) if how["layout"] == "NHWC" else (shape[0], w[3], *found)


def _outside(shape: Sequence[int], how: Mapping[str, Any]) -> tuple[int, ...]:
    grown = list(shape)
    for axis, pad in zip(spatial_axes(how["layout"]), how["padding"], strict=True):
        grown[axis] += sum(pad)
    return tuple(grown)


def shaped_as_input(case: Case) -> bool:
    """conv2d, forwards: oneDNN gives an empty answer the shape of its input."""
    x, w = case.tensors[:2]
    answer = conv_output(x.shape, w.shape, case.attributes)
    return _as_input(x.dtype, case.attributes, False, x.shape, w.shape, answer)


def second_shaped_as_input(case: Case) -> bool:
    """The gradients of conv2d's: the one for the cotangent is conv2d again."""
    (x, w), how = case.tensors[:2], attributes_of(case)
    answer = conv_output(x.shape, w.shape, how)
    shape = _outside(x.shape, how) if padded_outside(x.dtype, how) else x.shape
    return _as_input(x.dtype, how, True, shape, w.shape, answer)


def gradient_shaped_as_input(case: Case) -> bool:
    """The gradient of conv2d_transpose, and its gradient: conv2d of the cotangent."""
    (x, w), how = case.tensors[:2], attributes_of(case)
    output = how["output_shape"]
    shape = _outside(output, how) if padded_outside(x.dtype, how) else tuple(output)
    return _as_input(x.dtype, how, True, shape, w.shape, x.shape)


def _as_input(
    dtype: str, how: Mapping[str, Any], backward: bool, shape: Sequence[int], w: Sequence[int], answer: Sequence[int]
) -> bool:
    if conv_kernel(dtype, how, backward) != "onednn" or 0 in w or 0 not in answer:
        return False
    return tuple(shape) != tuple(answer)


def refused_filters(case: Case, onednn: Container[str] = ONE_DNN) -> bool:
    """conv2d's gradients: oneDNN wants filters with elements, the other kernels with input channels."""
    (x, w), how = case.tensors[:2], attributes_of(case)
    kernel = conv_kernel(x.dtype, how, True, onednn)
    return x.shape[0] > 0 and ((kernel == "onednn" and 0 in w.shape) or (kernel == "plain" and w.shape[2] == 0))


def filters_refused_anywhere(case: Case) -> bool:
    """Filters that are refused whoever convolves float32."""
    return refused_filters(case) and refused_filters(case, ())


def filters_refused_by_onednn(case: Case) -> bool:
    """Filters that only oneDNN refuses."""
    return refused_filters(case) and not refused_filters(case, ())


def _no_filter(case: Case, onednn: Container[str]) -> bool:
    x, w = case.tensors[:2]
    kernel = conv_kernel(x.dtype, case.attributes, False, onednn)
    return (kernel == "onednn" and 0 in w.shape) or (kernel == "plain" and w.shape[2] == 0)


def no_filter_anywhere(case: Case) -> bool:
    """conv2d, forwards, of filters without elements, whoever convolves float32."""
    return _no_filter(case, ONE_DNN) and _no_filter(case, ())


def no_filter_for_onednn(case: Case) -> bool:
    """The same where only oneDNN refuses."""
    return _no_filter(case, ONE_DNN) and not _no_filter(case, ())


def refused_transposed_filters(case: Case, onednn: Container[str] = ONE_DNN) -> bool:
    """conv2d_transpose: the kernel that is not oneDNN's wants filters with output channels."""
    (x, w), how = case.tensors[:2], case.attributes
    kernel = conv_kernel(x.dtype, how, True, onednn)
    one_dnn = kernel == "onednn" and (isinstance(how["padding"], str) or padded_outside(x.dtype, how))
    return kernel != "composed" and not one_dnn and w.shape[2] == 0 and 0 not in x.shape


def transposed_refused_without_onednn(case: Case) -> bool:
    """The same for filters that oneDNN takes where it is used."""
    return refused_transposed_filters(case, ()) and not refused_transposed_filters(case)


def refused_by_xla(case: Case) -> bool:
    """Gradients of convolutions: XLA wants filters with input channels, and no "SAME" around nothing.

    Tried out with 162 empty geometries of five ops: it refused all that this covers, and no other.
    """
    (x, w), how = case.tensors[:2], attributes_of(case)
    image = how.get("output_shape", x.shape)
    around = how["padding"] == "SAME" and any(image[axis] == 0 for axis in spatial_axes(how["layout"]))
    return dtypes.is_float(x.dtype) and x.shape[0] > 0 and (w.shape[2] == 0 or around)


def refused_argmax(case: Case) -> bool:
    """An empty input for tf.nn.max_pool_with_argmax, which does neither dilation nor explicit padding."""
    how = case.attributes
    return 0 in case.tensors[0].shape and isinstance(how["padding"], str) and max(how["dilation"]) == 1


def refused_average(case: Case) -> bool:
    """The gradient of an average of no channels, in NHWC and where the kernel is oneDNN's."""
    x, how = case.tensors[0], attributes_of(case)
    gathered = not how["count_padding"] and not isinstance(how["padding"], str)
    return x.dtype == "float32" and how["layout"] == "NHWC" and x.shape[3] == 0 and x.shape[0] > 0 and not gathered
