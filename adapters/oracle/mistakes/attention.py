"""Attention and rotations: wrong scales, causal corners, groups and tails."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from opassay.adapters.oracle.mistakes.elements import computed
from opassay.adapters.oracle.mistakes.made import asked, mistakes
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.mistake import Arrays, Kernel

Array = np.ndarray
OPS = ("attention", "masked_attention", "biased_attention")


def _rescaled(change: Callable[[int], float]) -> Kernel:
    """Another scale, by the size of a head."""

    def kernel(question: Question, told: Arrays) -> Arrays:
        size, scale = question.inputs[-1].shape[-1], question.attributes["scale"]
        return told if scale is not False else asked(question, told, scale=change(size))

    return kernel


def _cornered(causal: str, other: str | bool) -> Kernel:
    """Another corner of the causal mask than requested."""

    def kernel(question: Question, told: Arrays) -> Arrays:
        return asked(question, told, causal=other) if question.attributes["causal"] == causal else told

    return kernel


def _but_the_last(question: Question, told: Arrays) -> Arrays:
    """The last key is left out."""
    *mask, query, key, value = question.inputs
    if key.shape[2] < 2:
        return told
    shorter = [*(m[:, :-1] for m in mask), query, key[:, :, :-1], value[:, :, :-1]]
    return told if question.attributes.get("causal") == "lower_right" else asked(question, told, inputs=shorter)


def _interleaved_heads(question: Question, told: Arrays) -> Arrays:
    """Query heads take keys in turn, not in contiguous groups."""
    *mask, query, key, value = question.inputs
    heads, groups = query.shape[1], key.shape[1]
    if not heads or heads == groups:
        return told
    order = np.arange(heads).reshape(-1, groups).T.ravel()
    (found,) = asked(question, told, inputs=[*mask, query[:, order], key, value])
    return (None if found is None else found[:, np.argsort(order)],)


def _sentinel(mask: Array, query: Array, key: Array, value: Array, scale: Any) -> Array:
    """Hidden keys get the score -5e4: real scores may be near it, and a fully hidden row has equal weights."""
    wide = np.longdouble if query.dtype == np.float64 else np.float64
    times = scale or 1 / math.sqrt(query.shape[-1])
    k, v = (np.repeat(x.astype(wide), query.shape[1] // max(x.shape[1], 1), 1) for x in (key, value))
    products: Array = query.astype(wide) @ np.swapaxes(k, 2, 3)
    scores = np.where(mask, products * wide(times), -5e4)
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    return np.asarray(shares / shares.sum(-1, keepdims=True) @ v)


def _turned_back(question: Question, told: Arrays) -> Arrays:
    x, cos, sin = question.inputs
    return asked(question, told, inputs=[x, cos, dtypes.narrow(-dtypes.widen(sin), dtypes.dtype_name(sin))])


def _other_pairs(question: Question, told: Arrays) -> Arrays:
    return asked(question, told, interleaved=not question.attributes["interleaved"])


MISTAKES = (
    *mistakes("scale_of_one_more", "the scale is 1 / √(size + 1)", _rescaled(lambda n: 1 / math.sqrt(n + 1)), OPS),
    *mistakes("scale_not_rooted", "the scale is 1 / size", _rescaled(lambda n: 1 / max(n, 1)), OPS),
    *mistakes("last_key_left_out", "the last key is left out", _but_the_last, OPS),
    *mistakes("heads_in_turn", "query heads take keys in turn", _interleaved_heads, OPS),
    *mistakes(
        "corner_upper_left",
        "what ends in the lower right begins in the upper left",
        _cornered("lower_right", "upper_left"),
        "attention",
    ),
    *mistakes("not_causal", "every key is seen", _cornered("upper_left", False), "attention"),
    *mistakes("finite_sentinel", "what is hidden has a score of -5e4", computed(_sentinel), "masked_attention"),
    *mistakes("turned_back", "turned by the opposite angle", _turned_back, "rotary_embedding"),
    *mistakes("other_pairs", "neighbours for halves, and halves for neighbours", _other_pairs, "rotary_embedding"),
)
