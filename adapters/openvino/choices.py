"""Which choices of the contract OpenVINO follows. Free of OpenVINO: the parent imports this."""

from __future__ import annotations

from opassay.harness.model.choice import Follows

FOLLOWS = (
    Follows("wide_padding", "any"),
    Follows("vectors", "numpy"),
    Follows("empty_window", "nothing"),
    Follows("negative_index", "from_end"),
)
