"""Attention: shares of keys for each query, by which values are added up."""

from __future__ import annotations

import math

import numpy as np

from opassay.adapters.oracle.bounded.forms import any_form
from opassay.adapters.oracle.bounded.products import matmul
from opassay.adapters.oracle.bounded.real import Real, for_finite, left_open, saved
from opassay.adapters.oracle.bounded.reductions import reduce_sum
from opassay.adapters.oracle.bounded.selection import where
from opassay.adapters.oracle.bounded.shares import softmax
from opassay.adapters.oracle.bounded.sums import fit, reshaped, transposed

OPTIONS = {"zeros": 0.0, "nan": math.nan}
"""What a query that sees no key has for shares; all alike under any other option."""

LEAST = 2.0**-14
"""The smallest normal number of float16: a share below may be lost, and what it is multiplied by does not count."""


def attention(
    query: Real, key: Real, value: Real, scale: float, visible: np.ndarray, unseen: str, bias: Real | None = None
) -> Real:
    """softmax(query · keyᵀ · scale + bias) · value of heads, of which several queries may have one key and value.

    ``visible``: which keys each query sees. ``bias`` is added to what they have in common; what makes it -infinity is
    not seen. What is hidden counts for nothing; where it is no number, the contract leaves the query's answer open.
    """
    n, heads, length, size = query.shape
    groups, keys = key.shape[1:3]
    q = reshaped(query, (n, groups, heads // max(groups, 1), length, size))
    k, v = (reshaped(x, (n, groups, 1, keys, x.shape[-1])) for x in (key, value))
    products = _scores(q, k, scale)
    scores = products if bias is None else products + bias
    visible = visible if bias is None else visible & (bias.value != -np.inf)
    seen = np.broadcast_to(visible, scores.shape)
    strange = _strange(products.value, scores.value, v.value, seen)
    told = _told(_opened(scores, strange), seen)
    shares = _opened(_shares(told, seen, unseen), strange)
    answer = for_finite(any_form([matmul(shares, v), _fused(told, shares, v)], (told, v)))
    return reshaped(_opened(answer, strange), (n, heads, length, value.shape[-1]))


def _strange(products: np.ndarray, scores: np.ndarray, values: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Queries that meet something that is no number, beside what is hidden or with a share that a format may lose."""
    unknown = ~np.isfinite(values).all(-1)[..., None, :]
    met = (unknown | ~np.isfinite(products)).any(-1, keepdims=True) & ~seen.all(-1, keepdims=True)
    told = np.where(seen, scores, -np.inf)
    with np.errstate(invalid="ignore"):
        below = told - told.max(-1, keepdims=True, initial=-np.inf)
    lost = unknown & ~(below > math.log(LEAST * max(seen.shape[-1], 1)))
    return np.asarray(met | lost.any(-1, keepdims=True))


def _opened(x: Real, strange: np.ndarray) -> Real:
    return left_open(x, np.broadcast_to(strange, x.shape)) if strange.any() else x


def _scores(q: Real, k: Real, scale: float) -> Real:
    """Scaled as products, or before, each operand by the root."""
    root, turned = math.sqrt(scale), transposed(k, (0, 1, 2, 4, 3))
    return any_form([matmul(q, turned) * scale, matmul(q * root, turned * root)], (q, k))


def _told(scores: Real, seen: np.ndarray) -> Real:
    """-infinity for what is hidden; all alike where everything is."""
    if seen.all():
        return scores
    lowest = np.where(seen.any(-1, keepdims=True), -np.inf, 0.0)
    return where(seen, scores, Real(np.broadcast_to(lowest, seen.shape).astype(scores.value.dtype)))


def _shares(scores: Real, seen: np.ndarray, unseen: str) -> Real:
    some = seen.any(-1, keepdims=True)
    shares = softmax(scores, -1)
    if some.all() or unseen not in OPTIONS:
        return shares
    return where(np.broadcast_to(some, seen.shape), shares, OPTIONS[unseen])


def _fused(scores: Real, shares: Real, values: Real) -> Real:
    """The same, but that a gradient finds the sum over all keys as cotangent times answer, which was rounded."""
    product = matmul(shares, values)

    def pull(g: Real, y: Real) -> list[Real | None]:
        p, v = saved(shares), saved(values)
        by_key = matmul(g, transposed(v, (0, 1, 2, 4, 3)))
        back = transposed(p, (0, 1, 2, 4, 3))
        by_value = fit(matmul(back, g), values.shape)
        return [None, p * (by_key - reduce_sum(g * saved(y), -1, True)), by_value]

    return Real(product.value, (product, scores, values), lambda _, error, *others: error, pull)
