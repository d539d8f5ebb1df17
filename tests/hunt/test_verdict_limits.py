"""How many verdicts shrinking may take: fewer where each of them is slow."""

import pytest

from opassay.harness.hunt.examine import verdict_limit
from opassay.harness.hunt.shrink import LIMIT


@pytest.mark.parametrize(
    ("verdict", "words", "limit"),
    [("structural", "", LIMIT), ("rejects", "ValueError memory", LIMIT), ("crash", "SIGABRT", 40), ("hang", "", 8)],
)
def test_a_verdict_that_costs_a_worker_is_asked_for_less_often(verdict, words, limit):
    assert verdict_limit(verdict, frozenset({("torch", words)})) == limit


def test_a_worker_that_grows_is_as_slow_as_one_that_hangs():
    sign = frozenset({("torch", "SIGABRT"), ("jax", "memory")})
    assert verdict_limit("crash", sign) == verdict_limit("hang", frozenset())
