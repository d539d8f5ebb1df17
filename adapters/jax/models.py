"""How jax computes narrow floats, by output and op: written by ``docs/tools/models.py``.

The tightest model that held in what RUNS lists.
"""

from __future__ import annotations

RUNS = (
    "eager of jax 0.10.2 on x86_64: 670 answers of 19 ops",
    "eager, jit of jax 0.10.2 on x86_64: 196 answers of 1 ops",
)
MODELS: dict[str, dict[str, str]] = {
    "float32 bfloat16": {
        "dx": "cumprod mean norm_l1 sum sum_square var",
        "y": "max mean min norm_l1 var",
    },
    "float32 float16": {
        "dx": "mean norm_l1 sum sum_square var",
        "y": "max mean min norm_l1 var",
    },
    "kept bfloat16": {
        "dx": "logsumexp norm_l2 prod softmax std",
        "y": "cumprod log_softmax logsumexp norm_l2 prod softmax std sum_square",
    },
    "kept float16": {
        "dx": "cumprod logsumexp norm_l2 prod std",
        "y": "cumprod log_softmax logsumexp norm_l2 prod std sum_square",
    },
}
