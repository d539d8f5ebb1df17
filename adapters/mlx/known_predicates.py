"""What MLX's lists of known differences share. Does not import MLX."""

from __future__ import annotations

from opassay.adapters.geometry import effective, pad_amounts, spatial_axes
from opassay.adapters.kernels.predicates import attributes_of
from opassay.adapters.kernels.values import empty_anywhere
from opassay.adapters.transposed import place
from opassay.harness.model.case import Case

SEEN = "mlx 0.32.4, CPU"
_INT32 = 2**31


def wide(case: Case) -> bool:
    """A stride or a dilation takes more than 32 bits."""
    asked = attributes_of(case)
    return max((*asked.get("stride", ()), *asked.get("dilation", ())), default=0) >= _INT32


def widest(case: Case) -> bool:
    """A stride is the largest number of 32 bits, beside dilation, or in a transposed convolution groups."""
    asked = attributes_of(case)
    general = max(asked["dilation"]) > 1 if case.op == "conv2d" else asked["groups"] > 1
    return general and max(asked["stride"]) == _INT32 - 1


def dilated_float64(case: Case) -> bool:
    return case.tensors[0].dtype == "float64" and max(attributes_of(case)["dilation"]) > 1


def steep(case: Case) -> bool:
    return float(attributes_of(case)["slope"]) > 1


def cropped(case: Case) -> bool:
    """A transposed convolution has more padding than its window reaches beyond the image, which a stride separates."""
    return any(beyond and s > 1 for beyond, s in zip(_beyond(case), case.attributes["stride"], strict=False))


def padded(case: Case) -> bool:
    """Nothing of a transposed convolution's image is left out."""
    return not any(_beyond(case))


def _beyond(case: Case) -> list[bool]:
    found, asked, kernel = _placed(case), case.attributes, case.tensors[1].shape
    return [
        max(low, high - more) >= effective(k, d)
        for k, d, (low, high), more in zip(kernel, asked["dilation"], *(found or ((), ())), strict=False)
    ]


def beyond_windows(case: Case) -> bool:
    """A transposed convolution has more rows or columns that no window reaches than padding at the end."""
    found = _placed(case)
    if found is None or cropped(case) or empty_anywhere(case):
        return False
    return any(more > high for (_, high), more in zip(*found, strict=True))


def _placed(case: Case) -> tuple[tuple[tuple[int, int], ...], list[int]] | None:
    x, w, asked = case.tensors[0].shape, case.tensors[1].shape, case.attributes
    given = (asked["output_shape"], asked["stride"], asked["padding"], asked["dilation"], asked["layout"])
    return place(x, w, *given)


def window_of_nothing(case: Case) -> bool:
    """A window is larger than the padded image, but not by more than a step; of a convolution, only by its holes."""
    asked, pool = case.attributes, "window" in case.attributes
    window = asked["window"] if pool else case.tensors[1].shape[:2]
    dilation = (1, 1) if pool else asked["dilation"]
    extents = [case.tensors[0].shape[axis] for axis in spatial_axes(asked["layout"])]
    pads = pad_amounts(extents, window, asked["stride"], dilation, asked["padding"])
    return all(
        n + low + high - effective(k, d) >= (-s if pool else 1 - s) and (pool or n + low + high >= k)
        for n, k, d, s, (low, high) in zip(extents, window, dilation, asked["stride"], pads, strict=True)
    )


def multiplied(case: Case) -> bool:
    """The dtype of a convolution of mixed dtypes has a kernel."""
    asked = case.attributes
    return "float64" not in {t.dtype for t in case.tensors} or (asked["groups"] == 1 and max(asked["dilation"]) == 1)


def channelless(case: Case) -> bool:
    """A convolution is over no channels; makes none, as one product or in a gradient; or, a gradient of a transposed
    one, is of no images."""
    asked, batch, (*_, ins, outs) = case.attributes, case.tensors[0].shape[0], case.tensors[1].shape
    gradient = case.aspect == "gradient"
    if case.op == "conv2d_transpose":
        return (outs == 0 or (gradient and 0 in (ins, batch))) and not cropped(case)
    plain = asked["groups"] == 1 and max(asked["dilation"]) == 1 and 0 not in case.tensors[0].shape
    return ins == 0 or (outs == 0 and (gradient or plain))


def empty_slices(case: Case) -> bool:
    """Indices point to slices without elements."""
    indices, data, *_ = case.tensors
    return 0 not in indices.shape and 0 in data.shape
