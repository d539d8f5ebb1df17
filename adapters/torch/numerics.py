"""How torch accumulates, per op, output and dtype.

The rules rest on measurements with torch 2.13.0 on an AVX-512 processor with oneDNN enabled, eager: some 500 random
geometries per op and dtype under cancelling, wide and normal fills, values and gradients, the error divided by the
bound that a rule implies (at most 1 if the rule holds), and sums of thousands of ones. With partial sums in float32:

    conv2d y 0.998; conv2d dx, dw of bfloat16 0.996; of float16 861 and 215, so those are not listed
    conv2d_transpose y, dw of bfloat16 0.996; of float16 1500 and 318, not listed; dx of both 0.999
    matmul y 0.998; da, db of broadcast operands 561 and 1050, not listed
    avg_pool2d y 0.62; dx 7050, not listed; scatter_nd y 1120, max_pool2d dx 332, not listed; avg_unpool2d dx 0.999

On an AVX2 processor, with the same versions and settings, fewer keep them in float32; measured by
``tests/benchmarks/accumulators.py torch 40``, with sums of up to 15,872 terms, the same ratio:

    conv2d y of float16 and bfloat16 0.996; dx 629 and 2530, dw 193 and 3010, not listed
    conv2d_transpose dx of float16 0.988, of bfloat16 0.995; y 1450 and 4000, dw 567 and 203, not listed
    matmul y 0.990 and 0.995; avg_pool2d y 0.496 and 0.332; avg_unpool2d dx 0.999 and 0.996

Ops not listed, and other processors, keep their partial sums in the output's own format.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from opassay.adapters.cuda import tf32_rules
from opassay.adapters.models import model_rules
from opassay.adapters.torch.models import MODELS
from opassay.harness.model.numeric_model import NumericModel, NumericRule

IN_FLOAT32 = (
    ("conv2d", "y", ("float16", "bfloat16")),
    ("conv2d", "dx", ("bfloat16",)),
    ("conv2d", "dw", ("bfloat16",)),
    ("conv2d_transpose", "y", ("bfloat16",)),
    ("conv2d_transpose", "dx", ("float16", "bfloat16")),
    ("conv2d_transpose", "dw", ("bfloat16",)),
    ("matmul", "y", ("float16", "bfloat16")),
    ("avg_pool2d", "y", ("float16", "bfloat16")),
    ("avg_unpool2d", "dx", ("float16", "bfloat16")),
)

ON_AVX2 = (("conv2d", "y"), ("conv2d_transpose", "dx"), ("matmul", "y"), ("avg_pool2d", "y"), ("avg_unpool2d", "dx"))
"""The rules that hold on a processor without AVX-512, for both dtypes; subnormals were not measured there."""

KEEPS_SUBNORMALS = ("conv2d", "conv2d_transpose", "matmul", "avg_pool2d", "scatter_nd")
"""Values of these ops stayed within the bound (0.70 of it) on inputs scaled so that results are subnormal."""


FLUSHED = tuple((op, "bfloat16") for op in ("conv2d", "conv2d_transpose", "matmul"))
"""The processor's bfloat16 dot products flush subnormal operands, according to Intel's manual of VDPBF16PS; observed
where one meets a huge value or an infinity.
"""


def rules(kind: str) -> Sequence[NumericRule]:
    """The rules measured for this processor, if that is the ``kind`` requested; on CUDA only torch's switches count."""
    if kind == "cuda":
        # Not measured: by torch's documentation, the switches let CUDA's libraries round float32 operands to TF32.
        return tf32_rules(torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32)
    if kind != "cpu":
        return ()
    capability = torch.backends.cpu.get_cpu_capability() if torch.backends.mkldnn.enabled else ""
    if capability == "AVX2":
        both, float32 = ("float16", "bfloat16"), NumericModel("float32")
        measured = (NumericRule(float32, op, output, dtype) for op, output in ON_AVX2 for dtype in both)
        return (*measured, *model_rules(MODELS))
    if not capability.startswith("AVX512"):
        return ()
    wide = [
        NumericRule(NumericModel("float32", flushes=output != "y" or dtype == "bfloat16"), op, output, dtype)
        for op, output, narrow in IN_FLOAT32
        for dtype in narrow
    ]
    formats = ("float16", "bfloat16", "float32", "float64")
    kept = [NumericRule(NumericModel(d, flushes=False), op, "y", d) for op in KEEPS_SUBNORMALS for d in formats]
    kept = [rule for rule in kept if (rule.op, rule.dtype) not in FLUSHED]
    return (*wide, *kept, *model_rules(MODELS))
