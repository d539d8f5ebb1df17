"""The contract's choices that MLX follows. Does not import MLX: the parent process imports this."""

from __future__ import annotations

from opassay.harness.model.choice import Follows

FOLLOWS = (
    Follows("unconnected", "zeros"),
    Follows("index_below", "from_end", ops=("gather", "gather_elements", "gather_nd", "embedding", "scatter_elements")),
    Follows("zero_divisor", "any"),
    Follows("no_axes", "none"),
    Follows("unseen", "mean", ops=("attention", "masked_attention")),
    Follows("unseen", "nan", ops=("biased_attention",)),
)
