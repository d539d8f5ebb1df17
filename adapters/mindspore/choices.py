"""The contract's choices that MindSpore follows. Does not import MindSpore: the parent process imports this."""

from __future__ import annotations

from opassay.harness.model.choice import Follows

FOLLOWS = (
    Follows("unconnected", "zeros"),
    Follows("index_below", "from_end", ops=("gather", "embedding", "scatter_elements")),
    Follows("vectors", "numpy"),
    Follows("long_axis_squeezed", "kept"),
    Follows("few_repeats", "last_axes"),
    Follows("crossed_limits", "high"),
    Follows("no_axes", "all"),
    Follows("nan_position", "passed_over"),
)
