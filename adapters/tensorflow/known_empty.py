"""What TensorFlow is known to do with tensors without elements. Free of TensorFlow: the parent imports this."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from opassay.adapters.geometry import channel_axis, channels_last, output_extent, pad_amounts, spatial_axes
from opassay.adapters.kernels.predicates import attributes_of
from opassay.adapters.onednn import ONE_DNN, WITH_ONE_DNN, WITHOUT_ONE_DNN
from opassay.adapters.tensorflow.kernel_table import has_conv
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact


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

    The gradient of conv2d's gradient for the cotangent is conv2d again; that of the transpose is it of its cotangent.
    """
    (x, w), how, backward = case.tensors[:2], attributes_of(case), case.aspect == "gradient"
    if case.op == "conv2d" and backward:
        return False
    shape = how.get("output_shape", x.shape)
    answer = x.shape if "output_shape" in how else conv_output(x.shape, w.shape, how)
    if conv_kernel(x.dtype, how, backward) != "onednn" or 0 in w.shape or 0 not in answer:
        return False
    shape = _outside(shape, how) if backward and padded_outside(x.dtype, how) else shape
    return tuple(shape) != tuple(answer)


def _refused(case: Case, onednn: Container[str]) -> bool:
    """Filters of no elements: forwards, in gradients of conv2d, and in the transpose."""
    (x, w), how, forward = case.tensors[:2], attributes_of(case), case.aspect != "gradient"
    if case.op == "conv2d_transpose" and forward:
        return _refused_transposed(case, onednn)
    kernel = conv_kernel(x.dtype, how, not (forward and case.op == "conv2d"), onednn)
    some = x.shape[0] > 0 or (forward and case.op == "conv2d")
    return some and ((kernel == "onednn" and 0 in w.shape) or (kernel == "plain" and w.shape[2] == 0))


def _refused_transposed(case: Case, onednn: Container[str]) -> bool:
    """The kernel that is not oneDNN's wants filters with output channels."""
    (x, w), how = case.tensors[:2], case.attributes
    kernel = conv_kernel(x.dtype, how, True, onednn)
    one_dnn = kernel == "onednn" and (isinstance(how["padding"], str) or padded_outside(x.dtype, how))
    return kernel != "composed" and not one_dnn and w.shape[2] == 0 and 0 not in x.shape


def refused_filters(case: Case) -> bool:
    """Where oneDNN convolves what it can."""
    return _refused(case, ONE_DNN)


def refused_without_onednn(case: Case) -> bool:
    """Where it convolves nothing."""
    return _refused(case, ())


def _own(refused: Callable[[Case], bool]) -> Callable[[Case], bool]:
    """Of what asks for conv2d's gradient, no product that a graph may leave out."""
    return lambda case: refused(case) and (case.op != "conv2d" or case.aspect != "gradient")


def _anywhere(case: Case) -> bool:
    return refused_filters(case) and refused_without_onednn(case)


def refused_by_xla(case: Case) -> bool:
    """Forwards, filters without elements; in gradients, without input channels, or with "SAME" around nothing.

    Tried out with 162 empty geometries of five ops: it refused all that this covers, and no other.
    """
    (x, w), how = case.tensors[:2], attributes_of(case)
    if case.aspect != "gradient" and case.op in ("conv2d", "conv2d_transpose"):
        return case.op == "conv2d" and 0 in w.shape
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


def _pooled_without_channels(case: Case) -> bool:
    """No channels, and tf.nn has the pool itself: with SAME its shape function divides instead."""
    how = case.attributes
    own = max(how["dilation"]) == 1 or max(how["stride"]) == 1
    return case.tensors[0].shape[channel_axis(how["layout"])] == 0 and how["padding"] != "SAME" and own


def _no_image(case: Case) -> bool:
    return any(case.tensors[0].shape[axis] == 0 for axis in spatial_axes(attributes_of(case)["layout"]))


def _listed(case: Case) -> bool:
    """One index vector, or an empty shape; of a gradient, with indices."""
    shape = case.tensors[0].shape
    listed = len(shape) == 1 or 0 in attributes_of(case)["shape"]
    return listed and (case.aspect != "gradient" or 0 not in shape)


def _listed_in_graph(case: Case) -> bool:
    """A graph leaves out a scatter whose gradient does not need it, and asks its shape function all the same."""
    nowhere = 0 in attributes_of(case)["shape"]
    return _listed(case) and (nowhere or (case.aspect == "gradient" and not case.tensors[1].shape))


def _listed_by_kernels(case: Case) -> bool:
    left_out = case.op == "scatter_nd" and case.aspect == "gradient"
    return _listed_in_graph(case) if left_out else _listed(case)


_SEEN = "tensorflow 2.21.0, CPU"
_CPU = ("eager", "function", "dynamic")
_BOTH = ("value", "gradient")
_FILTERS = "refuses a filter without elements, whose answer and gradients are zeros or empty"
_SCATTER = "takes one index vector for a list of scalar indices, and refuses indices into an empty shape"
_CONVOLUTIONS = ("convolves", "conv2d_vjp", "conv2d_transpose_vjp")
_FORWARDS = ("conv2d", "conv2d_input_gradient_law")
"""Where a graph may leave the forward product out, and looks before at known extents alone."""


def _rejects(name: str, reason: str, ops: tuple[str, ...], when: Callable[[Case], bool], **more: Any) -> Fact:
    told = {"aspects": _BOTH, "verdicts": ("rejects",), "versions": _SEEN} | more
    return Fact(f"tensorflow-{name}", "upstream", reason, ops=ops, when=when, **told)


EMPTY = (
    _rejects("no-filters", _FILTERS, _CONVOLUTIONS, _own(refused_filters), modes=_CPU, needs=WITH_ONE_DNN),
    _rejects(
        "no-filters-plain", _FILTERS, _CONVOLUTIONS, _own(refused_without_onednn), modes=_CPU, needs=WITHOUT_ONE_DNN
    ),
    _rejects("no-filters-forwards", _FILTERS, _FORWARDS, _anywhere, modes=("eager", "function")),
    _rejects("no-filters-eager", _FILTERS, _FORWARDS, refused_filters, modes=("eager",), needs=WITH_ONE_DNN),
    _rejects(
        "no-filters-xla",
        "XLA refuses filters without elements, and in gradients an image without any",
        (*_CONVOLUTIONS, "conv2d_input_gradient_law"),
        refused_by_xla,
        modes=("xla",),
    ),
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
        ops=_CONVOLUTIONS,
        aspects=_BOTH,
        verdicts=("shape",),
        when=shaped_as_input,
        modes=_CPU,
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
    _rejects(
        "empty-argmax",
        "refuses an empty input, whose answer is empty",
        ("max_pool2d_with_argmax",),
        refused_argmax,
        modes=_CPU,
    ),
    _rejects(
        "no-channels-average",
        "refuses an extent of 0 whose gradients are well defined",
        ("avg_pool2d", "avg_pool2d_vjp"),
        refused_average,
        aspects=("gradient",),
        modes=_CPU,
        needs=WITH_ONE_DNN,
    ),
    *(
        _rejects(
            f"no-channels-{aspect}",
            "MaxPool's shape function takes 1 off the channels as well, and refuses 0, which the kernel accepts",
            ("max_pool2d",),
            _pooled_without_channels,
            aspects=(aspect,),
            modes=modes,
            url="https://github.com/tensorflow/tensorflow/issues/105647",
            title="XLA compilation error: MaxPooling2D triggers ValueError under empty channel dimension input",
        )
        for aspect, modes in (("shape", ("eager",)), ("value", ("function", "xla")))
    ),
    _rejects("index-list", _SCATTER, ("scatter_nd", "scatter_nd_vjp"), _listed_by_kernels, modes=_CPU),
    _rejects("index-list-xla", _SCATTER, ("scatter_nd", "scatter_nd_vjp"), _listed_in_graph, modes=("xla",)),
    _rejects("index-list-eager", _SCATTER, ("scatter_nd",), _listed, aspects=("gradient",), modes=("eager",)),
)
