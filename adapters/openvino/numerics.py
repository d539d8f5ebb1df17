"""How OpenVINO's CPU plugin accumulates with the precision hint f32.

Products and convolutions of float16 and bfloat16 are summed in float32 and rounded once (oneDNN), average pools too.
Everything else has partial sums in its own format, which is what the judge assumes without a rule.
"""

from __future__ import annotations

from opassay.harness.model.numeric_model import NumericModel, NumericRule

RULES = tuple(
    NumericRule(NumericModel(accumulator="float32"), op=op, output="y", dtype=dtype)
    for op in ("conv2d", "conv2d_transpose", "matmul", "avg_pool2d")
    for dtype in ("float16", "bfloat16")
)
