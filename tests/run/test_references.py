"""The oracle is asked once for all targets, and nothing is kept that nobody waits for."""

from dataclasses import replace

import pytest

from harness.registry import Registry
from harness.run.generate import cases
from harness.run.references import ReferenceCache

MATMUL = Registry().op("matmul")
CASES = [case for _, case in cases(MATMUL, "value", 0, 0, 4, 1)]


@pytest.fixture
def counted():
    """matmul, and how often its oracle was asked."""
    asked = []

    def reference(attributes, inputs):
        asked.append(inputs)
        return MATMUL.reference(attributes, inputs)

    return replace(MATMUL, reference=reference), asked


def test_three_targets_share_one_answer_and_the_last_one_takes_it_away(counted):
    op, asked = counted
    cache = ReferenceCache()
    found = [cache.get(op, CASES[0], (), 3) for _ in range(3)]
    assert len(asked) == 1
    assert found[0] is found[1] is found[2]
    cache.get(op, CASES[0], (), 3)
    assert len(asked) == 2


def test_for_one_target_nothing_is_kept(counted):
    op, asked = counted
    cache = ReferenceCache()
    for _ in range(2):
        cache.get(op, CASES[0], (), 1)
    assert len(asked) == 2


def test_the_oldest_go_when_all_are_too_large(counted):
    op, asked = counted
    cache = ReferenceCache(limit=1)
    cache.get(op, CASES[0], (), 2)
    cache.get(op, CASES[1], (), 2)
    cache.get(op, CASES[0], (), 2)
    assert len(asked) == 3
