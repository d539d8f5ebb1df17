"""LiteRT: TensorFlow's expressions as models. What needs it is asked where it is installed."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from opassay.harness.contract.suite import AdapterContract

if find_spec("ai_edge_litert"):

    class TestLiteRt(AdapterContract):
        adapter = "opassay.adapters.litert.adapter:LiteRtAdapter"
        sample = (12, 0)

    @pytest.mark.parametrize("mode", ["xnnpack", "builtin", "reference"])
    def test_inputs_and_outputs_keep_their_order(mode: str) -> None:
        """One that is not used, one that is passed on, one that is given twice."""
        from opassay.adapters.litert.adapter import LiteRtAdapter

        adapter = LiteRtAdapter()
        unused, x, y = np.zeros(2, np.float32), np.array([1, 2], np.int32), np.array(3.0, np.float32)
        ask = adapter.compile(lambda unused, x, y: (y, x, (adapter.neg(y), y)), mode)
        first, second, (third, fourth) = ask(*map(adapter.to_native, (unused, x, y)))
        found = [adapter.to_numpy(value) for value in (first, second, third, fourth)]
        assert [(a.dtype.name, a.tolist()) for a in found] == [
            ("float32", 3.0),
            ("int32", [1, 2]),
            ("float32", -3.0),
            ("float32", 3.0),
        ]

    def test_an_extent_that_values_decide_is_left_open() -> None:
        from opassay.adapters.litert.adapter import LiteRtAdapter

        adapter = LiteRtAdapter()
        asked = adapter.to_native(np.array([[True, False]]))
        assert adapter.infer(
            lambda x: (adapter.nonzero(x), adapter.reshape(x, new_shape=(2,))), [asked], "xnnpack"
        ) == [
            ((None, 2), "int64"),
            ((2,), "bool"),
        ]


def test_the_ops_are_tensorflows_own() -> None:
    """No second list of them: what TensorFlow has, LiteRT is asked."""
    from opassay.harness.find.completeness import Reader
    from opassay.harness.find.registry import Registry

    names = [op.name for op in Registry().ops()]
    has = [
        {op for op, limits in Reader(Registry().adapter(name).location, names).read().items() if limits is not None}
        for name in ("litert", "tensorflow")
    ]
    assert has[0] == has[1] != set()
