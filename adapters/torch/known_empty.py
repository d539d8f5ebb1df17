"""Which cases with an extent of 0 torch refuses. Free of torch: the parent imports this."""

from __future__ import annotations

from opassay.adapters.geometry import output_extent, pad_amounts, spatial_axes
from opassay.adapters.known_predicates import attributes_of
from opassay.adapters.torch.windows import expressible, inner_padding, own_padding, pads_of, transposed
from opassay.harness.model.case import Case

NO_FILTERS_URL = "https://github.com/pytorch/pytorch/issues/142466"
NO_FILTERS_TITLE = "[Device] `ConvTranspose` bahaves differently on CPU and CUDA when `out_channels=0`"
_REPEATED = ("int8", "int32", "int64")
"""Dtypes that ``F.interpolate`` lacks, so that repeats stand in for it."""


def no_extent_but_batch(case: Case) -> bool:
    """torch allows an empty batch, and says so; any other axis must have elements."""
    return 0 in case.tensors[0].shape[1:]


def refused_max_pool(case: Case) -> bool:
    """An empty image for torch's own pool; what it cannot pad is a stack of slices, which may be empty."""
    return no_extent_but_batch(case) and own_pool(case, attributes_of(case)["dilation"])


def refused_avg_pool(case: Case) -> bool:
    """The same for averages; where torch cannot pad, padding from outside may leave no axis empty but the channels."""
    how, shape = attributes_of(case), case.tensors[0].shape
    channels = shape[3 if how["layout"] == "NHWC" else 1]
    return no_extent_but_batch(case) and (channels == 0 or own_pool(case, (1, 1)))


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
    return no_extent_but_batch(case) and case.tensors[0].dtype not in _REPEATED


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
    """conv2d or its gradients: no image, or filters without channels on either side, for some batch."""
    x, w = case.tensors[:2]
    return x.shape[0] > 0 and (0 in w.shape or refused_image(case))


def refused_transpose(case: Case) -> bool:
    x = case.tensors[0].shape
    return x[0] > 0 and 0 in x


def refused_transpose_gradient(case: Case) -> bool:
    """conv2d_transpose and its gradients: no image, or filters without channels on either side."""
    x, w = case.tensors[:2]
    return x.shape[0] > 0 and (0 in x.shape or 0 in w.shape)


def no_filters_compiled(case: Case) -> bool:
    """Filters without output channels, compiled: where what is refused is the very answer, it is never computed."""
    x, w = (tensor.shape for tensor in case.tensors)
    how = case.attributes
    if 0 not in w or 0 in x:
        return False
    axes = spatial_axes(how["layout"])
    extents, rows = ([shape[axis] for axis in axes] for shape in (how["output_shape"], x))
    crop = transposed(extents, w[:2], rows, how["stride"], how["padding"], how["dilation"])
    return how["layout"] != "NCHW" or any(first is not None for first in crop.first)


def dense_filters_of_no_batch(case: Case) -> bool:
    """No image at all, and filters in whose gradient channels first and channels last have other strides."""
    x, w = case.tensors[:2]
    kh, kw, first, second = w.shape
    return x.shape[0] == 0 and kh * kw > 1 and first > 1 and second > 1 and w.memory.kind != "sliced"
