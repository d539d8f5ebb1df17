"""OpenVINO passes the suite that every adapter inherits. Asked where it is installed, as with the extra ``test``."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from opassay.harness.contract.suite import AdapterContract
from opassay.harness.model.dtypes import DTYPES

ROOT = Path(__file__).resolve().parents[2]

CONVERTED = """
import numpy as np
from opassay.adapters.openvino.adapter import OpenVinoAdapter
adapter = OpenVinoAdapter()
one, high = 1 + 2.0**-40, 2**24 + 1
print(adapter.relu(np.array([one])).item() == one)
print(adapter.scatter_nd(np.array([[0]]), np.array([2**40 + 1]), shape=(1,)).item() == 2**40 + 1)
print(adapter.relu(np.array([high], np.int32)).item() == high)
print(adapter.matmul(np.array([[high]], np.int32), np.array([[1]], np.int32)).item() == high)
print(adapter.scatter_nd(np.array([[0]]), np.array([high], np.int32), shape=(1,)).item() == high)
"""

if find_spec("openvino"):

    def test_what_the_limits_leave_out_loses_digits() -> None:
        """Shown by one value of each kind that is declared; the last is one that is not."""
        done = subprocess.run([sys.executable, "-c", CONVERTED], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.split() == ["False"] * 4 + ["True"]

    class TestOpenVino(AdapterContract):
        sample = (10, 7)
        adapter = "opassay.adapters.openvino.adapter:OpenVinoAdapter"
        absent = ()

        def count(self, check: str) -> int:
            return len(self.observations(check))

        def test_nothing_but_gradients_was_left_out(self) -> None:
            assert self.count("round_trip") == len(DTYPES) * 7 * 2
            assert self.count("worked_example") >= 22

        def test_limits_are_sentences_true_and_said_before_the_call(self) -> None:
            """OpenVINO would answer in another precision, where the suite expects that it refuses.

            On a processor without bfloat16 it emulates what it lacks on others.
            """
            self.agrees("limit_is_a_sentence", "limit_before_call")
            answered = [o["about"] for o in self.observations("limit_is_real") if not o["ok"]]
            assert answered
            assert all(" computes " in about or about.endswith(" for bfloat16") for about in answered)

        def test_invalid_input_makes_the_framework_raise(self) -> None:
            """OpenVINO does not check ``output_padding``, which is a known difference."""
            accepted = [o["about"] for o in self.observations("error") if not o["ok"]]
            assert accepted
            assert all("height" in about for about in accepted)

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
