"""How nodes of ONNX about attention and losses are asked of opassay's ops; as ``onnx_norms``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

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
