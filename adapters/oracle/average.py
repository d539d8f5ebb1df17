"""Average pooling."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import numpy as np

from opassay.adapters.oracle.bounded.answers import Define
from opassay.adapters.oracle.bounded.contraction import Sums, contracted
from opassay.adapters.oracle.bounded.real import Real, composed, left_open
from opassay.adapters.oracle.definition import Definition
from opassay.adapters.oracle.geometry import (
    Extents,
    Padding,
    Windows,
    channels_last,
    check_dtypes,
    check_image,
    from_nhwc,
    require,
    shape_in_layout,
    shape_nhwc,
    sliding_windows,
    to_nhwc,
)
from opassay.adapters.oracle.linear import apply, sum_reference
from opassay.harness.model import dtypes
from opassay.harness.model.reference import Reference


def avg_pool2d(
    x: np.ndarray, *, window: Extents, stride: Extents, padding: Padding, count_padding: bool, layout: str
) -> np.ndarray:
    """The mean over each window.

    The sum over the real elements of the window, divided by their number, or by the window's own size
    where ``count_padding`` is true.

    Arguments:
        x: images, ``[N, H, W, C]`` or ``[N, C, H, W]`` as ``layout`` says; float16, bfloat16, float32 or float64
            (integers are not in the contract).
        window, stride, padding, layout: as in ``max_pool2d``, without dilation.
        count_padding: whether padding counts in the divisor (it adds 0 to the sum).

    Returns ``[N, P, Q, C]`` (``[N, C, P, Q]``), P and Q as in ``conv2d``, in float64 (longdouble for float64). A
    window with no real element is undefined; here it gives 0.

    In its gradient every real element of a window gets the cotangent over the divisor of the forward pass.

    Raises ``ContractError`` as ``max_pool2d`` does, for integers, and for a ``count_padding`` that is not a bool.

    Sources: https://www.tensorflow.org/api_docs/python/tf/nn/avg_pool2d (``count_padding=False``);
    https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html (``count_include_pad``)
    """
    given = {"window": window, "stride": stride, "padding": padding, "count_padding": count_padding, "layout": layout}
    return AVG_POOL2D.values(x, **given)[0]


def _bind(
    op: str, axes: int, x: np.ndarray, window: Any, stride: Any, padding: Any, count_padding: Any, layout: str
) -> Define:
    check_dtypes(op, {"x": x}, dtypes.FLOATS)
    check_image(op, "x", x, layout, axes)
    require(isinstance(count_padding, bool), f"{op}: count_padding must be True or False, got {count_padding!r}")
    batch, *extents, channels = shape_nhwc(x.shape, layout)
    windows = sliding_windows(op, extents, window, stride, (1,) * axes, padding)
    pooled = (batch, *windows.outputs, channels)
    return Average(windows, counts(windows, count_padding), layout, x.shape, pooled).forward


def counts(windows: Windows, count_padding: bool) -> np.ndarray:
    """What each window is divided by; at least 1."""
    whole = math.prod(windows.window)
    return np.full(windows.outputs, whole) if count_padding else np.maximum(windows.real_taps(), 1)


def divisors(count: np.ndarray, shape: tuple[int, ...], last: bool) -> np.ndarray:
    """The divisor of each element of an average of ``shape``. ``last``: the axis of the channels."""
    return np.array(np.broadcast_to(count[..., None] if last else count, shape))


class Reach(Protocol):
    """Which elements of an image each mean covers; channels are last, and extra axes precede those of the image."""

    @property
    def axes(self) -> int: ...

    @property
    def outputs(self) -> Extents: ...

    def real_taps(self) -> np.ndarray: ...

    def gathered(self, x: np.ndarray) -> np.ndarray: ...

    def spread(self, dy: np.ndarray) -> np.ndarray: ...

    def least(self, units: np.ndarray) -> np.ndarray: ...


@dataclass(eq=False)
class Average:
    """A sum pool followed by a division; its gradient is a division followed by the sum over the windows of each
    element.

    ``count``: the divisor of each window; ``image``: the input's shape; ``pooled``: the answer's, in NHWC. The judge
    gets the magnitude and the number of terms of the sum: those of the average as one sum would not bound the
    additions.
    """

    windows: Reach
    count: np.ndarray
    layout: str
    image: tuple[int, ...]
    pooled: tuple[int, ...]

    def forward(self, x: Real) -> Real:
        def make() -> Real:
            divided = contracted(self._form, 1, x) / self._divisors(x)
            return left_open(divided, self._terms(x.value) == 0)

        told = lambda name, dtype: self._told(name, dtype, x.value)  # noqa: E731
        return composed(make, x, lambda g, _: (self.backward(g),), self._answer, told)

    def backward(self, g: Real) -> Real:
        make = lambda: contracted(self._form, 0, g / self._divisors(g))  # noqa: E731
        told = lambda name, dtype: self._told_back(name, dtype, g.value)  # noqa: E731
        return composed(make, g, lambda h, _: (self.forward(h),), self.image, told)

    @property
    def _answer(self) -> tuple[int, ...]:
        return shape_in_layout(self.pooled, self.layout)

    def _form(self, to: int) -> Sums:
        return Sums(self._summed, self._answer, at_once=True) if to else Sums(self._sent, self.image)

    def _divisors(self, like: Real) -> Real:
        found = divisors(self.count, self._answer, channels_last(self.layout))
        return Real(found.astype(like.value.dtype))

    def _told(self, name: str, dtype: str, x: np.ndarray) -> Reference:
        terms = self._terms(x)
        total = sum_reference(name, dtype, self._summed, (x,), lambda: terms, at_once=True)
        divisor = divisors(self.count, total.exact.shape, channels_last(self.layout))
        empty = terms == 0
        exact = apply(np.divide, (total.exact, divisor))
        return replace(total, exact=exact, divisor=divisor, free=empty if empty.any() else None)

    def _terms(self, x: np.ndarray) -> np.ndarray:
        shape = to_nhwc(x, self.layout).shape
        real = self.windows.real_taps()[..., np.newaxis]
        before = shape[: -self.windows.axes - 1]
        return from_nhwc(np.broadcast_to(real, (*before, *self.windows.outputs, shape[-1])), self.layout)

    def _summed(self, x: np.ndarray) -> np.ndarray:
        return from_nhwc(self.windows.gathered(to_nhwc(x, self.layout)), self.layout)

    def _told_back(self, name: str, dtype: str, dy: np.ndarray) -> Reference:
        count = divisors(self.count, self.pooled, True)
        spread = lambda dy: self._sent(from_nhwc(to_nhwc(dy, self.layout) / count, self.layout))  # noqa: E731
        terms = lambda: self._sent(np.ones(self._answer)).astype(np.int64)  # noqa: E731
        found = sum_reference(name, dtype, spread, (dy,), terms)
        # A coefficient 1 / count is rounded, and so is its product with the cotangent.
        return replace(found, unit=from_nhwc(self.windows.least(_units(count)), self.layout), roundings=2)

    def _sent(self, dy: np.ndarray) -> np.ndarray:
        return from_nhwc(self.windows.spread(to_nhwc(dy, self.layout)), self.layout)


def _units(count: np.ndarray) -> np.ndarray:
    """1 / count, NaN where count is no power of two."""
    mantissa, _ = np.frexp(count)
    return np.where(mantissa == 0.5, 1.0 / count, np.nan)


AVERAGES = ("avg_pool1d", "avg_pool2d", "avg_pool3d")
"""By the number of spatial axes: one, two and three."""

AVG_POOL1D, AVG_POOL2D, AVG_POOL3D = (
    Definition(name, "x", partial(_bind, name, axes), "x", stacks=True, linear=True)
    for axes, name in enumerate(AVERAGES, 1)
)
