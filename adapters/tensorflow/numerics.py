"""How TensorFlow's kernels accumulate, as far as it was measured; everything else keeps the safe default.

Measured with TensorFlow 2.21 on an x86 CPU, all four modes, by judging generated cases with rounding fills
under a float32 accumulator: the forward convolution and matmul stay within that bound for float16 and
bfloat16. The transposed convolution does not (it exceeds the bound up to 2,000 times), nor do
average pools, scatters, or any gradient where Eigen's kernels or a composition answer.
"""

from __future__ import annotations

from harness.model.numeric_model import NumericModel, NumericRule

SUMMED_IN_FLOAT32 = ("conv2d", "matmul")

RULES: tuple[NumericRule, ...] = tuple(
    NumericRule(NumericModel(accumulator="float32"), op=op, output="y", dtype=dtype)
    for op in SUMMED_IN_FLOAT32
    for dtype in ("float16", "bfloat16")
)
