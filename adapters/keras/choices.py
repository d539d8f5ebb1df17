"""The contract's choices that Keras follows. Does not import Keras: the parent process imports this."""

from __future__ import annotations

from opassay.adapters.engines.aten import saturates
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
    Follows("index_below", "from_end", ops=("gather", "embedding", "gather_elements")),
    Follows("index_below", "from_end", ops=("index_put",), modes=("torch", "jax")),
    Follows("index_below", "nowhere", ops=("one_hot",), modes=("tensorflow", "jax")),
    Follows("index_beyond", "nowhere", ops=("one_hot",), modes=("tensorflow", "jax")),
    Follows("index_beyond", "nowhere", ops=("gather", "embedding", "gather_elements", "index_put"), modes=("jax",)),
    Follows("index_below", "from_end_or_first", ops=("dynamic_slice", "dynamic_update_slice"), modes=("jax",)),
    Follows("index_beyond", "last", ops=("dynamic_slice",), modes=("jax",)),
    Follows("index_beyond", "last", ops=("dynamic_update_slice",), modes=("tensorflow", "jax")),
    Follows("few_repeats", "last_axes"),
    Follows("far_pads", "over_again", modes=("jax",)),
    Follows("negative_pads", "crop", modes=("torch",)),
    Follows("long_axis_squeezed", "kept", modes=("torch",)),
    Follows("order_of_equals", "any", ops=("topk",), modes=("torch",)),
    Follows("order_of_equals", "any", ops=("sort",), modes=("jax",)),
    Follows("float8_overflow", "largest", modes=("torch",), when=saturates),
)
