"""Known differences of torch on invalid input. Does not import torch: the parent process imports this."""

from __future__ import annotations

from opassay.adapters.cuda import ON_CPU
from opassay.adapters.facts import accepted
from opassay.adapters.geometry import effective, pad_amounts, spatial_axes
from opassay.adapters.kernels.undilated import unlooked_dilation
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case

_SEEN = "torch 2.13.0, CPU"
_DOCS = "https://docs.pytorch.org/docs/stable/generated/torch."


def _reached_by_dilation(case: Case) -> bool:
    """Rows that no window reaches, but fewer than the dilation: valid values of torch's output_padding."""
    attributes, kernel = case.attributes, case.tensors[1].shape[:-2]
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
    """One image without its batch axis, reshaped to a batch of one, as in torch's answer."""
    return bool(case.attributes["output_shape"][0] == 1)


def _holds_nothing(case: Case) -> bool:
    return any(tensor.shape == (0,) for tensor in case.tensors)


def _of_integers(case: Case) -> bool:
    """Layouts with channels first have one axis too many."""
    return not dtypes.is_float(case.tensors[0].dtype) and case.attributes["layout"] == "NHWC"


_TRANSPOSES = "conv2d_transpose conv_transpose1d conv_transpose3d"
_DEFINED = (
    (
        "unbatched",
        _TRANSPOSES,
        "RankThree",
        "an input that lacks an axis is one image without a batch axis",
        {"url": _DOCS + "nn.ConvTranspose2d.html", "title": "ConvTranspose2d", "when": _one_image},
    ),
    (
        "repeated",
        "avg_unpool2d",
        "RankThree",
        "composed of repeats for integers, which interpolate refuses",
        {"when": _of_integers},
    ),
    (
        "unbatched",
        "depth_to_space space_to_depth",
        "RankThree",
        "an input of rank 3 is one image without a batch axis",
        {"url": _DOCS + "nn.PixelShuffle.html", "title": "PixelShuffle"},
    ),
    (
        "skipped",
        "concat",
        "ShapeMismatch",
        "a tensor of the shape (0,) is passed over",
        {"url": _DOCS + "cat.html", "title": "torch.cat", "when": _holds_nothing},
    ),
    (
        "longer-updates",
        "scatter_elements scatter_reduce",
        "UpdatesShape",
        "updates may be longer than the indices",
        {"url": _DOCS.replace("torch.", "torch.Tensor.scatter_.html"), "title": "torch.Tensor.scatter_"},
    ),
    (
        "in-plane",
        "max_unpool2d",
        "IndexWrongChannel",
        "its indices count within one plane, so the channel cannot be wrong",
        {},
    ),
    (
        "output-padding",
        _TRANSPOSES,
        "OutputTooLarge",
        "output_padding may be anything below the stride or the dilation",
        {"when": _reached_by_dilation},
    ),
)
"""Each: a name, ops or traits, the rule of invalid input that may be broken, the reason, and other fields."""

ERRORS = (
    *(
        fact
        for word, ops, rule, reason, more in _DEFINED
        for fact in accepted(f"torch-{word}", "by design", reason, {ops: (rule,)}, versions=_SEEN, **more)
    ),
    *accepted(
        "torch-undilated",
        "upstream",
        "a batch may go to oneDNN, which does not look at the dilation of a single row or column",
        {"conv2d_transpose": ("DilationZero",)},
        when=unlooked_dilation,
        versions=_SEEN,
        url="https://github.com/pytorch/pytorch/issues/127732",
        title="torch.nn.ConvTranspose2d lacks a check for the parameter dilation in the model building process",
        needs=ON_CPU,
    ),
)
