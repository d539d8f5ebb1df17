"""Pins of normalisations, of numbers whose roots are integers.

About its mean 2, the row 1 1 3 3 has variance 1; about 10, the row 11 9 15 5 has (1 + 1 + 25 + 25) / 4 = 13. With an
eps of 3 they are divided by √4 = 2 and √16 = 4, which gives -1/2 -1/2 1/2 1/2 and 1/4 -1/4 5/4 -5/4.
"""

from __future__ import annotations

from opassay.cases.pins import BY_HAND, literal, pin

EPS = 3.0
WEIGHT, BIAS = (1, 2, 4, -2), (0, 1, -1, 0.5)
CHANNELS = (literal((2, 1), (4, 8)), literal((2, 1), (1, -1)))

LAYER_NORM = (
    pin(
        "rows",
        "layer_norm",
        (literal((2, 4), (1, 1, 3, 3, 11, 9, 15, 5)), literal((4,), WEIGHT), literal((4,), BIAS)),
        ([[-0.5, 0, 1, -0.5], [0.25, 0.5, 4, 3]],),
        BY_HAND,
        eps=EPS,
    ),
)
RMS_NORM = (
    # Means of squares of 1 and 13.
    pin(
        "rows",
        "rms_norm",
        (literal((2, 4), (1, -1, -1, 1, 1, -1, 5, -5)), literal((4,), WEIGHT)),
        ([[0.5, -1, -2, -1], [0.25, -0.5, 5, 2.5]],),
        BY_HAND,
        eps=EPS,
    ),
)
BATCH_NORM = (
    pin(
        "by_what_is_given",
        "batch_norm",
        (literal((2, 2), (3, 12, 0, 6)), *(literal((2,), each) for each in ((1, 10), (1, 13), (4, 8), (1, -1)))),
        ([[5, 3], [-1, -9]],),
        BY_HAND,
        eps=EPS,
        training=False,
    ),
    pin(
        "by_its_own",
        "batch_norm",
        (literal((2, 2, 2), (1, 1, 11, 9, 3, 3, 15, 5)), literal((2, 1), (7,)), literal((2, 1), (7,)), *CHANNELS),
        ([[[-1, -1], [1, -3]], [[3, 3], [9, -11]]],),
        BY_HAND,
        eps=EPS,
        training=True,
    ),
)
GROUP_NORM = (
    pin(
        "neighbours",
        "group_norm",
        (literal((1, 4, 2), (1, 1, 3, 3, 11, 9, 15, 5)), literal((4, 1), WEIGHT), literal((4, 1), BIAS)),
        ([[[-0.5, -0.5], [2, 2], [0, -2], [-2, 3]]],),
        BY_HAND,
        eps=EPS,
        groups=2,
    ),
)
INSTANCE_NORM = (
    pin(
        "channels",
        "instance_norm",
        (literal((1, 2, 4), (1, 1, 3, 3, 11, 9, 15, 5)), *CHANNELS),
        ([[[-1, -1, 3, 3], [1, -3, 9, -11]]],),
        BY_HAND,
        eps=EPS,
    ),
)
