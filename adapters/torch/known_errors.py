"""What torch is known to make of invalid input. Free of torch: the parent imports this."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from opassay.adapters.cuda import ON_CPU
from opassay.adapters.geometry import channel_axis, effective, pad_amounts, spatial_axes
from opassay.adapters.known_predicates import breaks, by_rule, read_pins
from opassay.adapters.known_undilated import unlooked_dilation
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case

_PINS = read_pins(str(Path(__file__).parent))
_known = by_rule(_PINS, "torch", "torch 2.13.0, CPU")
_UNBATCHED = "an input of rank 3 is one image without a batch axis"
_DOCS = "https://docs.pytorch.org/docs/stable/generated/"


def _no_images(case: Case) -> bool:
    tensor = case.tensors[0]
    return case.aspect == "shape" and tensor.shape[0] == 0 and dtypes.is_float(tensor.dtype)


def _reached_by_dilation(case: Case) -> bool:
    """Rows that no window reaches, yet fewer than the dilation: what torch's output_padding may be."""
    if case.rule != "OutputTooLarge":
        return False
    attributes, kernel = case.attributes, case.tensors[1].shape[:2]
    axes = spatial_axes(attributes["layout"])
    extents, rows = ([shape[a] for a in axes] for shape in (attributes["output_shape"], case.tensors[0].shape))
    stride, dilation = attributes["stride"], attributes["dilation"]
    pads = pad_amounts(extents, kernel, stride, dilation, attributes["padding"])
    extra = [
        n + sum(pad) - effective(k, d) - (r - 1) * s
        for n, pad, k, d, r, s in zip(extents, pads, kernel, dilation, rows, stride, strict=True)
    ]
    return all(e < max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True))


def _one_image(case: Case) -> bool:
    """One image without its batch axis, reshaped to a batch of one, as torch answers it."""
    return case.rule == "RankThree" and case.attributes["output_shape"][0] == 1


def _lands_elsewhere(case: Case) -> bool:
    """All planes lie one after the other, and every index reaches one of them."""
    if case.rule not in ("IndexOutOfRange", "IndexNegative"):
        return False
    layout, shape = case.attributes["layout"], case.attributes["output_shape"]
    channels = shape[channel_axis(layout)]
    size = math.prod(shape[axis] for axis in spatial_axes(layout))
    indices = np.moveaxis(case.tensors[1].materialize(), channel_axis(layout), 1)
    planes = np.arange(indices.shape[0] * channels).reshape(-1, channels, 1, 1)
    flat = planes * size + indices // channels
    return bool((np.abs(2 * flat + 1) < 2 * planes.size * size).all())


ERRORS = (
    _known(
        "conv2d",
        "unbatched",
        "accepts",
        breaks("RankThree"),
        "by design",
        "conv2d takes an unbatched input of rank 3",
        url=_DOCS + "torch.nn.Conv2d.html",
        title="Conv2d",
    ),
    _known(
        "matmul",
        "rank-one",
        "accepts",
        breaks("RankOne"),
        "by design",
        "matmul takes vectors",
        url=_DOCS + "torch.matmul.html",
        title="torch.matmul",
    ),
    _known(
        "scatter_nd", "negative", "accepts", breaks("IndexNegative"), "by design", "index_put wraps negative indices"
    ),
    _known(
        "max_unpool2d",
        "channel",
        "accepts",
        breaks("IndexWrongChannel"),
        "by design",
        "its indices count within one plane, so the channel cannot be wrong",
    ),
    _known(
        "max_unpool2d",
        "index-compiled",
        "accepts",
        _lands_elsewhere,
        "upstream",
        "Inductor writes to a flat array, where an index out of its plane reaches another one, as a negative one does",
        modes=("compile",),
    ),
    _known(
        "conv2d_transpose",
        "output-padding",
        "accepts",
        _reached_by_dilation,
        "by design",
        "output_padding may be anything below the stride or the dilation",
    ),
    _known(
        "conv2d_transpose",
        "dilation-zero",
        "accepts",
        unlooked_dilation,
        "upstream",
        "a batch may go to oneDNN, which does not look at the dilation of a single row or column",
        url="https://github.com/pytorch/pytorch/issues/127732",
        title="torch.nn.ConvTranspose2d lacks a check for the parameter dilation in the model building process",
        needs=ON_CPU,
    ),
    _known("avg_pool2d", "unbatched", "accepts", breaks("RankThree"), "by design", _UNBATCHED),
    *(
        _known(
            op,
            "unbatched",
            "accepts",
            breaks("RankThree"),
            "by design",
            _UNBATCHED,
            url=_DOCS + "torch.nn.functional.max_pool2d.html",
            title="torch.nn.functional.max_pool2d",
        )
        for op in ("max_pool2d", "max_pool2d_with_argmax")
    ),
    _known(
        "avg_unpool2d",
        "rank-three",
        "accepts",
        lambda case: case.rule == "RankThree" and not dtypes.is_float(case.tensors[0].dtype),
        "by design",
        "composed of repeats for integers, which interpolate refuses",
    ),
    _known(
        "conv2d",
        "wide-padding",
        "accepts",
        breaks("PadNotSmallerThanWindow"),
        "by design",
        "padding may have any amount",
    ),
    _known(
        "avg_unpool2d",
        "inferred-bool",
        "rejects",
        _no_images,
        "upstream",
        "interpolate on the meta device raises 'cond must be a bool' for a batch of 0",
        url="https://github.com/pytorch/pytorch/pull/195376",
        title="Give the nearest-upsample meta checks a boolean predicate",
    ),
    _known(
        "conv2d_transpose",
        "unbatched",
        "accepts",
        _one_image,
        "by design",
        _UNBATCHED,
        url=_DOCS + "torch.nn.ConvTranspose2d.html",
        title="ConvTranspose2d",
    ),
)
