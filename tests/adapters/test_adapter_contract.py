"""Our own adapters pass the suite that every adapter inherits: torch all of it, the others a share of its ops."""

from __future__ import annotations

import importlib

import pytest

from opassay.harness.contract.suite import AdapterContract
from opassay.harness.find import found
from opassay.harness.find.completeness import Reader
from opassay.harness.find.registry import PROGRAMS, Registry
from opassay.harness.model.dtypes import DTYPES

pytestmark = pytest.mark.slow

SINGLE = [op for op in found.ops() if op not in importlib.import_module(PROGRAMS).PROGRAMS]
WHOLE = [op.name for op in Registry().ops() if not op.staged and not op.of_a_class]
"""What an adapter that is whole has; of the others each has some."""


class Whole(AdapterContract):
    """An adapter that has every op: nothing of the suite may be left out."""

    absent = ()

    def count(self, check: str) -> int:
        return len(self.observations(check))

    def test_nothing_was_left_out(self) -> None:
        assert self.count("round_trip") == len(DTYPES) * 7 * 2
        assert self.count("owns_its_data") == len(DTYPES)
        assert self.count("inputs_kept") >= len(WHOLE)
        assert self.count("worked_example") >= 22
        assert self.count("error") >= 11
        assert self.count("vjp") >= 12
        assert self.count("unconnected") >= 5
        assert self.count("batch") >= 2 * len(WHOLE)

    def test_three_of_four_combinations_of_op_and_dtype_are_supported(self) -> None:
        supported = self.count("dtype_kept")
        assert supported >= 0.75 * (supported + self.count("limit_is_real"))

    def test_the_completeness_table_has_every_op_and_every_limit_that_was_met(self) -> None:
        told = Reader(self.adapter, SINGLE).read()
        assert set(told) >= set(WHOLE)
        met = {o["about"].split()[0] for o in self.observations("limit_is_real")}
        assert met <= {op for op, limited in told.items() if limited}


class TestTorch(Whole):
    sample = (4, 1)
    adapter = "opassay.adapters.torch.adapter:TorchAdapter"


class TestTensorFlow(Whole):
    sample = (6, 0)
    adapter = "opassay.adapters.tensorflow.adapter:TensorFlowAdapter"


class TestJax(Whole):
    sample = (20, 1)
    adapter = "opassay.adapters.jax.adapter:JaxAdapter"
    zeros_for_unconnected = True

    def test_limits_are_sentences_true_and_said_before_the_call(self) -> None:
        """There are none, where the suite would skip."""
        assert self.observations("limit_is_a_sentence", "limit_is_real", "limit_before_call") == []
