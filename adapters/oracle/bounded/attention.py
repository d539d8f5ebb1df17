"""Attention: each query's weights over keys, and the weighted sum of values."""

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
"""The smallest normal number of float16: a weight below it may be flushed, together with the value it multiplies."""


def attention(
    query: Real, key: Real, value: Real, scale: float, visible: np.ndarray, unseen: str, bias: Real | None = None
) -> Real:
    """softmax(query · keyᵀ · scale + bias) · value per head; several query heads may share one key and value head.

    ``visible``: which keys each query sees. ``bias`` is added to the scores; -infinity in it hides a key. ``unseen``:
    the weights of a query that sees no key: zeros, nan, or any other word for equal weights. Hidden keys do not count.
    Where one is NaN or infinite, or its score may overflow before -infinity is added, the contract leaves the query's
    answer open. It is open too where the weighted sum may overflow before the division by the sum of exponentials.
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
    """Queries with a hidden key, or one whose weight may be flushed, that is not finite."""
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
    """Infinite for queries with a hidden key whose score may overflow."""
    over = (hidden & np.isinf(error)).any(-1, keepdims=True)
    return np.where(over, np.inf, otherwise) if over.any() else otherwise


def _unless_over_back(scores: Real, products: Real, seen: np.ndarray) -> Real:
    """``scores``, whose gradient is open where a hidden key's product may overflow."""

    def pull(g: Real, _: Real) -> list[Real | None]:
        local = lambda _, error, of: _rows_over(of, ~seen, error)  # noqa: E731
        return [Real(g.value, (g, products), local, lambda further, _: [further, None]), None]

    return Real(scores.value, (scores, products), lambda _, error, of: error, pull, span=scores.span)


def _unless_value_over(answer: Real, scores: Real, v: Real, seen: np.ndarray) -> Real:
    """``answer``, whose gradient by ``scores`` is open where the gradient by a hidden key's weight may overflow.

    The weight is 0, and 0 times infinity is NaN.
    """

    def pull(g: Real, y: Real) -> list[Real | None]:
        by_share = matmul(g, transposed(saved(v), (0, 1, 2, 4, 3))) - reduce_sum(g * saved(y), -1, True)
        nothing = np.zeros(scores.shape, scores.value.dtype)
        return [g, Real(nothing, (by_share,), lambda _, error: _rows_over(error, ~seen, nothing))]

    same = lambda _, error, of: error  # noqa: E731
    return Real(answer.value, (answer, scores), same, pull, either_zero=answer.either_zero)


def _undivided(answer: Real, scores: np.ndarray, v: Real) -> Real:
    """``answer``, open where the sum may overflow before it is divided."""
    with np.errstate(all="ignore"):
        top = scores.max(-1, keepdims=True, initial=-np.inf)
        finite = np.where(np.isfinite(v.value), np.abs(v.value), 0)
        total = np.exp(scores - np.where(np.isfinite(top), top, 0)) @ finite * (1 + SURELY)

    def local(formats: Formats, error: np.ndarray) -> np.ndarray:
        beyond = total > FORMATS[formats.compute].largest
        return np.where(beyond, np.inf, error) if beyond.any() else error

    return Real(answer.value, (answer,), local, lambda g, _: [g], either_zero=answer.either_zero)


def _scores(q: Real, k: Real, scale: float) -> Real:
    """Products scaled, or both operands scaled by the root first."""
    root, turned = math.sqrt(scale), transposed(k, (0, 1, 2, 4, 3))
    return any_form([matmul(q, turned) * scale, matmul(q * root, turned * root)], (q, k))


def _told(scores: Real, seen: np.ndarray, unseen: str, by_itself: bool) -> Real:
    """-infinity for hidden scores, unless ``by_itself``; a query that sees no key has equal scores, or NaN."""
    some = np.broadcast_to(seen.any(-1, keepdims=True), seen.shape)
    left = some | (unseen == "nan") if by_itself else seen
    if left.all():
        return scores
    lowest = np.where(some | (unseen == "nan"), -np.inf, 0.0)
    return _unless_hidden_over(where(left, scores, Real(lowest.astype(scores.value.dtype))), scores, seen)


def _unless_hidden_over(told: Real, scores: Real, seen: np.ndarray) -> Real:
    """``told``, open for a query with a hidden score that may overflow.

    -infinity may be added to it all the same: with +infinity, the sum is NaN.
    """
    local = lambda _, error, of: _rows_over(of, ~seen, error)  # noqa: E731
    return Real(told.value, (told, scores), local, lambda g, _: [g, None], span=told.span)


def _shares(told: Real, seen: np.ndarray, unseen: str, added_to: Real | None) -> Real:
    """``added_to``: the products to which -infinity is added; one that overflows gives NaN."""
    some = np.broadcast_to(seen.any(-1, keepdims=True), seen.shape)
    if unseen != "zeros" or some.all():
        return softmax(told, -1)
    return where(some, softmax(told, -1), 0.0 if added_to is None else _zeros(added_to))


def _zeros(products: Real) -> Real:
    """0 for each key of a query; open for a query whose products may overflow."""

    def local(_: Formats, error: np.ndarray) -> np.ndarray:
        return np.where(np.isinf(error).any(-1, keepdims=True), np.inf, 0.0)

    return Real(np.zeros(products.shape, products.value.dtype), (products,), local)


def _fused(scores: Real, shares: Real, values: Real) -> Real:
    """The same, but the gradient computes the sum over all keys as cotangent times the rounded answer.

    It uses the saved weights, or recomputes them from the scores and the rounded logarithm of their sum.
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
