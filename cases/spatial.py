"""The draws of windows over one, two or three spatial axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from opassay.cases import tables
from opassay.cases.tables import FAR, FULL, SPAN
from opassay.harness.model.draw import Together

Numbers = tuple[int, ...]
Pads = tuple[tuple[int, int], ...]
Padding = str | Pads
AXES = ("depth", "height", "width")


@dataclass(frozen=True)
class Spatial:
    """Per-axis tables: windows, strides and dilations, and extents that any axis may have."""

    layouts: Sequence[str]
    strides: Sequence[Numbers]
    dilations: Sequence[Numbers]
    windows: Sequence[Numbers]
    paddings: Sequence[Padding]
    wide: Sequence[Pads]
    extents: Sequence[int]

    @property
    def axes(self) -> int:
        return len(self.strides[0])

    @property
    def names(self) -> tuple[str, ...]:
        return AXES[-self.axes :]

    @property
    def empty(self) -> tuple[str, ...]:
        """Names of extents that may be 0, one at a time, except channels."""
        return ("batch", *self.names)

    @property
    def ends(self) -> tuple[Together, ...]:
        """Strides at the limits of 32-bit integers, along one axis each."""
        places = [(far, axis) for far in tables.FAR_STEPS for axis in range(self.axes)]
        strides = [tuple(far if i == axis else 1 for i in range(self.axes)) for far, axis in places]
        return tuple(Together({"stride": stride, "empty": ""}) for stride in strides)


_WORDS = ("VALID",) * 4 + ("SAME",) * 5
SPATIAL: Mapping[int, Spatial] = {
    1: Spatial(
        ("NWC", "NCW"),
        ((1,), (1,), (2,), (3,)),
        ((1,),) * 3 + ((2,), (3,)),
        ((1,), (2,), (2,), (3,), (3,), (4,), (5,), (7,), (11,)),
        (*_WORDS, ((0, 0),), ((1, 1),), ((0, 1),), ((2, 0),), ((FULL, 0),), ((FULL, FULL),)),
        (((SPAN, SPAN),), ((FAR, 1),)),
        (*tables.SPATIAL, 127, 128, 129),
    ),
    2: Spatial(
        tables.LAYOUTS,
        tables.STRIDES,
        tables.DILATIONS,
        tables.WINDOWS,
        tables.PADDINGS,
        tables.WIDE,
        tables.SPATIAL,
    ),
    3: Spatial(
        ("NDHWC", "NCDHW"),
        ((1, 1, 1), (1, 1, 1), (2, 2, 2), (1, 2, 1), (2, 1, 3), (1, 1, 2)),
        ((1, 1, 1),) * 5 + ((2, 2, 2), (2, 1, 1), (1, 2, 3)),
        ((1, 1, 1), (2, 2, 2), (3, 3, 3), (1, 2, 3), (3, 1, 2), (2, 3, 1), (1, 3, 3)),
        (
            *_WORDS,
            ((0, 0),) * 3,
            ((1, 1),) * 3,
            ((0, 1), (1, 0), (0, 0)),
            ((1, 0), (0, 2), (2, 1)),
            ((FULL, FULL),) * 3,
        ),
        (((SPAN, 0), (0, SPAN), (1, 1)), ((FAR, 1), (0, 0), (2, SPAN))),
        (1, 2, 2, 3, 3, 4, 5, 5, 7, 8, 9, 15, 16, 17),
    ),
}
"""By the number of axes. For three, extents and windows are smaller: the cost is their product."""
