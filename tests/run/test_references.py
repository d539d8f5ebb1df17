"""The oracle is asked once for all targets, and nothing is kept that nobody waits for."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from opassay.harness.find.registry import Registry
from opassay.harness.model.outcome import Crashed, Raised, Returned, TimedOut
from opassay.harness.model.target import Target
from opassay.harness.plan.generate import cases
from opassay.harness.run.judging import Judging
from opassay.harness.run.references import ReferenceCache

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


@pytest.mark.parametrize("outcome", [Raised("ValueError", "no"), Returned(()), Crashed("SIGABRT"), TimedOut(1.0)])
def test_a_valid_case_that_is_called_invalid_is_a_fault_whatever_it_comes_to(outcome):
    case = replace(CASES[0], aspect="error", rule="RankOne")
    judgement = Judging().judge(
        SimpleNamespace(label="a", rules=(), target=Target("a", "eager")), MATMUL, case, outcome, 1
    )
    assert judgement.verdict == "fault"
    assert "it does not break 'RankOne'" in judgement.message


def test_whether_a_case_breaks_the_contract_is_asked_once_for_all_targets(counted):
    op, asked = counted
    _, case = next(cases(op, "error", 0, 0, 1, 1))
    judging = Judging()
    lanes = [SimpleNamespace(label=label, rules=(), target=Target(label, "eager")) for label in "abc"]
    found = [judging.judge(lane, op, case, Raised("ValueError", "no"), 3).verdict for lane in lanes]
    assert (found, len(asked)) == (["pass"] * 3, 1)


def test_the_oldest_go_when_all_are_too_large(counted):
    op, asked = counted
    cache = ReferenceCache(limit=1)
    cache.get(op, CASES[0], (), 2)
    cache.get(op, CASES[1], (), 2)
    cache.get(op, CASES[0], (), 2)
    assert len(asked) == 3
