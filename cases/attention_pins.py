"""Pins of attention, with scores that are equal or far apart, so that weights are 0, 1 or one over their number."""

from __future__ import annotations

import math

from opassay.cases.pins import BY_HAND, literal, pin

QUERY, KEY = literal((1, 1, 2, 2), (0,)), literal((1, 1, 3, 2), (1, 2, 3, 4, 5, 6))
VALUE = literal((1, 1, 3, 2), (3, 0, 6, 3, 9, 6))
ROWS = {False: [[6, 3], [6, 3]], "upper_left": [[3, 0], [4.5, 1.5]], "lower_right": [[4.5, 1.5], [6, 3]]}
MASK = literal((2, 3), (0, 1, 1, 0, 0, 0), "bool")
BIAS = literal((2, 3), (-math.inf, 0, 0, 1000, 0, 1000))
HEADS = (
    literal((1, 4, 1, 1), (0,)),
    literal((1, 2, 2, 1), (0,)),
    literal((1, 2, 2, 1), (1, 3, 10, 30)),
)

ATTENTION = (
    *(
        pin(
            f"alike_{causal or 'all'}", "attention", (QUERY, KEY, VALUE), ([[rows]],), BY_HAND, scale=1.0, causal=causal
        )
        for causal, rows in ROWS.items()
    ),
    # The first two queries share the first key.
    pin("neighbours", "attention", HEADS, ([[[[2]], [[2]], [[20]], [[20]]]],), BY_HAND, scale=False, causal=False),
)
MASKED = (
    pin("nothing_seen", "masked_attention", (MASK, QUERY, KEY, VALUE), ([[[[7.5, 4.5], [0, 0]]]],), BY_HAND, scale=1.0),
)
BIASED = (
    # A key is hidden from the first query; another has weight 0 for the second, since its score is 1000 lower.
    pin("hidden", "biased_attention", (BIAS, QUERY, KEY, VALUE), ([[[[7.5, 4.5], [6, 3]]]],), BY_HAND, scale=1.0),
)

# Rotations by a quarter turn and by zero: (x, y) becomes (-y, x).
ROTARY = tuple(
    pin(
        name,
        "rotary_embedding",
        (literal((1, 1, 1, 4), (1, 2, 3, 4)), literal((1, 1, 2), (0, 1)), literal((1, 1, 2), (1, 0))),
        ([[[answer]]],),
        BY_HAND,
        interleaved=interleaved,
    )
    for name, interleaved, answer in (("halves", False, [-3, 2, 1, 4]), ("neighbours", True, [-2, 1, 3, 4]))
)
