"""Keras passes the suite that every adapter inherits, on each backend: a mode that its process must know."""

from __future__ import annotations

import pytest

from opassay.harness.contract.suite import AdapterContract


class Backend(AdapterContract):
    adapter = "opassay.adapters.keras.adapter:KerasAdapter"
    absent = ("max_pool2d_with_argmax", "max_unpool2d")

    def count(self, check: str) -> int:
        return len(self.observations(check))

    def test_nothing_but_the_absent_was_left_out(self) -> None:
        assert self.count("round_trip") >= 10 * 7 * 2
        assert self.count("worked_example") >= 15
        assert self.count("vjp") >= 11
        assert self.count("dtype_kept") >= 25


class Lenient(Backend):
    def test_invalid_input_makes_the_framework_raise(self) -> None:
        """Keras does not check ``output_padding`` here, which is a known difference."""
        accepted = [o["about"] for o in self.observations("error") if not o["ok"]]
        assert accepted
        assert all("height" in about for about in accepted)


class TestOnTensorFlow(Backend):
    sample = (8, 3)
    mode = "tensorflow"

    def test_outputs_have_the_dtype_of_the_contract(self) -> None:
        """Of two operands of uint64, Keras' promotion makes uint32, which is a known difference."""
        others = [o for o in self.observations("dtype_kept") if not o["ok"]]
        assert all(" uint64 " in o["about"] and o["saw"] == "['uint32']" for o in others)


@pytest.mark.whole
class TestOnTorch(Lenient):
    sample = (8, 0)
    mode = "torch"

    def test_outputs_have_the_dtype_of_the_contract(self) -> None:
        """Some ops, matmul among them, make 32 bits of 64 here, which is a known difference."""
        others = [o for o in self.observations("dtype_kept") if not o["ok"]]
        assert sum("matmul" in o["about"] for o in others) == 2
        assert all("64 " in o["about"] and o["saw"] in ("['float32']", "['int32']") for o in others)


@pytest.mark.whole
class TestOnJax(Lenient):
    sample = (16, 5)
    mode = "jax"
    zeros_for_unconnected = True

    def test_outputs_have_the_dtype_of_the_contract(self) -> None:
        """Some ops make 32 bits of 64, which is a known difference."""
        others = [o for o in self.observations("dtype_kept") if not o["ok"]]
        assert all("64 " in o["about"] and o["saw"] in ("['float32']", "['uint32']") for o in others)
