"""How torch computes narrow floats, by output and op: written by ``docs/tools/models.py``.

The tightest model that held in what RUNS lists.
"""

from __future__ import annotations

RUNS = (
    "eager of torch 2.13.0+cpu on x86_64: 718 answers of 19 ops",
    "eager of torch 2.13.0+cpu on x86_64: 3782 answers of 27 ops",
    "eager of torch 2.13.0+cpu on x86_64: 2098 answers of 16 ops",
    "26,000 answers of a further seed: the gradients of lerp by b, over broadcast axes, and of group_norm, whose saved "
    "mean and deviation are of storage, and of softmax in float16 over an axis that is not the last left these models",
    "1,744 answers of another seed: the gradients of attention, and of swiglu by b in bfloat16, left these models",
    "Records of three more seeds: the gradients of cumprod, whose products with the answer are kept in bfloat16, "
    "of max and min, whose number of ties is, and softmax with its gradient over another axis than the last, left them",
    "eager of torch 2.13.0+cpu on x86_64: 960 answers of 5 ops",
    "By their definition, not by these answers: values of l1_loss, and the gradient of "
    "binary_cross_entropy_with_logits by the target, round a difference, or a share, to storage first",
)
MODELS: dict[str, dict[str, str]] = {
    "float32 bfloat16": {
        "dbias": "batch_norm group_norm linear",
        "dtarget": "l1_loss",
        "dweight": "instance_norm linear rms_norm",
        "dx": "celu cumsum elu gelu hard_swish l1_loss layer_norm linear mean mish norm_l1 rms_norm selu silu "
        "softplus sum sum_square",
        "y": "argmax argmin celu cumprod cumsum elu gelu group_norm hard_swish layer_norm lerp log_sigmoid "
        "logaddexp max mean min mish norm_l1 norm_l2 rms_norm selu silu softplus std sum var",
    },
    "float32 float16": {
        "dbias": "batch_norm group_norm linear",
        "dtarget": "l1_loss",
        "dweight": "instance_norm linear rms_norm",
        "dx": "celu cumsum elu gelu hard_swish l1_loss linear mean mish norm_l1 rms_norm selu silu softplus "
        "sum sum_square",
        "y": "argmax argmin celu cumprod cumsum elu gelu group_norm hard_swish layer_norm lerp log_sigmoid "
        "logaddexp max mean min mish norm_l1 norm_l2 rms_norm selu silu softplus std sum var",
    },
    "kept bfloat16": {
        "da": "lerp logaddexp swiglu",
        "db": "lerp logaddexp swiglu",
        "dcos": "rotary_embedding",
        "dsin": "rotary_embedding",
        "dtarget": "binary_cross_entropy_with_logits huber_loss kl_div mse_loss",
        "dweight": "batch_norm group_norm layer_norm lerp",
        "dx": "batch_norm binary_cross_entropy_with_logits cross_entropy cumprod group_norm huber_loss "
        "instance_norm kl_div log_sigmoid log_softmax logsumexp lp_normalize max min mse_loss norm_l2 "
        "prod rotary_embedding softmax softsign std var",
        "y": "attention batch_norm biased_attention cross_entropy huber_loss instance_norm kl_div l1_loss "
        "linear log_softmax logsumexp lp_normalize masked_attention mse_loss prod rotary_embedding "
        "softmax softsign sum_square swiglu",
    },
    "kept float16": {
        "da": "lerp logaddexp swiglu",
        "db": "lerp logaddexp swiglu",
        "dcos": "rotary_embedding",
        "dsin": "rotary_embedding",
        "dtarget": "binary_cross_entropy_with_logits huber_loss kl_div mse_loss",
        "dweight": "batch_norm group_norm layer_norm lerp",
        "dx": "batch_norm binary_cross_entropy_with_logits cross_entropy cumprod group_norm huber_loss "
        "instance_norm kl_div layer_norm log_sigmoid log_softmax logsumexp lp_normalize max min mse_loss "
        "norm_l2 prod rotary_embedding softmax softsign std var",
        "y": "attention batch_norm biased_attention cross_entropy huber_loss instance_norm kl_div l1_loss "
        "linear log_softmax logsumexp lp_normalize masked_attention mse_loss prod rotary_embedding "
        "softsign sum_square swiglu",
    },
}
