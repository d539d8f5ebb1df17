"""How onnxruntime computes narrow floats, by output and op: written by ``docs/tools/models.py``.

The tightest model that held in what RUNS lists.
"""

from __future__ import annotations

RUNS = ("all, disabled, constants of onnxruntime 1.32.0 on x86_64: 432 answers of 19 ops",)
MODELS: dict[str, dict[str, str]] = {
    "float32 float16": {
        "y": "cumsum log_softmax logsumexp max mean min norm_l1 norm_l2 prod softmax sum sum_square",
    },
}
