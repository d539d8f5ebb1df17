"""Which cases with an extent of 0 torch refuses. Free of torch: the parent imports this."""

from __future__ import annotations

from opassay.adapters.geometry import output_extent, pad_amounts, spatial_axes
from opassay.adapters.kernels.predicates import attributes_of
from opassay.adapters.torch.windows import expressible, inner_padding, own_padding, pads_of, transposed
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case

_REPEATED = ("int8", "int32", "int64")
"""Dtypes that ``F.interpolate`` lacks, so that repeats stand in for it."""


def _no_extent_but_batch(case: Case) -> bool:
    """torch allows an empty batch, and says so; any other axis must have elements."""
    return 0 in case.tensors[0].shape[1:]


def refused_max_pool(case: Case) -> bool:
    """An empty image for torch's own pool; what it cannot pad is a stack of slices, which may be empty."""
    return _no_extent_but_batch(case) and own_pool(case, attributes_of(case)["dilation"])


def refused_avg_pool(case: Case) -> bool:
    """The same for averages; where torch cannot pad, padding from outside may leave no axis empty but the channels."""
    how, shape = attributes_of(case), case.tensors[0].shape
    channels = shape[3 if how["layout"] == "NHWC" else 1]
    return _no_extent_but_batch(case) and (channels == 0 or own_pool(case, (1, 1)))


def own_pool(case: Case, dilation: tuple[int, int]) -> bool:
    """Whether torch's own kernel does this pool, or refuses it, rather than the adapter's stack of slices."""
    how, shape = attributes_of(case), case.tensors[0].shape
    extents = [shape[axis] for axis in spatial_axes(how["layout"])]
    window, stride = how["window"], how["stride"]
    pads = pads_of(extents, window, stride, how["padding"], dilation)
    # Where no window exists, torch hears the attributes as they are.
    own = not expressible(extents, window, stride, dilation, pads)
    return own or own_padding(extents, window, stride, dilation, pads) is not None


def refused_avg_unpool(case: Case) -> bool:
    return _no_extent_but_batch(case) and case.tensors[0].dtype not in _REPEATED


def refused_image(case: Case) -> bool:
    """conv2d of an image without height or width, unless padding from outside gives it some."""
    how, (x, w) = attributes_of(case), case.tensors[:2]
    extents = [x.shape[axis] for axis in spatial_axes(how["layout"])]
    if x.shape[0] == 0 or 0 not in extents:
        return False
    window, stride, dilation, padding = w.shape[:2], how["stride"], how["dilation"], how["padding"]
    pads = pad_amounts(extents, window, stride, dilation, padding)
    padded = [n + sum(pad) for n, pad in zip(extents, pads, strict=True)]
    fits = all(output_extent(*axis) for axis in zip(padded, window, stride, dilation, strict=True))
    around, _ = inner_padding(extents, window, stride, padding, dilation)
    return around is None or 0 in padded or not fits


def refused_conv_gradient(case: Case) -> bool:
    """Gradients of conv2d: no image, or filters without channels on either side, for some batch."""
    x, w = case.tensors[:2]
    return x.shape[0] > 0 and (0 in w.shape or refused_image(case))


def refused_transpose(case: Case, *, backward: bool) -> bool:
    """conv2d_transpose of no image; its gradients also by filters without channels on either side."""
    x, w = case.tensors[:2]
    return x.shape[0] > 0 and (0 in x.shape or (backward and 0 in w.shape))


def refused_nothing(case: Case) -> bool:
    """An op of pools, convolutions or their reverse, or its gradient, that torch refuses for an extent of 0."""
    op, backward = case.op.removesuffix("_vjp"), case.aspect == "gradient"
    if op == "conv2d_transpose":
        return refused_transpose(case, backward=backward)
    if op == "conv2d" and not backward:
        return refused_image(case) or (case.tensors[1].shape[3] == 0 and 0 not in case.tensors[0].shape)
    if case.op == "avg_unpool2d" and backward:
        return False
    return op in _REFUSED and _REFUSED[op](case)


def refused_nothing_repeated(case: Case) -> bool:
    """The gradient of repeats, which Inductor takes."""
    return refused_avg_unpool(case)


def no_filters(case: Case) -> bool:
    """A transposed convolution by filters without output channels."""
    return 0 in case.tensors[1].shape and 0 not in case.tensors[0].shape


def no_filters_compiled(case: Case) -> bool:
    """The same compiled: where what is refused is the very answer, it is never computed."""
    (x, w), how = (tensor.shape for tensor in case.tensors), case.attributes
    if not no_filters(case):
        return False
    axes = spatial_axes(how["layout"])
    extents, rows = ([shape[axis] for axis in axes] for shape in (how["output_shape"], x))
    crop = transposed(extents, w[:2], rows, how["stride"], how["padding"], how["dilation"])
    return how["layout"] != "NCHW" or any(first is not None for first in crop.first)


def cropped_to_nothing(case: Case) -> bool:
    """By torch's own kernel; oneDNN's, for float32 of more than one small image in one group, gives nothing."""
    shape, (x, w) = case.attributes["output_shape"], case.tensors
    small = x.shape[0] == 1 and case.attributes["groups"] == 1 and min(w.shape[:2]) <= 3 and x.size <= 20480
    nothing = any(shape[axis] == 0 for axis in spatial_axes(case.attributes["layout"])) and 0 not in x.shape
    return nothing and (x.dtype != "float32" or small)


def no_batch_to_infer(case: Case) -> bool:
    """What is interpolated, without an image, where only its shape is asked for."""
    x = case.tensors[0]
    return case.aspect == "shape" and x.shape[0] == 0 and dtypes.is_float(x.dtype)


_REFUSED = {
    "max_pool2d": refused_max_pool,
    "max_pool2d_with_argmax": refused_max_pool,
    "avg_pool2d": refused_avg_pool,
    "avg_unpool2d": refused_avg_unpool,
    "max_unpool2d": _no_extent_but_batch,
    "conv2d": refused_conv_gradient,
    "conv2d_input_gradient_law": refused_conv_gradient,
}
