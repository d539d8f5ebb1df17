"""What a worker compiles: each program once for all the values of a batch, also where one case spoils it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from opassay.adapters import programs
from opassay.harness.judge.verdict import judge
from opassay.harness.model.adapter import Adapter
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.outcome import Raised, Returned
from opassay.harness.worker import wire
from opassay.harness.worker.execute import Executor

ROWS = 8
REFUSED = 5
VALUES = 3


class Counting(Adapter):
    """Counts what it compiles; refuses one shape, when the program runs."""

    name = "counting"
    modes = ("fused", "single")
    fused_modes = frozenset({"fused"})

    def __init__(self) -> None:
        super().__init__()
        self.compiled = 0
        self.given: list[int] = []

    def devices(self) -> Sequence[str]:
        return ("cpu",)

    def to_native(self, array: np.ndarray) -> np.ndarray:
        return array.copy()

    def arguments(self, arrays: Sequence[np.ndarray], mode: str) -> Sequence[np.ndarray]:
        self.given.append(len(arrays))
        return super().arguments(arrays, mode)

    def to_numpy(self, value: np.ndarray) -> np.ndarray:
        return value

    def compile(self, fn: Callable[..., Any], mode: str) -> Callable[..., Any]:
        self.compiled += 1
        return fn

    def relu(self, x: np.ndarray) -> np.ndarray:
        if len(x) == REFUSED:
            raise RuntimeError("refused")
        return np.maximum(x, 0)


def batch() -> list[Case]:
    """Each geometry with several fills, as the engine sends them."""
    return [
        Case("relu", (Tensor((rows, 2), "float32", Fill("ints", key)),))
        for rows in range(1, ROWS + 1)
        for key in range(VALUES)
    ]


def answers(cases: Sequence[Case], mode: str, fuse: bool = True) -> tuple[Counting, dict[int, Any]]:
    adapter = Counting()
    return adapter, dict(Executor(adapter, mode, programs, (), 2**30).run(cases, fuse))


@pytest.mark.parametrize("mode", ["fused", "single"])
def test_every_case_gets_its_own_answer(mode: str) -> None:
    cases = batch()
    _, found = answers(cases, mode)
    assert sorted(found) == list(range(len(cases)))
    for position, case in enumerate(cases):
        if case.tensors[0].shape[0] == REFUSED:
            assert isinstance(found[position], Raised)
        else:
            assert isinstance(found[position], Returned)
            np.testing.assert_array_equal(found[position].arrays[0], np.maximum(case.inputs()[0], 0))


def test_a_program_that_runs_is_compiled_once_for_all_values() -> None:
    adapter, found = answers([case for case in batch() if case.tensors[0].shape[0] != REFUSED], "fused")
    assert adapter.compiled == 1
    assert adapter.given == [ROWS - 1] * VALUES
    assert all(isinstance(outcome, Returned) for outcome in found.values())


def test_a_program_holds_no_more_ops_than_the_adapter_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counting, "fused_ops", 3)
    adapter, _ = answers([case for case in batch() if case.tensors[0].shape[0] != REFUSED], "fused")
    assert adapter.compiled == 3
    assert adapter.given == [3, 3, 1] * VALUES


@pytest.mark.parametrize(("refused", "programs_made"), [(1, 7), (5, 6), (8, 5)])
def test_the_halves_of_a_spoilt_program_are_compiled_once_for_all_values(
    refused: int, programs_made: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of eight rows the whole, then of each half the first, and the second unless it is known to be spoilt."""
    monkeypatch.setattr(Counting, "frameworks", (__name__,))
    monkeypatch.setattr(f"{__name__}.REFUSED", refused)
    adapter, found = answers(batch(), "fused")
    assert adapter.compiled == programs_made
    assert [type(found[i]) is Raised for i in sorted(found)] == [i // VALUES == refused - 1 for i in range(len(found))]


def test_a_program_that_failed_is_not_tried_with_other_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counting, "frameworks", (__name__,))
    adapter, _ = answers(batch(), "fused")
    alone = [2] * VALUES  # rows 5 and 6, each by itself
    assert sorted(adapter.given) == sorted([8, 4, 2, 2, *[4, 2] * (VALUES - 1), *[1] * sum(alone)])


def test_two_guilty_cases_are_both_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Counting, x: np.ndarray) -> np.ndarray:
        if len(x) in (2, 7):
            raise RuntimeError("refused")
        return np.maximum(x, 0)

    monkeypatch.setattr(Counting, "relu", refuse)
    _, found = answers(batch(), "fused")
    assert {i // VALUES + 1 for i, outcome in found.items() if isinstance(outcome, Raised)} == {2, 7}


def test_a_case_is_made_anew_only_where_its_traceback_leaves_open_whose_error_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cases = [case for case in batch() if case.tensors[0].shape[0] == REFUSED][:1]
    assert answers(cases, "single")[0].compiled == 2
    monkeypatch.setattr(Counting, "frameworks", (__name__,))
    adapter, found = answers(cases, "single")
    assert (adapter.compiled, found[0].origin) == (1, "framework")


def test_what_is_not_fused_is_compiled_once_for_all_values_too() -> None:
    adapter, _ = answers([case for case in batch() if case.tensors[0].shape[0] != REFUSED], "single")
    assert adapter.compiled == ROWS - 1


def test_the_next_batch_is_compiled_anew() -> None:
    adapter = Counting()
    executor = Executor(adapter, "single", programs, (), 2**30)
    for _ in range(2):
        assert len(list(executor.run(batch()[:VALUES], True))) == VALUES
    assert adapter.compiled == 2


def test_cases_that_break_a_rule_are_compiled_each_alone() -> None:
    cases = [Case(c.op, c.tensors, aspect="error", rule="Rank") for c in batch() if c.tensors[0].shape[0] != REFUSED]
    adapter, found = answers(cases, "fused")
    assert adapter.compiled == ROWS - 1
    assert adapter.given == [1] * len(cases)
    assert len(found) == len(cases)


@pytest.mark.parametrize("refused", [False, True])
def test_what_a_mode_leaves_to_somebody_else_is_no_verdict_on_invalid_input(
    refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Counting, "fallback", lambda self: "the graph was broken up")
    case = Case("relu", (Tensor((REFUSED if refused else 1, 2), "float32"),), aspect="error", rule="Rank")
    outcome = answers([case], "fused")[1][0]
    assert isinstance(outcome, Raised if refused else Returned)
    judgement = judge(case, wire.unpack(*packed(outcome)), (), ())
    assert judgement.verdict == "fallback"
    assert "the graph was broken up" in judgement.message


def test_of_a_long_message_both_ends_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Counting, *given: Any, **how: Any) -> Any:
        raise ValueError("in user code: " + "a frame, " * 1000 + "the cause")

    monkeypatch.setattr(Counting, "relu", refuse)
    outcome = answers([Case("relu", (Tensor((1, 2), "float32"),))], "single")[1][0]
    assert isinstance(outcome, Raised)
    assert outcome.message.startswith("in user code: a frame, ")
    assert outcome.message.endswith("the cause")
    assert len(outcome.message) < 2100


def packed(outcome: Any) -> tuple[dict[str, Any], list[bytes]]:
    """As it reaches the parent; the adapter of these tests is its own framework."""
    header, buffers = wire.pack(outcome)
    return {**header, "origin": "framework"}, [array.tobytes() for array in buffers]
