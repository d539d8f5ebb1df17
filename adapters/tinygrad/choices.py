"""The contract's choices that tinygrad follows. Does not import tinygrad: the parent process imports this."""

from __future__ import annotations

from opassay.harness.model.choice import Follows

FOLLOWS = (
    Follows("unconnected", "zeros"),
    Follows("negative_padding", "crop"),
    Follows("wide_padding", "any"),
    Follows("empty_window", "nothing"),
    Follows("vectors", "numpy"),
)
