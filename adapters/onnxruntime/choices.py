"""Which choices of the contract onnxruntime follows: ONNX's own, and some more. Does not import onnxruntime: the parent
imports this."""

from __future__ import annotations

from opassay.adapters.onnx.choices import FOLLOWS as OF_ONNX
from opassay.harness.model.choice import Follows

FOLLOWS = (*OF_ONNX, Follows("nan_position", "passed_over"))
