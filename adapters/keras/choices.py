"""Which choices of the contract Keras follows. Free of Keras: the parent imports this."""

from __future__ import annotations

from opassay.harness.model.choice import Follows

FOLLOWS = (
    Follows("unconnected", "zeros", modes=("jax",)),
    Follows("wide_padding", "any"),
    Follows("padding_words", "any_case"),
    Follows("large_window", "empty", ops=("pools",), modes=("tensorflow", "jax")),
    Follows("empty_window", "nothing"),
    Follows("vectors", "numpy"),
    Follows("negative_index", "from_end", modes=("torch", "jax"), ops=("scatter_nd",)),
    Follows("large_index", "drop", modes=("jax",), ops=("scatter_nd",)),
    Follows("index_dtype", "any", modes=("torch", "jax"), ops=("scatter_nd",)),
    Follows("no_axes", "none"),
    Follows("target_out_of_range", "nothing", modes=("jax",)),
    Follows("unseen", "mean", ops=("attention", "masked_attention")),
    Follows("unseen", "nan", ops=("biased_attention",), modes=("tensorflow", "jax")),
    Follows("nan_position", "passed_over", modes=("tensorflow",)),
)
