"""What torch does differently with resized images and answers of any length. Free of torch."""

from __future__ import annotations

from opassay.adapters.kernels.shaped import antialiased, antialiased_to_a_column, any_case, empty_volume
from opassay.harness.model.fact import Fact

_SEEN = "torch 2.13.0, CPU"

SIZED = (
    Fact(
        "torch-sized-on-meta",
        "by design",
        "tensors on the meta device have no extents that depend on values",
        ops=("sized_by_values",),
        aspects=("shape",),
        verdicts=("rejects",),
        modes=("eager",),
        when=any_case,
        versions=_SEEN,
    ),
    Fact(
        "torch-resized-nothing-on-meta",
        "upstream",
        "of an empty batch, the meta kernel of upsample_nearest3d checks a number where a truth value is asked for",
        ops=("resize_nearest",),
        aspects=("shape",),
        verdicts=("rejects",),
        when=empty_volume,
        versions=_SEEN,
    ),
    Fact(
        "torch-antialias-column",
        "upstream",
        "an antialiased image that is one column wide is resized along its rows, as if they were columns",
        ops=("resize_linear", "resize_cubic"),
        verdicts=("numeric", "structural"),
        when=antialiased_to_a_column,
        versions=_SEEN,
    ),
    Fact(
        "torch-antialias-narrow",
        "upstream",
        "there is no antialiased interpolation of 16 bits (compute_index_ranges_weights)",
        ops=("resize_linear", "resize_cubic"),
        aspects=("value", "gradient"),
        verdicts=("rejects",),
        when=antialiased("float16", "bfloat16"),
        versions=_SEEN,
    ),
)
