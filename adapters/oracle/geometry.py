"""Sliding windows over one to three spatial axes, and the checks every op shares.

Inside the oracle the channels are always last; ``nhwc`` in a name means that for any number of axes. Sources:
https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2 for SAME and VALID; V. Dumoulin and F. Visin, "A
guide to convolution arithmetic for deep learning", https://arxiv.org/abs/1603.07285, for dilation and the transpose.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any

import numpy as np

from opassay.harness.model import dtypes
from opassay.harness.model.op import ContractError

Pair = tuple[int, int]
Extents = tuple[int, ...]
"""A number for each spatial axis."""

Padding = str | tuple[Pair, ...]
UNBATCHED = "CHW"
"""One image without a batch axis, which few ops accept."""
LAYOUTS = {1: ("NWC", "NCW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}
"""Layouts by the number of spatial axes."""


def axes_of(count: int) -> tuple[str, ...]:
    """The names of so many spatial axes, in order."""
    return ("depth", "height", "width")[-count:]


def require(holds: bool, message: str) -> None:
    """Raises ``ContractError`` with ``message`` unless ``holds``."""
    if not holds:
        raise ContractError(message)


def integers(op: str, name: str, value: Any, count: int | None, minimum: int) -> tuple[int, ...]:
    """``value`` as ``count`` integers (any number of them for None), none below ``minimum``."""
    many = "a tuple of" if count is None else str(count)
    expected = f"{op}: {name} must be {many} integers >= {minimum}, got {value!r}"
    require(isinstance(value, Sequence) and not isinstance(value, str), expected)
    require(count is None or len(value) == count, expected)
    require(all(isinstance(v, int | np.integer) and not isinstance(v, bool) for v in value), expected)
    for position, entry in enumerate(value):
        require(entry >= minimum, f"{expected}: entry {position} is {entry}")
    return tuple(int(v) for v in value)


def addressable(op: str, shape: Sequence[int]) -> None:
    """An answer of ``shape`` has fewer than 2**48 elements, the limit of address spaces."""
    count = math.prod(shape)
    require(count < 2**48, f"{op}: an answer of shape {tuple(shape)} has {count} elements, more than can be addressed")


def per_axis(op: str, name: str, value: Any, count: int) -> Extents:
    """An attribute with one number of at least 1 per spatial axis."""
    return integers(op, name, value, count, 1)


def check_dtypes(op: str, arrays: Mapping[str, np.ndarray], allowed: Sequence[str]) -> None:
    """All ``arrays`` have one dtype, and the op is defined for it."""
    names = {name: dtypes.dtype_name(array) for name, array in arrays.items()}
    for name, dtype in names.items():
        require(dtype in allowed, f"{op}: {name} must be one of {', '.join(allowed)}, got {dtype}")
    require(len(set(names.values())) == 1, f"{op}: operands must have one dtype, got {names}; convert one of them")


def check_index_dtype(op: str, indices: np.ndarray) -> None:
    """Indices are int32 or int64."""
    name = dtypes.dtype_name(indices)
    require(name in ("int32", "int64"), f"{op}: indices must be int32 or int64, got {name}")


def check_image(op: str, name: str, array: np.ndarray, layout: str, axes: int = 2) -> None:
    """``array`` has a batch, ``axes`` spatial axes and channels, and ``layout`` is known."""
    last, first = LAYOUTS[axes]
    require(layout in (last, first), f"{op}: layout must be {last!r} or {first!r}, got {layout!r}")
    wanted, given = f"{op}: {name} must have rank {axes + 2} ({layout})", f"rank {array.ndim}, shape {array.shape}"
    require(array.ndim == axes + 2, f"{wanted}, got {given}")


def channels_last(layout: str) -> bool:
    return layout.endswith("C")


def channel_axis(layout: str) -> int:
    """Where the channels are, counted from the last axis."""
    return layout.index("C") - len(layout)


def to_nhwc(array: np.ndarray, layout: str) -> np.ndarray:
    """A view of ``array`` with the channels last, and a batch; axes before the images' own stay where they are."""
    array = np.expand_dims(array, -4) if layout == UNBATCHED else array
    return array if channels_last(layout) else np.moveaxis(array, channel_axis(layout), -1)


def from_nhwc(array: np.ndarray, layout: str) -> np.ndarray:
    """A contiguous array in ``layout`` from one with the channels last, and a batch."""
    array = array.squeeze(-4) if layout == UNBATCHED else array
    return np.ascontiguousarray(array if channels_last(layout) else np.moveaxis(array, -1, channel_axis(layout)))


def shape_nhwc(shape: Sequence[int], layout: str) -> tuple[int, ...]:
    """The batch, the spatial extents and the channels of a shape in ``layout``."""
    batch, *rest = (1, *shape) if layout == UNBATCHED else shape
    return (batch, *rest) if channels_last(layout) else (batch, *rest[1:], rest[0])


def shape_in_layout(shape: Sequence[int], layout: str) -> tuple[int, ...]:
    """The transpose of ``shape_nhwc``: batch, spatial extents and channels as ``layout`` orders them."""
    batch, *extents, channels = shape
    found = (batch, *extents, channels) if channels_last(layout) else (batch, channels, *extents)
    return found[1:] if layout == UNBATCHED else found


def over_batch(indices: np.ndarray, cells: int) -> np.ndarray:
    """Indices, channels last, that are flat within one sample of ``cells`` elements, made flat over the batch."""
    samples = np.arange(indices.shape[0], dtype=np.int64).reshape(-1, *(1,) * (indices.ndim - 1))
    return indices.astype(np.int64) + cells * samples


class AnyAmount(tuple[Any, ...]):
    """Explicit padding that may be as wide as the window: that of convolutions, and of pools in some frameworks."""


def any_amount(padding: Any) -> Any:
    """``padding``, allowed to be as wide as the window where it is explicit."""
    return AnyAmount(padding) if isinstance(padding, Sequence) and not isinstance(padding, str) else padding


def effective_window(window: int, dilation: int) -> int:
    """How many input rows a dilated window spans."""
    return (window - 1) * dilation + 1


@dataclass(frozen=True)
class Tap:
    """One position of a window, with the outputs at which it meets a real input, and those inputs.

    ``outputs`` and ``inputs`` are slices of equal lengths, one for each axis.
    """

    position: Extents
    outputs: tuple[slice, ...]
    inputs: tuple[slice, ...]


@dataclass(frozen=True)
class Windows:
    """All windows over one input, by numbers for each axis; ``before`` is the padding on the side of the start."""

    extents: Extents
    outputs: Extents
    window: Extents
    stride: Extents
    dilation: Extents
    before: Extents

    @property
    def axes(self) -> int:
        return len(self.extents)

    def taps(self) -> tuple[Tap, ...]:
        """Every tap that meets a real input, in row-major order. Padding is never visited."""
        return _taps(self)

    def reaches(self, axis: int) -> list[tuple[slice, slice]]:
        """Along one axis, the outputs at which each tap meets a real input, and those inputs."""
        return [self._reach(axis, tap) for tap in range(self.window[axis])]

    def _reach(self, axis: int, tap: int) -> tuple[slice, slice]:
        # Output o meets input o * stride + offset, which must lie in [0, extent).
        stride, extent = self.stride[axis], self.extents[axis]
        offset = tap * self.dilation[axis] - self.before[axis]
        first = max(0, -(offset // stride))
        last = min(self.outputs[axis] - 1, (extent - 1 - offset) // stride)
        start = first * stride + offset
        return slice(first, last + 1), slice(start, start + max(0, last - first) * stride + 1, stride)

    @property
    def spans(self) -> Windows:
        """The same windows without dilation: everything between their first and last taps."""
        spans = tuple(effective_window(k, d) for k, d in zip(self.window, self.dilation, strict=True))
        return Windows(self.extents, self.outputs, spans, self.stride, (1,) * self.axes, self.before)

    def real_taps(self) -> np.ndarray:
        """The number of taps of each window that meet a real input; int64 of shape ``outputs``."""
        return self._meetings(self.outputs, 0)

    def real_hits(self) -> np.ndarray:
        """The number of taps that meet each real input; int64 of shape ``extents``."""
        return self._meetings(self.extents, 1)

    def gathered(self, x: np.ndarray) -> np.ndarray:
        """The sum over each window of images whose channels are last."""
        total = np.zeros((*x.shape[: -self.axes - 1], *self.outputs, x.shape[-1]), dtype=x.dtype)
        for tap in self.taps():
            made: tuple[Any, ...] = (..., *tap.outputs, slice(None))
            read: tuple[Any, ...] = (..., *tap.inputs, slice(None))
            total[made] += x[read]
        return total

    def spread(self, dy: np.ndarray) -> np.ndarray:
        """The transpose of ``gathered``."""
        dx = np.zeros((dy.shape[0], *self.extents, dy.shape[-1]), dtype=dy.dtype)
        for tap in self.taps():
            dx[:, *tap.inputs] += dy[:, *tap.outputs]
        return dx

    def least(self, units: np.ndarray) -> np.ndarray:
        """For each element, the smallest of the ``units`` of its windows, at most 1."""
        found = np.ones((units.shape[0], *self.extents, units.shape[-1]))
        for tap in self.taps():
            here = (slice(None), *tap.inputs)
            found[here] = np.minimum(found[here], units[:, *tap.outputs])
        return found

    def _meetings(self, lengths: Extents, side: int) -> np.ndarray:
        counts = [np.zeros(length, dtype=np.int64) for length in lengths]
        for axis, count in enumerate(counts):
            for reach in self.reaches(axis):
                count[reach[side]] += reach[0].start < reach[0].stop
        return np.asarray(reduce(np.multiply.outer, counts))


@lru_cache(maxsize=64)
def _taps(windows: Windows) -> tuple[Tap, ...]:
    # The fills and runs of a geometry follow each other, and all have the same taps.
    lines = [
        [(place, *reach) for place, reach in enumerate(windows.reaches(axis)) if reach[0].start < reach[0].stop]
        for axis in range(windows.axes)
    ]
    return tuple(Tap(*zip(*each, strict=True)) for each in itertools.product(*lines))


def sliding_windows(
    op: str, extents: Sequence[int], window: Any, stride: Any, dilation: Any, padding: Any, source: str = "x"
) -> Windows:
    """The windows these attributes put on ``source`` of ``extents``; ``ContractError`` where one is invalid.

    With e = (window - 1) * dilation + 1: VALID and explicit give ``(n + before + after - e) // stride + 1``
    outputs; SAME gives ``ceil(n / stride)`` and pads ``max(0, (out - 1) * stride + e - n)``, the smaller
    half before.
    """
    given, axes = {"window": window, "stride": stride, "dilation": dilation}, range(len(extents))
    window, stride, dilation = (per_axis(op, name, value, len(extents)) for name, value in given.items())
    spans = tuple(effective_window(k, d) for k, d in zip(window, dilation, strict=True))
    if isinstance(padding, str) and padding == "SAME":
        outputs = tuple(-(-n // s) for n, s in zip(extents, stride, strict=True))
        totals = ((o - 1) * s + e - n for n, o, s, e in zip(extents, outputs, stride, spans, strict=True))
        before = tuple(max(0, total) // 2 for total in totals)
    else:
        pads = _explicit_pads(op, padding, spans)
        outputs = tuple(
            _fit(f"{op}: {source}", axes_of(len(extents))[i], extents[i], pads[i], spans[i], stride[i]) for i in axes
        )
        before = tuple(pad[0] for pad in pads)
    return Windows(tuple(extents), outputs, window, stride, dilation, before)


PADS = {1: "((left, right),)", 2: "((top, bottom), (left, right))", 3: "((front, back), (top, bottom), (left, right))"}


def _explicit_pads(op: str, padding: Any, spans: Sequence[int]) -> tuple[Pair, ...]:
    count = len(spans)
    if isinstance(padding, str):
        told = f"{op}: padding must be 'SAME', 'VALID' or {PADS[count]}, got {padding!r}"
        require(padding == "VALID", told)
        return ((0, 0),) * count
    well_formed = isinstance(padding, Sequence) and len(padding) == count
    require(well_formed, f"{op}: explicit padding must be {PADS[count]}, got {padding!r}")
    limits = [None] * count if isinstance(padding, AnyAmount) else spans
    return tuple(_side(op, *each) for each in zip(axes_of(count), padding, limits, strict=True))


def _side(op: str, axis: str, value: Any, span: int | None) -> Pair:
    before, after = integers(op, f"padding of the {axis}", value, 2, 0)
    most = f"smaller than the effective window {span}" if span is not None else "less than 2**31"
    told = f"{op}: padding of the {axis} must be {most}, got {(before, after)}"
    require(max(before, after) < (2**31 if span is None else span), told)
    return before, after


def _fit(subject: str, axis: str, extent: int, pads: Pair, span: int, stride: int) -> int:
    padded = extent + sum(pads)
    require(
        span <= padded,
        f"{subject} is too small: the effective window of {span} does not fit the padded {axis} of {padded} "
        f"({extent} with padding {pads}); enlarge it, pad more, or use SAME",
    )
    return (padded - span) // stride + 1
