"""``AdapterContract``: the tests that every adapter passes, to be inherited by the adapter's own tests."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import ClassVar

import pytest

from opassay.harness.contract.excused import chosen, excused
from opassay.harness.contract.interview import interview
from opassay.harness.contract.observe import Observation
from opassay.harness.contract.promises import line, told


class AdapterContract:
    """Inherit it in your tests, name your adapter, and pytest runs every check::

        from opassay import AdapterContract

        class TestMyAdapter(AdapterContract):
            adapter = "my_package.adapter:MyAdapter"

    The framework is imported in a process of its own only. A question that ends it is not as promised, and a new one
    goes on behind it. What needs an op that the adapter lacks is skipped, what it declares as a limit is not asked, and
    what its facts, choices and baseline cover is known.

    ``device``: the one to ask. ``mode``: the one whose process is asked, where the adapter must know it before it
    imports its framework (``OPASSAY_MODE``, which a worker has too). ``absent``: exactly the ops with a worked example
    that the adapter must lack; None does not check it.
    ``sample``: (n, k) asks every n-th of the ops that belong to a class, from the k-th on, and every op in a quarter
    of its dtypes (all, half or a third of them for an n of 1, 2 or 3).
    ``zeros_for_unconnected``: whether the framework cannot tell a gradient of zeros from none at all, as JAX cannot; an
    adapter that follows the choice ``zeros`` of ``unconnected`` need not say so again.
    ``timeout``: seconds for all questions together.
    """

    adapter: ClassVar[str]
    device: ClassVar[str] = "cpu"
    mode: ClassVar[str] = ""
    absent: ClassVar[tuple[str, ...] | None] = None
    sample: ClassVar[tuple[int, int]] = (1, 0)
    zeros_for_unconnected: ClassVar[bool] = False
    timeout: ClassVar[float] = 600.0

    def observations(self, *checks: str) -> list[Observation]:
        """What was seen of these checks. Fails when the adapter could not be asked to the end."""
        found = interview(self.adapter, self.device, self.timeout, self.mode, self.sample)
        if found.problem:
            pytest.fail(f"{self.adapter} could not be asked everything: {found.problem}", pytrace=False)
        return [o for o in found.seen if o["check"] in checks]

    def agrees(self, *checks: str) -> None:
        """Fail with a line for each observation that is not as promised; skip where nothing could be asked."""
        seen = self.observations(*checks)
        differing = [o for o in seen if not o["ok"]]
        wrong = self._unknown(differing)
        if wrong:
            pytest.fail(told(wrong, len(seen), len(differing) - len(wrong)), pytrace=False)
        if not seen:
            pytest.skip("the adapter has nothing that could be asked here")

    def _unknown(self, wrong: Sequence[Observation]) -> list[Observation]:
        """Those that no known difference of the adapter covers."""
        if not any("case" in o for o in wrong):
            return list(wrong)
        known = _excused(self.adapter, self.device, self.timeout, self.mode, self.sample)
        return [o for o in wrong if (o["check"], o.get("case_id")) not in known]

    def test_methods_are_ops_of_the_interface(self) -> None:
        self.agrees("ops")
        lacking = {o["about"] for o in self.observations("absent")}
        if self.absent is not None and lacking != set(self.absent):
            pytest.fail(f"absent are {sorted(lacking)}, expected {sorted(self.absent)}", pytrace=False)

    def test_version_and_origin_are_told(self) -> None:
        self.agrees("identity")

    def test_every_dtype_in_every_memory_kind_comes_back_bit_for_bit(self) -> None:
        self.agrees("round_trip")

    def test_tensors_share_no_memory_with_arrays(self) -> None:
        self.agrees("owns_its_data")

    def test_inputs_are_not_changed(self) -> None:
        self.agrees("inputs_kept")

    def test_outputs_have_the_dtype_of_the_contract(self) -> None:
        self.agrees("dtype_kept")

    def test_outputs_have_the_shape_of_the_contract(self) -> None:
        self.agrees("shape_kept")

    def test_answers_lie_on_the_device_that_was_asked_for(self) -> None:
        self.agrees("device")

    def test_worked_examples_come_out(self) -> None:
        self.agrees("worked_example")

    def test_invalid_input_makes_the_framework_raise(self) -> None:
        self.agrees("error")

    def test_limits_are_sentences_true_and_said_before_the_call(self) -> None:
        self.agrees("limit_is_a_sentence", "limit_is_real", "limit_before_call")

    def test_vjp_takes_several_outputs_inputs_and_cotangents(self) -> None:
        self.agrees("vjp")

    def test_vjp_says_which_inputs_are_unconnected(self) -> None:
        if not (self.zeros_for_unconnected or chosen(self.adapter, self.mode, "unconnected", "zeros")):
            self.agrees("unconnected")
            return
        seen = self.observations("unconnected")
        others = [line(o) for o in seen if not (o["ok"] or _zeros(o["saw"]))]
        if others or all(o["ok"] for o in seen):
            pytest.fail("\n".join(["expected zeros for unconnected inputs", *others]), pytrace=False)

    def test_batches_answer_what_single_cases_answer(self) -> None:
        self.agrees("batch")


@cache
def _excused(
    location: str, device: str, timeout: float, mode: str, sample: tuple[int, int]
) -> frozenset[tuple[str, str]]:
    """Of all that was seen of an adapter, what is known: asked once for all tests."""
    seen = interview(location, device, timeout, mode, sample).seen
    return excused(location, device, [o for o in seen if "case" in o])


def _zeros(text: str) -> bool:
    """Whether the text of an array shows zeros only."""
    return not text.strip("[] ").replace("0.", "").strip()
