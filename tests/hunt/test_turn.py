"""Which failure is looked at next: other severities and causes before more of one, empty tensors last."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from opassay.harness.hunt.bench import wording
from opassay.harness.hunt.failure import Failure
from opassay.harness.hunt.turn import in_turn
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.verdicts import severity


class Found:
    """What is asked of a finding here."""

    def __init__(self, failure: Failure) -> None:
        self.op, self.aspect, self.verdict = failure.case.op, failure.case.aspect, failure.verdict
        self.severity = severity(self.verdict, failure.case.empty)


def failed(op: str, verdict: str, said: str = "", cause: str = "", extent: int = 3) -> Failure:
    case = Case(op, (Tensor((extent,), "float32"),), {})
    return Failure(case, 0, verdict, frozenset({("t", wording(verdict, "Error", said))}), 1, said, cause)


def looked_at(failures: Sequence[Failure], count: int) -> list[Failure]:
    """The first failures, where each becomes a finding of its own."""
    chosen: list[Failure] = []
    for _ in range(count):
        rest = [failure for failure in failures if failure not in chosen]
        findings = [Found(failure) for failure in chosen]
        chosen.append(in_turn(rest, findings, {failure.hallmark for failure in chosen}))  # type: ignore[arg-type]
    return chosen


WRONG = [failed(f"wrong{number}", "numeric") for number in range(30)]


def test_a_crash_and_a_refusal_are_not_lost_behind_many_wrong_values() -> None:
    crash, refusal = failed("add", "crash"), failed("add", "rejects", "no kernel for uint8")
    first = looked_at([*WRONG, crash, refusal], 5)
    assert first[1:3] == [crash, refusal]
    assert [failure.verdict for failure in first] == ["numeric", "crash", "rejects", "numeric", "numeric"]


@pytest.mark.parametrize(
    ("alike", "other"),
    [
        ([failed(f"op{n}", "rejects", f"undefined symbol fmod at {n}") for n in range(9)], ("rejects", "no layout")),
        ([failed(f"op{n}", "special", cause="zeros_of_other_sign") for n in range(9)], ("special", "")),
    ],
    ids=["message", "mistake"],
)
def test_one_of_each_cause_comes_before_a_second_of_one(alike: list[Failure], other: tuple[str, str]) -> None:
    last = failed("zeta", *other, extent=50)
    assert last in looked_at([*alike, last], 2)


def test_what_needs_an_empty_tensor_comes_last_whatever_its_severity() -> None:
    empty = failed("a", "structural", extent=0)
    accepted = failed("b", "accepts")
    assert looked_at([empty, accepted], 2) == [accepted, empty]


def test_the_gravest_comes_first() -> None:
    failures = [failed("a", verdict) for verdict in ("accepts", "rejects", "crash", "structural")]
    assert [failure.verdict for failure in looked_at(failures, 4)] == ["structural", "crash", "rejects", "accepts"]


def test_a_message_of_other_numbers_is_one_hallmark_and_another_target_is_not() -> None:
    one, two = (failed(op, "rejects", f"no kernel for {op == 'a'} {n}") for n, op in ((1, "a"), (22, "a")))
    assert one.hallmark == two.hallmark
    elsewhere = Failure(one.case, 0, one.verdict, frozenset({("u", w) for _, w in one.sign}))
    assert elsewhere.hallmark != one.hallmark
    assert failed("a", "numeric").hallmark != failed("b", "numeric").hallmark
