"""How onnxruntime's CPU provider accumulates.

It has no float16 kernels for these on x86-64: operands are cast to float32, summed there, and the answer
is rounded once. Everything else has partial sums in its own format, which is what the judge assumes without a rule.
"""

from __future__ import annotations

from opassay.adapters.models import model_rules
from opassay.adapters.onnxruntime.models import MODELS
from opassay.harness.model.numeric_model import NumericModel, NumericRule

RULES = (
    *(
        NumericRule(NumericModel(accumulator="float32"), op=op, output="y", dtype="float16")
        for op in ("conv2d", "conv2d_transpose", "matmul", "avg_pool2d")
    ),
    *model_rules(MODELS),
)
