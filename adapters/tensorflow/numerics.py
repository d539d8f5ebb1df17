"""How TensorFlow's kernels accumulate, as far as measured; all other ops keep the safe default.

Measured with TensorFlow 2.21 on an x86 CPU, all four modes, by judging generated cases with rounding fills
under a float32 accumulator: the forward convolution and matmul stay within that bound for float16 and
bfloat16. The transposed convolution does not (it exceeds the bound up to 2,000 times), nor do average pools, scatters,
or any gradient computed by Eigen's kernels or a composition. Nor does the bfloat16 matmul without oneDNN (8 of 200
cases, on an AVX2 processor).
"""

from __future__ import annotations

from collections.abc import Container

from opassay.adapters.engines import xla
from opassay.adapters.models import model_rules
from opassay.adapters.tensorflow.models import MODELS
from opassay.harness.model.numeric_model import NumericModel, NumericRule

SUMMED_IN_FLOAT32 = (("conv2d", "float16"), ("conv2d", "bfloat16"), ("matmul", "float16"))
BY_ONE_DNN = ("matmul", "bfloat16")


def rules(onednn: Container[str], mode: str) -> tuple[NumericRule, ...]:
    """The rules that hold in ``mode`` where TensorFlow passes the dtypes ``onednn`` to oneDNN."""
    found = (*SUMMED_IN_FLOAT32, BY_ONE_DNN) if "bfloat16" in onednn else SUMMED_IN_FLOAT32
    summed = (NumericRule(NumericModel(accumulator="float32"), op=op, output="y", dtype=dtype) for op, dtype in found)
    return (*summed, *model_rules(MODELS), *(xla.DOCUMENTED if mode == "xla" else ()))
