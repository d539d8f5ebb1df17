"""MLX passes the suite that every adapter inherits. Asked where it is installed."""

from __future__ import annotations

from importlib.util import find_spec

from opassay.harness.contract.suite import AdapterContract

if find_spec("mlx"):

    class TestMlx(AdapterContract):
        adapter = "opassay.adapters.mlx.adapter:MlxAdapter"
        sample = (6, 3)
        zeros_for_unconnected = True

        def test_invalid_input_makes_the_framework_raise(self) -> None:
            """MLX does not check ``output_padding``, which is a known difference."""
            accepted = [o["about"] for o in self.observations("error") if not o["ok"]]
            assert accepted
            assert all(about.startswith("conv2d_transpose") for about in accepted)
