"""Paddle's eager mode passes the suite that every adapter inherits. Asked where it is installed.

Not its static graphs: asked for a dtype that is declared as missing, oneDNN's kernels end the process there.
"""

from __future__ import annotations

from importlib.util import find_spec

from opassay.harness.contract.suite import AdapterContract

if find_spec("paddle"):

    class TestPaddle(AdapterContract):
        adapter = "opassay.adapters.paddle.adapter:PaddleAdapter"
        mode = "eager"
        absent = ()

        def count(self, check: str) -> int:
            return len(self.observations(check))

        def test_nothing_was_left_out(self) -> None:
            assert self.count("round_trip") >= 10 * 7 * 2
            assert self.count("worked_example") >= 20
            assert self.count("vjp") >= 5
