"""How nodes of ONNX that move elements are asked of opassay's ops: name, attributes and inputs, or None for another op.

A negative index, which ONNX counts from the end, is given as what it names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Asked = tuple[str, dict[str, Any], list[np.ndarray]] | None
Given = Mapping[str, Any]
Arrays = Sequence[np.ndarray]


def _ints(values: Any) -> tuple[int, ...]:
    return tuple(int(n) for n in np.ravel(values))


def transpose(given: Given, inputs: Arrays) -> Asked:
    return "transpose", {"axes": tuple(given.get("perm", range(inputs[0].ndim)[::-1]))}, [inputs[0]]


def reshape(given: Given, inputs: Arrays) -> Asked:
    x, shape = inputs
    kept = [x.shape[i] if n == 0 and not given.get("allowzero") else int(n) for i, n in enumerate(shape)]
    return "reshape", {"new_shape": tuple(kept)}, [x]


def expand(given: Given, inputs: Arrays) -> Asked:
    x, shape = inputs
    return "expand", {"new_shape": np.broadcast_shapes(x.shape, _ints(shape))}, [x]


def squeeze(given: Given, inputs: Arrays) -> Asked:
    return ("squeeze", {"axes": _ints(inputs[1])}, [inputs[0]]) if len(inputs) > 1 else None


def unsqueeze(given: Given, inputs: Arrays) -> Asked:
    axes = _ints(inputs[1])
    return ("unsqueeze", {"axis": axes[0]}, [inputs[0]]) if len(axes) == 1 else None


def cut(given: Given, inputs: Arrays) -> Asked:
    x, starts, ends, *rest = inputs
    axes = _ints(rest[0]) if rest else tuple(range(len(starts)))
    steps = _ints(rest[1]) if rest[1:] else (1,) * len(starts)
    begin, end, step = [0] * x.ndim, [2**31 - 1] * x.ndim, [1] * x.ndim
    for axis, *each in zip(axes, _ints(starts), _ints(ends), steps, strict=True):
        begin[axis], end[axis], step[axis] = each
    return "slice", {"begin": tuple(begin), "end": tuple(end), "step": tuple(step)}, [x]


def pad(given: Given, inputs: Arrays) -> Asked:
    x, pads, *more = inputs
    value = more[0].item() if more and more[0].size else 0
    if len(more) > 1 or (pads < 0).any() or value != int(value):
        return None
    amounts = np.asarray(pads).reshape(2, -1).T.tolist()
    mode = given.get("mode", b"constant").decode()
    return "pad", {"pads": tuple(map(tuple, amounts)), "mode": mode, "fill": int(value)}, [x]


def tile(given: Given, inputs: Arrays) -> Asked:
    return "tile", {"repeats": _ints(inputs[1])}, [inputs[0]]


def concat(given: Given, inputs: Arrays) -> Asked:
    return "concat", {"axis": given["axis"]}, list(inputs)


def triangle(given: Given, inputs: Arrays) -> Asked:
    x, *k = inputs
    return "triu_tril", {"diagonal": int(k[0]) if k else 0, "upper": bool(given.get("upper", 1))}, [x]


def deep(given: Given, inputs: Arrays) -> Asked:
    order = given.get("mode", b"DCR").decode()
    return "depth_to_space", {"block": given["blocksize"], "order": order}, [inputs[0]]


def wide(given: Given, inputs: Arrays) -> Asked:
    order = given.get("mode", b"DCR").decode()
    return "space_to_depth", {"block": given["blocksize"], "order": order}, [inputs[0]]


def gather(given: Given, inputs: Arrays) -> Asked:
    x, indices = inputs
    axis = given.get("axis", 0)
    return "gather", {"axis": axis}, [indices % x.shape[axis], x]


def gather_elements(given: Given, inputs: Arrays) -> Asked:
    x, indices = inputs
    axis = given.get("axis", 0)
    fits = all(n == m for i, (n, m) in enumerate(zip(x.shape, indices.shape, strict=True)) if i != axis % x.ndim)
    return ("gather_elements", {"axis": axis}, [indices % x.shape[axis], x]) if fits else None


def gather_nd(given: Given, inputs: Arrays) -> Asked:
    x, indices = inputs
    return None if given.get("batch_dims") else ("gather_nd", {}, [indices, x])


def scatter_elements(given: Given, inputs: Arrays) -> Asked:
    x, indices, updates = inputs
    axis, how = given.get("axis", 0), given.get("reduction", b"none").decode()
    if any(n != m for i, (n, m) in enumerate(zip(x.shape, indices.shape, strict=True)) if i != axis % x.ndim):
        return None
    places = [indices % x.shape[axis], x, updates]
    named = "scatter_elements" if how == "none" else "scatter_reduce"
    return named, {"axis": axis, **({} if how == "none" else {"reduction": how})}, places


def scatter_nd(given: Given, inputs: Arrays) -> Asked:
    x, indices, updates = inputs
    how = given.get("reduction", b"none").decode()
    return ("index_put", {"accumulate": how == "add"}, [indices, x, updates]) if how in ("none", "add") else None


def topk(given: Given, inputs: Arrays) -> Asked:
    x, k = inputs
    if given.get("axis", -1) % x.ndim != x.ndim - 1 or not given.get("sorted", 1):
        return None
    return "topk", {"k": int(k[0]), "smallest": not given.get("largest", 1)}, [x]


def einsum(given: Given, inputs: Arrays) -> Asked:
    equation = given["equation"].decode().replace(" ", "")
    return ("einsum", {"equation": equation}, list(inputs)) if len(inputs) == 2 else None


def counted(given: Given, inputs: Arrays) -> Asked:
    start, limit, delta = (x.item() for x in inputs)
    places = np.zeros(len(np.arange(start, limit, delta)), inputs[0].dtype)
    return "arange", {"start": int(start), "step": int(delta)}, [places]


def nonzero(given: Given, inputs: Arrays) -> Asked:
    return "nonzero", {}, [inputs[0]]


def compress(given: Given, inputs: Arrays) -> Asked:
    x, condition = inputs
    if "axis" in given or condition.size > x.size:
        return None
    whole = np.zeros(x.size, bool)
    whole[: condition.size] = condition
    return "masked_select", {}, [whole.reshape(x.shape), x]


def unique(given: Given, inputs: Arrays) -> Asked:
    return ("unique", {}, [inputs[0]]) if "axis" not in given and given.get("sorted", 1) else None


NODES = {
    "Transpose": transpose,
    "Reshape": reshape,
    "Expand": expand,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Slice": cut,
    "Pad": pad,
    "Tile": tile,
    "Concat": concat,
    "Trilu": triangle,
    "DepthToSpace": deep,
    "SpaceToDepth": wide,
    "Gather": gather,
    "GatherElements": gather_elements,
    "GatherND": gather_nd,
    "ScatterElements": scatter_elements,
    "ScatterND": scatter_nd,
    "TopK": topk,
    "Einsum": einsum,
    "Range": counted,
}
SIZED = {"NonZero": nonzero, "Compress": compress, "Unique": unique}
