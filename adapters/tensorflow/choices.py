"""Which choices of the contract TensorFlow follows. Free of TensorFlow: the parent imports this."""

from __future__ import annotations

from opassay.harness.model.choice import Follows

FOLLOWS = (
    Follows("wide_padding", "any"),
    Follows("large_window", "empty", modes=("eager", "dynamic")),
    Follows("empty_window", "nothing"),
)
