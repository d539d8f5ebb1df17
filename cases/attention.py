"""Attention of heads: causal, masked, biased, with fewer keys than queries; and rotary embeddings."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.attention_choices import UNSEEN
from opassay.adapters.oracle.bounded import Real
from opassay.cases import attention_pins
from opassay.cases.signatures import kinds
from opassay.cases.signatures.entry import Attribute
from opassay.cases.signatures.shaped import EXTENTS, Shape
from opassay.cases.signatures.shaped_entry import composed
from opassay.harness.model.fills import Fill

MIXED = kinds.pairs(("normal", "ints", "ties"), ("normal", "cancel", "near", "special"))
ENDS = (False, "upper_left", "lower_right")
SCALE = Attribute(
    "a number above 0, or False for 1 over the root of the size of a head",
    (False, False, 1.0, 0.25, 2.0),
    lambda v: v is False or (isinstance(v, float) and v > 0),
)
INTERLEAVED = Attribute("whether neighbours are pairs", (False, False, True), lambda v: isinstance(v, bool))
CAUSAL = Attribute(
    "upper_left, where the first query sees the first key, lower_right, where the last one sees all, or False",
    (False, False, "upper_left", "lower_right"),
    lambda v: v in ENDS,
)
FEW = (1, 2, 3)
HEADS = (1, 1, 2, 4)
SIZES = (1, 2, 3, 4, 8, 16, 17, 32, 64)
KEYS = (*EXTENTS, 127, 128, 129, 257)


def _scaled(scale: float, query: Real) -> float:
    return 1 / math.sqrt(max(query.shape[-1], 1)) if scale is False else scale


def _corner(causal: str | bool, queries: int, keys: int) -> np.ndarray:
    """Which keys each query sees."""
    if not causal:
        return np.ones((queries, keys), dtype=bool)
    return np.tri(queries, keys, keys - queries if causal == "lower_right" else 0, dtype=bool)


def _attention(query: Real, key: Real, value: Real, scale: float, causal: str | bool, unseen: str = "zeros") -> Real:
    visible = _corner(causal, query.shape[2], key.shape[2])
    return bounded.attention(query, key, value, _scaled(scale, query), visible, unseen)


def _masked(mask: Real, query: Real, key: Real, value: Real, scale: float, unseen: str = "zeros") -> Real:
    return bounded.attention(query, key, value, _scaled(scale, query), mask.value, unseen)


def _biased(bias: Real, query: Real, key: Real, value: Real, scale: float, unseen: str = "zeros") -> Real:
    everything = np.ones(bias.shape, dtype=bool)
    return bounded.attention(query, key, value, _scaled(scale, query), everything, unseen, bias)


def _shapes(extents: Sequence[int], way: str) -> list[Shape]:
    """The shapes of query, key and value; before them that of a mask, if any."""
    queries, keys, size, batch, groups, each = extents
    seen = (batch, groups, keys, size)
    mask = [(queries, keys)] if way == "mask" else []
    return [*mask, (batch, groups * each, queries, size), seen, seen]


def _answer(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    *_, query, _, value = shapes
    return (*query[:-1], value[-1])


def _work(shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    *_, query, key, _ = shapes
    return 2 * math.prod(query) * key[2]


def _fits(shapes: Sequence[Shape]) -> bool:
    *mask, query, key, value = shapes
    if any(len(x) != 4 for x in (query, key, value)) or key != value:
        return False
    heads = query[1] == 0 if key[1] == 0 else query[1] % key[1] == 0
    return heads and query[0] == key[0] and query[3] == key[3] and mask in ([], [(query[2], key[2])])


def _rotary(x: Real, cos: Real, sin: Real, interleaved: bool) -> Real:
    """x · cos + rotated x · sin, where rotation swaps each pair and negates the new first element."""
    half, places = cos.shape[-1], np.arange(x.shape[-1])
    angle = places // 2 if interleaved else places % max(half, 1)
    other = places ^ 1 if interleaved else (places + half) % max(2 * half, 1)
    first = places % 2 == 0 if interleaved else places < half
    heads = (cos.shape[0], 1, cos.shape[1], x.shape[-1])
    across, up = (bounded.reshaped(bounded.picked(each, angle), heads) for each in (cos, sin))
    turned = bounded.where(np.broadcast_to(first, heads), -up, up)
    return x * across + bounded.picked(x, other) * turned


def _rotary_shapes(extents: Sequence[int], way: str) -> list[Shape]:
    length, half, batch, heads = extents
    return [(batch, heads, length, 2 * half), *[(batch, length, half)] * 2]


def _rotary_fits(shapes: Sequence[Shape]) -> bool:
    x, cos, sin = shapes
    return len(x) == 4 and cos == sin == (x[0], x[2], x[3] // 2) and x[3] % 2 == 0


def _op(name: str, define: Callable[..., Any], says: str, first: tuple[str, ...] = (), **more: Any) -> Any:
    """An op with inputs before query, key and value."""
    at = len(first)
    return composed(
        name,
        define,
        says,
        (*first, "query", "key", "value"),
        _shapes,
        (EXTENTS, KEYS, SIZES, FEW, FEW, HEADS),
        ways=("mask",) if first else ("",),
        answers=_answer,
        empties=("",) * 38 + ("first", "first"),
        work=_work,
        fits=_fits,
        said="key and value have one shape [batch, heads, keys, size], query its batch, size and k times its heads",
        longer={"HeadSize": (at + 1, 3), "ValueLength": (at + 2, 2), "Heads": (at, 1)},
        choices=(UNSEEN,),
        values=MIXED,
        traits=("attends", "multiplies", "exponential"),
        **more,
    )


attention = _op(
    "attention",
    _attention,
    "softmax(query · keyᵀ · scale) · value of each head; if causal, of keys up to the query's own place.",
    attributes={"scale": SCALE, "causal": CAUSAL},
    pins=attention_pins.ATTENTION,
)
masked_attention = _op(
    "masked_attention",
    _masked,
    "As attention, of the keys that the mask says each query sees.",
    ("mask",),
    fixed={0: "bool"},
    attributes={"scale": SCALE},
    differentiable=("query", "key", "value"),
    pins=attention_pins.MASKED,
)
biased_attention = _op(
    "biased_attention",
    _biased,
    "As attention, of scores to which a bias is added; -infinity hides a key.",
    ("bias",),
    own={0: lambda shapes, attributes: Fill("masked", 3)},
    attributes={"scale": SCALE},
    pins=attention_pins.BIASED,
)
rotary_embedding = composed(
    "rotary_embedding",
    _rotary,
    "Pairs of x turned by angles, given as cos and sin: neighbours if interleaved, else those half a head apart.",
    ("x", "cos", "sin"),
    _rotary_shapes,
    (EXTENTS, SIZES, FEW, HEADS),
    fits=_rotary_fits,
    said="cos and sin have the shape [batch, length, size / 2] of an x of [batch, heads, length, size]",
    longer={"CosLength": (1, 1), "SinLength": (2, 1)},
    attributes={"interleaved": INTERLEAVED},
    values=MIXED,
    traits=("multiplies",),
    pins=attention_pins.ROTARY,
)
