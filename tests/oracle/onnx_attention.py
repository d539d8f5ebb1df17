"""How nodes of ONNX about attention and losses are asked of opassay's ops; as ``onnx_norms``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from opassay.adapters.oracle import bounded

Asked = tuple[str, dict[str, Any], list[np.ndarray]] | None
Arrays = Sequence[np.ndarray]


def attention(given: Mapping[str, Any], inputs: Arrays) -> Asked:
    """Heads of one size, a mask for all of them, nothing that was kept from before."""
    known = set(given) <= {"is_causal", "scale"} and len(inputs) in (3, 4)
    if not known or any(x.ndim != 4 for x in inputs[:3]) or inputs[1].shape != inputs[2].shape:
        return None
    causal, scale = given.get("is_causal", 0), float(given["scale"]) if "scale" in given else False
    if len(inputs) == 3:
        return "attention", {"scale": scale, "causal": "upper_left" if causal else False}, list(inputs)
    query, key, value, mask = inputs
    if causal or mask.shape != (query.shape[2], key.shape[2]):
        return None
    name = "masked_attention" if mask.dtype == bool else "biased_attention"
    return name, {"scale": scale}, [mask, query, key, value]


def rotary(given: Mapping[str, Any], inputs: Arrays) -> Asked:
    x, cos, sin, *places = inputs
    if x.ndim != 4 or given.get("rotary_embedding_dim", 0):
        return None
    cos, sin = (each[places[0]] if places else each for each in (cos, sin))
    return "rotary_embedding", {"interleaved": bool(given.get("interleaved", 0))}, [x, cos, sin]


def normalised(given: Mapping[str, Any], inputs: Arrays) -> Asked:
    return "lp_normalize", {"axis": given.get("axis", -1), "p": given.get("p", 2), "eps": False}, list(inputs)


def loss(given: Mapping[str, Any], inputs: Arrays) -> Asked:
    if len(inputs) != 2:
        return None
    x, target = inputs
    reduction = given.get("reduction", b"mean").decode()
    attributes = {
        "reduction": False if reduction == "none" else reduction,
        "ignore_index": given.get("ignore_index", False),
    }
    return "cross_entropy", attributes, [target.astype(np.int64), x]


NODES = {
    "Attention": attention,
    "RotaryEmbedding": rotary,
    "LpNormalization": normalised,
    "SoftmaxCrossEntropyLoss": loss,
}


def whole(names: Sequence[str], given: Mapping[str, Any], inputs: Arrays) -> tuple[Any, list[np.ndarray]] | None:
    """Attention as ONNX has it: heads side by side, masks of any rank, a cache, lengths, windows; None if capped.

    The definition, a function of query, key, value and perhaps a bias, and these.
    """
    if given.get("softcap", 0) or given.get("softmax_precision", 1) != 1:
        return None
    named = dict(zip(("query", "key", "value", "mask", "past_key", "past_value", "lengths"), names, strict=False))
    arrays = iter(inputs)
    got = {part: next(arrays) for part, name in named.items() if name}
    query = by_heads(got["query"], given.get("q_num_heads"))
    key, value = (by_heads(got[part], given.get("kv_num_heads")) for part in ("key", "value"))
    past = got["past_key"].shape[2] if "past_key" in got else 0
    if past:
        key, value = (np.concatenate([got[f"past_{n}"], x], 2) for n, x in (("key", key), ("value", value)))
    (batch, heads, queries, size), groups, keys = query.shape, key.shape[1], key.shape[2]
    seen = _seen(batch, queries, keys, past, got.get("lengths"), given)
    shape, bias = (batch, groups, heads // groups, queries, keys), None
    if "mask" in got:
        mask = _padded(got["mask"], keys)
        mask = np.broadcast_to(mask, (batch, heads, queries, keys))
        if mask.dtype == bool:
            seen = seen & mask
        else:
            bias = np.where(seen, mask, np.asarray(-np.inf).astype(mask.dtype)).reshape(shape)
            seen = np.ones_like(seen)
    visible = np.broadcast_to(seen, (batch, heads, queries, keys)).reshape(shape)
    scale = float(given.get("scale", 0)) or size**-0.5

    def define(q: Any, k: Any, v: Any, *b: Any) -> Any:
        return bounded.attention(q, k, v, scale, visible, "zeros", *b)

    return define, [query, key, value, *([] if bias is None else [bias])]


def by_heads(x: np.ndarray, heads: int | None) -> np.ndarray:
    """[batch, heads, places, size] of heads that may lie side by side."""
    return x if x.ndim == 4 else x.reshape(*x.shape[:2], heads, -1).swapaxes(1, 2)


def _padded(mask: np.ndarray, keys: int) -> np.ndarray:
    """What a mask is too short for is hidden."""
    if mask.shape[-1] in (1, keys):
        return mask
    hidden = np.zeros((), mask.dtype) if mask.dtype == bool else np.asarray(-np.inf).astype(mask.dtype)
    more = np.broadcast_to(hidden, (*mask.shape[:-1], keys - mask.shape[-1]))
    return np.concatenate([mask, more], -1)


def _seen(
    batch: int, queries: int, keys: int, past: int, lengths: np.ndarray | None, given: Mapping[str, Any]
) -> np.ndarray:
    """[batch, 1, queries, keys]: of a cache of given lengths, the last query stands at its end."""
    offset = np.full(batch, past) if lengths is None else lengths - queries
    at = (np.arange(queries)[:, None] + offset[:, None, None])[:, None]
    key = np.arange(keys)
    seen = np.ones((batch, 1, queries, keys), bool)
    if lengths is not None:
        seen &= key < lengths[:, None, None, None]
    if given.get("is_causal", 0):
        seen &= key <= at
    for side, sign in (("left", 1), ("right", -1)):
        window = given.get(f"{side}_window_size", -1)
        if window >= 0:
            seen &= sign * (at - key) <= window
    return seen
