"""Pins of windows in which confusing two things changes values only, not shapes.

Extents, strides and channels are chosen so that exchanged strides, the other layout or no padding give answers of the
same shape, which a drawn geometry has only by chance. The same holds for non-finite values in one of several groups,
a stride larger than the window, and answers beyond 65,535 elements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from opassay.cases.pins import AS_DEFINED
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.op import Pin

Shape = tuple[int, ...]
NHWC: Mapping[str, Any] = {"stride": (2, 2), "padding": "VALID", "layout": "NHWC"}


@dataclass(frozen=True)
class Windows:
    """An image ``x``, the answer ``y`` of windows over it, and the filters ``w`` of a convolution."""

    name: str
    x: Shape
    y: Shape
    w: Shape
    attributes: Mapping[str, Any] = field(default_factory=dict)
    groups: int = 1
    dtype: str = "float32"
    fill: str = "iota"
    limits: tuple[int, ...] = ()

    @property
    def common(self) -> dict[str, Any]:
        return {**NHWC, **self.attributes}

    def tensor(self, shape: Shape, key: int) -> Tensor:
        return Tensor(shape, self.dtype, Fill(self.fill, key, limits=self.limits))

    def convolution(self, aspect: str) -> Pin:
        return self._conv("conv2d", self.x, self.y, aspect, {})

    def transpose(self, aspect: str) -> Pin:
        return self._conv("conv2d_transpose", self.y, self.x, aspect, {"output_shape": self.x})

    def _conv(self, op: str, image: Shape, answer: Shape, aspect: str, own: Mapping[str, Any]) -> Pin:
        tensors = (self.tensor(image, 1), Tensor(self.w, self.dtype, Fill("ints", 2)))
        attributes = {"dilation": (1, 1), **self.common, "groups": self.groups, **own}
        return self._pin(op, tensors, attributes, aspect, (self.tensor(answer, 3),))

    def pool(self, op: str, aspect: str, **own: Any) -> Pin:
        """``w`` is the window's extents; channels are those of the image."""
        outputs = (self.tensor((*self.y[:3], self.x[3]), 3), *((None,) if op.endswith("argmax") else ()))
        attributes = {**self.common, "window": self.w[:2], **own}
        return self._pin(op, (self.tensor(self.x, 1),), attributes, aspect, outputs)

    def _pin(
        self,
        op: str,
        tensors: Sequence[Tensor],
        attributes: Mapping[str, Any],
        aspect: str,
        cotangents: Sequence[Tensor | None],
    ) -> Pin:
        case = Case(op, tuple(tensors), attributes)
        if aspect == "gradient":
            case = replace(case, aspect=aspect, cotangents=tuple(cotangents))
        return Pin(self.name, case, (), AS_DEFINED)


STRIDES = Windows("strides_or_layout_alike", (2, 6, 6, 6), (2, 2, 2, 2), (3, 3, 3, 2), {"stride": (2, 3)}, groups=2)
PADDING = Windows("padding_adds_no_window", (1, 7, 7, 2), (1, 3, 3, 3), (3, 3, 2, 3), {"padding": ((1, 0), (0, 1))})
GROUPS = Windows(
    "one_group_is_not_finite",
    (1, 3, 3, 2),
    (1, 2, 2, 2),
    (2, 2, 1, 2),
    {"stride": (1, 1)},
    groups=2,
    fill="special",
    limits=(0, 0),
)
CROPPED = Windows("stride_beyond_window", (1, 6, 6, 2), (1, 2, 2, 2), (1, 1), {"stride": (3, 3), "padding": "SAME"})
HOLES = Windows(
    "holes_leave_extents",
    (1, 7, 7, 2),
    (1, 2, 2, 3),
    (2, 2, 2, 3),
    {"stride": (3, 3), "dilation": (2, 2)},
    dtype="int32",
)
LARGE = Windows("beyond_65535", (1, 257, 257, 1), (1, 257, 257, 1), (1, 1, 1, 1), {"stride": (1, 1)})

BOTH = ("value", "gradient")
CONV2D = (
    *(case.convolution("gradient") for case in (STRIDES, PADDING)),
    *(GROUPS.convolution(aspect) for aspect in BOTH),
    *(case.convolution("value") for case in (HOLES, LARGE)),
)
CONV2D_TRANSPOSE = tuple(case.transpose(aspect) for case in (STRIDES, PADDING, GROUPS) for aspect in BOTH)


def _pools(op: str, **own: Any) -> tuple[Pin, ...]:
    gradients = tuple(case.pool(op, "gradient", **own) for case in (STRIDES, PADDING))
    return (*gradients, *(case.pool(op, "value", **own) for case in (CROPPED, LARGE)))


MAX_POOL2D = _pools("max_pool2d", dilation=(1, 1))
MAX_POOL2D_WITH_ARGMAX = _pools("max_pool2d_with_argmax", dilation=(1, 1))
AVG_POOL2D = _pools("avg_pool2d", count_padding=False)
