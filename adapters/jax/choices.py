"""The contract's choices that JAX follows. Does not import JAX: the parent process imports this."""

from __future__ import annotations

from opassay.harness.model.choice import Follows

_PAD = {
    "url": "https://docs.jax.dev/en/latest/_autosummary/jax.lax.pad.html",
    "title": "jax.lax.pad",
}
_AT = {
    "url": "https://docs.jax.dev/en/latest/_autosummary/jax.numpy.ndarray.at.html",
    "title": "jax.numpy.ndarray.at",
}

_DIV = {"url": "https://docs.jax.dev/en/latest/_autosummary/jax.lax.div.html", "title": "jax.lax.div"}
_CLIP = {"url": "https://numpy.org/doc/stable/reference/generated/numpy.clip.html", "title": "numpy.clip"}
_MAX = {"url": "https://openxla.org/stablehlo/spec#maximum", "title": "StableHLO Specification"}

_DYNAMIC = {
    "url": "https://docs.jax.dev/en/latest/_autosummary/jax.lax.dynamic_slice.html",
    "title": "jax.lax.dynamic_slice",
}
_TILE = {"url": "https://docs.jax.dev/en/latest/_autosummary/jax.numpy.tile.html", "title": "jax.numpy.tile"}

FOLLOWS = (
    Follows("unconnected", "zeros"),
    Follows("negative_padding", "crop", **_PAD),
    Follows("wide_padding", "any"),
    Follows("large_window", "empty"),
    Follows("empty_window", "nothing"),
    Follows("no_axes", "none"),
    Follows("large_index", "drop", **_AT),
    Follows("negative_index", "from_end", **_AT),
    Follows("index_dtype", "any"),
    Follows("vectors", "numpy", modes=("jit", "eager")),
    Follows("padding_words", "any_case"),
    Follows("crossed_limits", "high", **_CLIP),
    Follows("zero_divisor", "any", **_DIV),
    Follows("target_out_of_range", "nan"),
    Follows("unseen", "mean", ops=("attention", "masked_attention")),
    Follows("unseen", "nan", ops=("biased_attention",)),
    Follows("zero_order", "positive", **_MAX),
    Follows("index_below", "from_end", ops=("gather", "embedding", "gather_elements", "gather_nd", "writes"), **_AT),
    Follows("index_below", "nowhere", ops=("one_hot",)),
    Follows("index_below", "from_end_or_first", ops=("dynamic_slice", "dynamic_update_slice"), **_DYNAMIC),
    Follows("index_beyond", "nowhere", ops=("gather", "embedding", "gather_elements", "writes", "one_hot"), **_AT),
    Follows("index_beyond", "last", ops=("gather_nd",), **_AT),
    Follows("index_beyond", "last", ops=("dynamic_slice", "dynamic_update_slice"), **_DYNAMIC),
    Follows("few_repeats", "last_axes", **_TILE),
    Follows("far_pads", "over_again"),
    Follows("order_of_equals", "any", ops=("sort",)),
)
