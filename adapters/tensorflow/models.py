"""How tensorflow computes narrow floats, by output and op: written by ``docs/tools/models.py``.

The tightest model that held in what RUNS lists.
"""

from __future__ import annotations

RUNS = (
    "eager of tensorflow 2.21.0 on x86_64: 684 answers of 19 ops",
    "8,897 records of seed 103: cumsum of bfloat16, over another axis than the last, left these models",
    "eager of tensorflow 2.21.0 on x86_64: 960 answers of 5 ops",
    "By their definition, not by these answers: values of l1_loss, and the gradient of "
    "binary_cross_entropy_with_logits by the target, round a difference, or a share, to storage first",
)
MODELS: dict[str, dict[str, str]] = {
    "float32 bfloat16": {
        "dtarget": "l1_loss",
        "dx": "l1_loss mean norm_l1 sum sum_square",
        "y": "max mean min norm_l1 sum",
    },
    "float32 float16": {
        "dtarget": "l1_loss",
        "dx": "l1_loss mean norm_l1 sum sum_square",
        "y": "max min",
    },
    "kept bfloat16": {
        "dtarget": "binary_cross_entropy_with_logits huber_loss kl_div mse_loss",
        "dx": "binary_cross_entropy_with_logits cumprod huber_loss kl_div log_softmax logsumexp max mse_loss "
        "norm_l2 prod softmax std var",
        "y": "binary_cross_entropy_with_logits cumprod huber_loss kl_div l1_loss logsumexp mse_loss norm_l2 "
        "prod std sum_square var",
    },
    "kept float16": {
        "dtarget": "binary_cross_entropy_with_logits huber_loss kl_div mse_loss",
        "dx": "binary_cross_entropy_with_logits cumprod huber_loss kl_div logsumexp max min mse_loss norm_l2 "
        "prod std var",
        "y": "binary_cross_entropy_with_logits cumprod huber_loss kl_div l1_loss mse_loss prod std var",
    },
}
