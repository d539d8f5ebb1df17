"""Attention: shares of keys for each query, by which values are added up."""

from __future__ import annotations

import math

import numpy as np

from opassay.adapters.oracle.bounded.elementary import exp
from opassay.adapters.oracle.bounded.formats import Formats
from opassay.adapters.oracle.bounded.forms import any_form, either_known
from opassay.adapters.oracle.bounded.products import matmul
from opassay.adapters.oracle.bounded.real import Real, for_finite, left_open, saved
from opassay.adapters.oracle.bounded.reductions import reduce_sum
from opassay.adapters.oracle.bounded.selection import where
from opassay.adapters.oracle.bounded.shares import SURELY, logsumexp, softmax
from opassay.adapters.oracle.bounded.sums import fit, reshaped, transposed
from opassay.harness.model.dtypes import FORMATS

LEAST = 2.0**-14
"""The smallest normal number of float16: a share below may be lost, and what it is multiplied by does not count."""


def attention(
    query: Real, key: Real, value: Real, scale: float, visible: np.ndarray, unseen: str, bias: Real | None = None
) -> Real:
    """softmax(query · keyᵀ · scale + bias) · value of heads, of which several queries may have one key and value.

    ``visible``: which keys each query sees. ``bias`` is added to what they have in common; what makes it -infinity is
    not seen. ``unseen``: what a query that sees no key has for shares: zeros, nan, or any word for all alike. What is
    hidden counts for nothing; where it is no number, or its score may overflow before -infinity is added to it, the
    contract leaves the query's answer open. So it does where the sum of values, by exponentials that are not divided
    yet, may overflow.
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
    scores = scores if bias is None else _unless_over_back(scores, products, seen)
    told = _told(_opened(scores, strange), seen, unseen, bias is not None)
    shares = _opened(_shares(told, seen, unseen, None if bias is None else products), strange)
    answer = _undivided(for_finite(any_form([matmul(shares, v), _fused(told, shares, v)], (told, v))), told.value, v)
    answer = answer if seen.all() else _unless_value_over(answer, scores, v, seen)
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


def _rows_over(error: np.ndarray, hidden: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """Infinite for queries with a hidden key of which nothing is known, since it may overflow."""
    over = (hidden & np.isinf(error)).any(-1, keepdims=True)
    return np.where(over, np.inf, otherwise) if over.any() else otherwise


def _unless_over_back(scores: Real, products: Real, seen: np.ndarray) -> Real:
    """``scores``, whose gradient is open where a hidden key's product may overflow."""

    def pull(g: Real, _: Real) -> list[Real | None]:
        local = lambda _, error, of: _rows_over(of, ~seen, error)  # noqa: E731
        return [Real(g.value, (g, products), local, lambda further, _: [further, None]), None]

    return Real(scores.value, (scores, products), lambda _, error, of: error, pull, span=scores.span)


def _unless_value_over(answer: Real, scores: Real, v: Real, seen: np.ndarray) -> Real:
    """``answer``, whose gradient by ``scores`` is open where the slope by a hidden key's share may overflow.

    The share is 0, and 0 times infinity is NaN.
    """

    def pull(g: Real, y: Real) -> list[Real | None]:
        by_share = matmul(g, transposed(saved(v), (0, 1, 2, 4, 3))) - reduce_sum(g * saved(y), -1, True)
        nothing = np.zeros(scores.shape, scores.value.dtype)
        return [g, Real(nothing, (by_share,), lambda _, error: _rows_over(error, ~seen, nothing))]

    same = lambda _, error, of: error  # noqa: E731
    return Real(answer.value, (answer, scores), same, pull, either_zero=answer.either_zero)


def _undivided(answer: Real, scores: np.ndarray, v: Real) -> Real:
    """``answer``, of which nothing is known where the sum that is divided last may overflow."""
    with np.errstate(all="ignore"):
        top = scores.max(-1, keepdims=True, initial=-np.inf)
        finite = np.where(np.isfinite(v.value), np.abs(v.value), 0)
        total = np.exp(scores - np.where(np.isfinite(top), top, 0)) @ finite * (1 + SURELY)

    def local(formats: Formats, error: np.ndarray) -> np.ndarray:
        beyond = total > FORMATS[formats.compute].largest
        return np.where(beyond, np.inf, error) if beyond.any() else error

    return Real(answer.value, (answer,), local, lambda g, _: [g], either_zero=answer.either_zero)


def _scores(q: Real, k: Real, scale: float) -> Real:
    """Scaled as products, or before, each operand by the root."""
    root, turned = math.sqrt(scale), transposed(k, (0, 1, 2, 4, 3))
    return any_form([matmul(q, turned) * scale, matmul(q * root, turned * root)], (q, k))


def _told(scores: Real, seen: np.ndarray, unseen: str, by_itself: bool) -> Real:
    """-infinity for what is hidden, unless it is ``by_itself``; for a query that sees no key all alike, or NaN."""
    some = np.broadcast_to(seen.any(-1, keepdims=True), seen.shape)
    left = some | (unseen == "nan") if by_itself else seen
    if left.all():
        return scores
    lowest = np.where(some | (unseen == "nan"), -np.inf, 0.0)
    return _unless_hidden_over(where(left, scores, Real(lowest.astype(scores.value.dtype))), scores, seen)


def _unless_hidden_over(told: Real, scores: Real, seen: np.ndarray) -> Real:
    """``told``, of which nothing is known for a query with a hidden score that may overflow.

    -infinity may be added to it all the same, and makes NaN of the other infinity.
    """
    local = lambda _, error, of: _rows_over(of, ~seen, error)  # noqa: E731
    return Real(told.value, (told, scores), local, lambda g, _: [g, None], span=told.span)


def _shares(told: Real, seen: np.ndarray, unseen: str, added_to: Real | None) -> Real:
    """``added_to``: the products to which -infinity is added, of which one that overflows makes NaN."""
    some = np.broadcast_to(seen.any(-1, keepdims=True), seen.shape)
    if unseen != "zeros" or some.all():
        return softmax(told, -1)
    return where(some, softmax(told, -1), 0.0 if added_to is None else _zeros(added_to))


def _zeros(products: Real) -> Real:
    """0 for each key of a query; of one whose products may overflow nothing is known."""

    def local(_: Formats, error: np.ndarray) -> np.ndarray:
        return np.where(np.isinf(error).any(-1, keepdims=True), np.inf, 0.0)

    return Real(np.zeros(products.shape, products.value.dtype), (products,), local)


def _fused(scores: Real, shares: Real, values: Real) -> Real:
    """The same, but that a gradient finds the sum over all keys as cotangent times answer, which was rounded.

    It finds the shares, too, or makes them again of the scores and the logarithm of their sum, which was rounded.
    """
    product = matmul(shares, values)

    def pull(g: Real, y: Real) -> list[Real | None]:
        again = exp(scores - saved(logsumexp(scores, -1, True)))
        p, v = either_known(saved(shares), again), saved(values)
        by_key = matmul(g, transposed(v, (0, 1, 2, 4, 3)))
        back = transposed(p, (0, 1, 2, 4, 3))
        by_value = fit(matmul(back, g), values.shape)
        return [None, p * (by_key - reduce_sum(g * saved(y), -1, True)), by_value]

    return Real(product.value, (product, scores, values), lambda _, error, *others: error, pull)
