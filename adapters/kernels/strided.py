"""Where oneDNN's filter gradient of a strided 1x1 convolution writes beyond its workspace. NumPy only.

TensorFlow passes its convolutions to oneDNN, which first copies the image without the rows and columns that a stride
skips. The copy is laid out in full blocks of channels, for which its memory is too small.
Source: https://github.com/uxlfoundation/oneDNN/issues/6035
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opassay.adapters.geometry import output_extent, pad_amounts, spatial_axes
from opassay.adapters.kernels.predicates import of_images
from opassay.harness.model.case import Case

URL = "https://github.com/uxlfoundation/oneDNN/issues/6035"
TITLE = "1x1 convolution backward_weights writes past the rtus workspace (nhwc, IC < ic_block)"
REASON = "oneDNN's gradient of a strided 1x1 filter writes beyond its workspace, which ends the process or a later case"
CHANCE = "what lies behind the workspace in memory"
OPS = (
    ("conv2d", "gradient"),
    ("conv2d_transpose", "gradient"),
    ("conv2d_vjp", "gradient"),
    ("conv2d_transpose_vjp", "gradient"),
    ("conv2d_input_gradient_law", "value"),
    ("conv_relu_pool", "gradient"),
    ("conv_autoencoder_step", "gradient"),
    ("deconvnet", "gradient"),
)
"""Ops and aspects that compute a filter's gradient."""

_BLOCK = 16
"""Channels of an AVX-512 register."""

_ROOM = 17
"""Output positions up to which no failure was observed: the memory size is rounded up."""


def overruns(case: Case) -> bool:
    """Whether some convolution of the case meets the conditions.

    float32, a 1x1 filter in a single group that strides over positions and leaves none at the end, no padding, fewer
    channels than a block. Whether the process crashes depends on the memory behind: such a case can pass.
    """
    return case.tensors[0].dtype == "float32" and any(_overruns(*found) for found in convolutions(case))


def _overruns(image: Sequence[int], kernel: Sequence[int], how: Mapping[str, Any]) -> bool:
    rows, columns = spatial_axes(how["layout"])
    extents, channels = (image[rows], image[columns]), image[6 - rows - columns]
    if tuple(kernel[:2]) != (1, 1) or how["groups"] != 1 or not 0 < channels < _BLOCK:
        return False
    pads = pad_amounts(extents, (1, 1), how["stride"], how["dilation"], how["padding"])
    made = [output_extent(n, 1, s, 1) for n, s in zip(extents, how["stride"], strict=True)]
    whole = all(m * s == n for m, s, n in zip(made, how["stride"], extents, strict=True))
    steps = max(how["stride"]) > 1 and not any(amount for pair in pads for amount in pair)
    return steps and whole and made[0] * made[1] > _ROOM


def convolutions(case: Case) -> Iterator[tuple[Sequence[int], Sequence[int], Mapping[str, Any]]]:
    """The shapes of image and filter of each image convolution, in either direction, and its attributes."""
    if not of_images(case):
        return
    if "stages" not in case.attributes:
        yield _image(case.attributes, case.tensors[0].shape), case.tensors[1].shape, case.attributes
        return
    shapes = {name: tensor.shape for name, tensor in zip(case.attributes["inputs"], case.tensors, strict=True)}
    for stage in case.attributes["stages"]:
        how, taken = stage.get("attributes", {}), stage["inputs"]
        if stage["op"] in ("conv2d", "conv2d_transpose") and taken[1] in shapes:
            image = _image(how, shapes.get(taken[0], ()))
            if image:
                yield image, shapes[taken[1]], how
        # A probe has the shape of the value that it is added to.
        known = next((shapes[name] for name in taken if name in shapes), None)
        if known is not None and stage["op"] in ("add", "relu"):
            shapes.update(dict.fromkeys((*taken, *stage["outputs"]), known))


def _image(how: Mapping[str, Any], taken: Sequence[int]) -> Sequence[int]:
    return how.get("output_shape", taken)
