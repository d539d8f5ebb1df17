"""onnxruntime passes the suite that every adapter inherits. Asked where it is installed, as with the extra ``test``."""

from __future__ import annotations

from importlib.util import find_spec

from opassay.harness.contract.suite import AdapterContract
from opassay.harness.model.dtypes import DTYPES

if find_spec("onnxruntime"):

    class TestOnnxRuntime(AdapterContract):
        sample = (6, 2)
        adapter = "opassay.adapters.onnxruntime.adapter:OnnxRuntimeAdapter"
        absent = ()

        def count(self, check: str) -> int:
            return len(self.observations(check))

        def test_nothing_but_gradients_was_left_out(self) -> None:
            assert self.count("round_trip") == len(DTYPES) * 7 * 2
            assert self.count("worked_example") >= 3 * 22

        def test_vjp_takes_several_outputs_inputs_and_cotangents(self) -> None:
            """It says that there are no gradients, where the suite would skip."""
            assert self.count("vjp") == 0
            assert any("computes no gradients" in o["saw"] for o in self.observations("limit_is_a_sentence"))

        def test_vjp_says_which_inputs_are_unconnected(self) -> None:
            """As above."""
            assert self.count("unconnected") == 0

        def test_most_combinations_of_op_and_dtype_are_supported(self) -> None:
            supported = self.count("dtype_kept")
            assert supported >= 0.5 * (supported + self.count("limit_is_real"))
