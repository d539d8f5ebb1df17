"""What torch does differently with resized images and answers of any length. Free of torch."""

from __future__ import annotations

from opassay.adapters.kernels.shaped import antialiased_to_a_column
from opassay.harness.model.fact import Fact

_SEEN = "torch 2.13.0, CPU"

SIZED = (
    Fact(
        "torch-antialias-column",
        "upstream",
        "an antialiased image that is one column wide is resized along its rows, as if they were columns",
        ops=("resize_linear", "resize_cubic"),
        verdicts=("numeric", "structural"),
        when=antialiased_to_a_column,
        versions=_SEEN,
    ),
)
