"""How tensorflow computes narrow floats, by output and op: written by ``docs/tools/models.py``.

The tightest model that held in what RUNS lists.
"""

from __future__ import annotations

RUNS = (
    "eager of tensorflow 2.21.0 on x86_64: 684 answers of 19 ops",
    "8,897 records of seed 103: cumsum of bfloat16, over another axis than the last, left these models",
)
MODELS: dict[str, dict[str, str]] = {
    "float32 bfloat16": {
        "dx": "mean norm_l1 sum sum_square",
        "y": "max mean min norm_l1 sum",
    },
    "float32 float16": {
        "dx": "mean norm_l1 sum sum_square",
        "y": "max min",
    },
    "kept bfloat16": {
        "dx": "cumprod log_softmax logsumexp max norm_l2 prod softmax std var",
        "y": "cumprod logsumexp norm_l2 prod std sum_square var",
    },
    "kept float16": {
        "dx": "cumprod logsumexp max min norm_l2 prod std var",
        "y": "cumprod prod std var",
    },
}
