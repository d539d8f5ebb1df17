"""What Paddle does differently with resized images and answers of any length. Free of Paddle."""

from __future__ import annotations

from opassay.adapters.kernels.shaped import empty, scalar
from opassay.harness.model.fact import Fact

_SEEN = "paddle 3.3.1, CPU"

SIZED = (
    Fact(
        "paddle-nonzero-scalar",
        "by design",
        "paddle.nonzero takes no scalar",
        ops=("nonzero",),
        verdicts=("rejects",),
        when=scalar,
        versions=_SEEN,
    ),
    Fact(
        "paddle-unique-nothing",
        "upstream",
        "of nothing, paddle.unique answers in the shape of what it was given",
        ops=("unique",),
        verdicts=("shape",),
        when=empty,
        versions=_SEEN,
    ),
)
