"""Mistakes of blockwise attention, which keeps a running maximum of scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from opassay.adapters.oracle.hypotheses.question import References, ask
from opassay.adapters.oracle.linear import wide
from opassay.harness.model.hypothesis import Hypothesis, Question

OPS = ("attention", "masked_attention", "biased_attention")


def _nothing_seen(question: Question) -> Iterator[References]:
    """A maximum that starts at -infinity skips NaN; where it stays -infinity, the answer is 0."""
    (found,) = ask(question)
    *first, query, key, _ = map(wide, question.inputs)
    several = query.shape[1] // max(key.shape[1], 1)
    with np.errstate(all="ignore"):
        scores = query @ np.swapaxes(np.repeat(key, several, 1), 2, 3)
        scores = scores + first[0] if question.op == "biased_attention" else scores
    nothing = (np.isnan(scores) | (scores == -np.inf)).all(-1, keepdims=True)
    yield (replace(found, exact=np.where(nothing, 0.0, found.exact)),)


HYPOTHESES = (
    Hypothesis(
        "nan_seen_by_nobody", "a query whose scores are all NaN or -infinity has 0", _nothing_seen, OPS, ("value",)
    ),
)
