"""How XLA's CPU backend accumulates.

Products and convolutions in float16 and bfloat16 are summed in float32 and rounded once, in both modes: adding 256
ones to 2**12 (float16) or 2**9 (bfloat16), each of which their own format would lose, loses none; and generated
cases of every fill, values and gradients, stayed within the bound of a float32 accumulator (jax 0.10.2 on x86-64).
Everything else has partial sums in its own format, which is what the judge assumes without a rule: average pools,
both gradients of pools, the gradient of avg_unpool2d and scatter_nd fail the same test. Subnormals are flushed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax

from opassay.adapters.cuda import TF32_SINCE, tf32_rules
from opassay.adapters.engines.xla import DOCUMENTED
from opassay.adapters.jax.models import MODELS
from opassay.adapters.models import model_rules
from opassay.harness.model.numeric_model import NumericModel, NumericRule

SUMMED_IN_SINGLE = {
    "conv2d": ("y", "dx", "dw"),
    "conv2d_transpose": ("y", "dx", "dw"),
    "matmul": ("y", "da", "db"),
    "matmul_widened": ("da", "db"),
}

RULES = (
    *(
        NumericRule(NumericModel(accumulator="float32"), op=op, output=output, dtype=dtype)
        for op, outputs in SUMMED_IN_SINGLE.items()
        for output in outputs
        for dtype in ("float16", "bfloat16")
    ),
    *model_rules(MODELS),
    *DOCUMENTED,
)


def gpu_rules(device: Any) -> Sequence[NumericRule]:
    """What JAX's default precision means on a GPU: TF32 for float32, where the GPU has it.

    Source: https://docs.jax.dev/en/latest/201/precision.html
    """
    asked = jax.config.jax_default_matmul_precision
    rounds = asked in (None, "default", "tensorfloat32") and float(device.compute_capability) >= TF32_SINCE
    return tf32_rules(rounds, rounds)
