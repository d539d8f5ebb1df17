"""How nodes of ONNX that normalise are asked of opassay's ops: name, attributes and inputs, or None for another op."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Asked = tuple[str, dict[str, Any], list[np.ndarray]] | None
Arrays = Sequence[np.ndarray]


def _channels(x: np.ndarray, *several: np.ndarray) -> list[np.ndarray]:
    return [a.reshape(-1, *(1,) * (x.ndim - 2)) for a in several]


def _trailing(given: Mapping[str, Any], x: np.ndarray) -> int:
    """How many axes are normalised; an op of opassay leaves at least one."""
    axis = given.get("axis", -1)
    return x.ndim - axis % x.ndim


def layer(given: Mapping[str, Any], inputs: Arrays) -> Asked:
    x, weight, *bias = inputs
    if _trailing(given, x) == x.ndim:
        return None
    moved = bias[0] if bias else np.zeros_like(weight)
    return "layer_norm", {"eps": given.get("epsilon", 1e-5)}, [x, weight, moved]


def rms(given: Mapping[str, Any], inputs: Arrays) -> Asked:
    x, weight = inputs
    same = weight.shape == x.shape[x.ndim - _trailing(given, x) :] and weight.ndim < x.ndim
    return ("rms_norm", {"eps": given.get("epsilon", 1e-5)}, [x, weight]) if same else None


def batch(given: Mapping[str, Any], inputs: Arrays) -> Asked:
    x, weight, bias, mean, var = inputs
    attributes = {"eps": given.get("epsilon", 1e-5), "training": bool(given.get("training_mode", 0))}
    return "batch_norm", attributes, [x, *_channels(x, mean, var, weight, bias)]


def group(given: Mapping[str, Any], inputs: Arrays) -> Asked:
    x, weight, bias = inputs
    attributes = {"eps": given.get("epsilon", 1e-5), "groups": given["num_groups"]}
    return "group_norm", attributes, [x, *_channels(x, weight, bias)]


def instance(given: Mapping[str, Any], inputs: Arrays) -> Asked:
    x, weight, bias = inputs
    return "instance_norm", {"eps": given.get("epsilon", 1e-5)}, [x, *_channels(x, weight, bias)]


NODES = {
    "LayerNormalization": layer,
    "RMSNormalization": rms,
    "BatchNormalization": batch,
    "GroupNormalization": group,
    "InstanceNormalization": instance,
}
