"""Mistakes of ops that move elements."""

from __future__ import annotations

from collections.abc import Iterator

from opassay.adapters.oracle.hypotheses.question import References, attempts
from opassay.harness.model.hypothesis import Hypothesis, Question

OTHER = {"DCR": "CRD", "CRD": "DCR"}


def _other_order(question: Question) -> Iterator[References]:
    yield from attempts(question.but(order=OTHER[question.attributes["order"]]))


HYPOTHESES = (
    Hypothesis(
        "block_order_swapped",
        "channels are blocks of their own where they should be channels of a block, or the other way round",
        _other_order,
        ("depth_to_space", "space_to_depth"),
    ),
)
