"""How torch computes reductions of narrow floats, by output and op: written by ``docs/tools/models.py``.

The tightest model that held in eager of torch 2.13.0+cpu on x86_64, over 718 answers.
"""

from __future__ import annotations

MODELS: dict[str, dict[str, str]] = {
    "float32 bfloat16": {
        "dx": "cumprod cumsum max mean min norm_l1 sum sum_square",
        "y": "argmax argmin cumprod cumsum max mean min norm_l1 norm_l2 softmax std sum var",
    },
    "float32 float16": {
        "dx": "cumsum max mean min norm_l1 softmax sum sum_square",
        "y": "argmax argmin cumprod cumsum max mean min norm_l1 norm_l2 std sum var",
    },
    "kept bfloat16": {
        "dx": "log_softmax logsumexp norm_l2 prod softmax std var",
        "y": "log_softmax logsumexp prod sum_square",
    },
    "kept float16": {
        "dx": "cumprod log_softmax logsumexp norm_l2 prod std var",
        "y": "log_softmax logsumexp prod sum_square",
    },
}
