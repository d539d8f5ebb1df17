"""Attention as one node, or composed of older ones as the standard defines it: named by a target."""

from __future__ import annotations

from typing import Any

import onnx
from onnx import inliner

from opassay.adapters.attention import asked

NODE = "Attention"
COMPOSED = "composed"
NAME = asked((NODE, COMPOSED), f"onnx {onnx.__version__}")


def named(model: Any, name: str = NAME) -> Any:
    """``model``; for ``composed``, with the definition of each node in its place.

    Source: https://onnx.ai/onnx/operators/onnx__Attention.html, of which the body of the function is part.
    """
    if name != COMPOSED:
        return model
    return inliner.inline_selected_functions(model, [("", NODE)], inline_schema_functions=True)
