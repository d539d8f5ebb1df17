"""Differences of Keras in resizing and in answers whose size depends on values. Does not import Keras."""

from __future__ import annotations

from opassay.adapters.facts import accepted
from opassay.adapters.keras.known_predicates import SEEN
from opassay.adapters.kernels.shaped import antialiased_to_a_column
from opassay.harness.model.fact import Fact

SIZED = (
    *accepted(
        "keras-unchecked", "by design", "an image may have no batch", {"resizes": ("SizeMissing",)}, versions=SEEN
    ),
    Fact(
        "keras-torch-integers",
        "upstream",
        "an image of integers is resized in float32, which holds 24 bits",
        ops=("resize_nearest",),
        reproduces="integers_in_float32",
        modes=("torch",),
        versions=SEEN,
    ),
    Fact(
        "keras-cubic-table",
        "by design",
        "ResizeBicubic takes its weights from a table of 1024 places between two pixels",
        ops=("resize_cubic",),
        aspects=("value", "gradient"),
        reproduces="weights_tabulated",
        modes=("tensorflow",),
        versions=SEEN,
    ),
    Fact(
        "keras-torch-antialias-column",
        "upstream",
        "an antialiased image that is one column wide is resized along its rows, as if they were columns",
        ops=("resize_linear", "resize_cubic"),
        verdicts=("numeric", "structural"),
        modes=("torch",),
        when=antialiased_to_a_column,
        versions=SEEN,
    ),
)
