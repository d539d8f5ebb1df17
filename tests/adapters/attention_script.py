"""Which attention an adapter calls, as JSON: ``python attention_script.py jax``, with OPASSAY_ATTENTION or without.

Run in a process of its own.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import numpy as np

from opassay.harness.model.adapter import Unsupported

X = np.linspace(-1, 1, 24, dtype=np.float32).reshape(1, 2, 3, 4)
CALL = {"scale": False, "causal": False}


def watched(module: Any, parameter: str) -> list[Any]:
    """The values of ``parameter`` with which the module's attention is called from now on."""
    seen: list[Any] = []
    own = module.dot_product_attention

    def attention(*inputs: Any, **more: Any) -> Any:
        seen.append(more.get(parameter))
        return own(*inputs, **more)

    module.dot_product_attention = attention
    return seen


def jax() -> tuple[Any, list[Any]]:
    import jax

    seen = watched(jax.nn, "implementation")
    from opassay.adapters.jax.adapter import JaxAdapter

    return JaxAdapter(), seen


def keras() -> tuple[Any, list[Any]]:
    os.environ["OPASSAY_MODE"] = os.environ["KERAS_BACKEND"] = "jax"
    from keras import ops

    seen = watched(ops, "flash_attention")
    from opassay.adapters.keras.adapter import KerasAdapter

    return KerasAdapter(), seen


def onnx() -> tuple[Any, list[Any]]:
    from opassay.adapters.onnxruntime.adapter import OnnxRuntimeAdapter

    seen: list[Any] = []

    class Watched(OnnxRuntimeAdapter):
        def _prepare(self, model: Any, mode: str) -> Any:
            seen.append("Attention" in [node.op_type for node in model.graph.node])
            return super()._prepare(model, mode)

    return Watched(), seen


def called(adapter: Any, seen: list[Any]) -> dict[str, Any]:
    mode = adapter.modes[0]
    reason = adapter.unsupported("attention", mode, ["float32"], CALL)
    try:
        compiled = adapter.compile(lambda q, k, v: adapter.attention(q, k, v, **CALL), mode)
        answer = None if reason else adapter.to_numpy(compiled(*map(adapter.to_native, (X, X, X)))).tolist()
    except Unsupported as error:
        answer, reason = None, str(error)
    return {"seen": seen, "answer": answer, "reason": reason, "executor": adapter.executor()}


if __name__ == "__main__":
    print("\n" + json.dumps(called(*{"jax": jax, "keras": keras, "onnx": onnx}[sys.argv[1]]())))
