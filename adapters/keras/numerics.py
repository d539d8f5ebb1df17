"""How each backend keeps the partial sums of float16 and bfloat16 behind ``keras.ops``.

Measured with Keras 3.15 on an AVX2 processor by ``tests/benchmarks/accumulators.py keras:BACKEND 25`` (JAX: 12): the
largest error ÷ bound of partial sums in float32, which is at most 1 if they are.

    tensorflow: conv2d y 0.996, matmul y of float16 0.990; of bfloat16 1.97, gradients 4.7 to 1480, not listed
    torch: conv2d y 0.996, matmul y 0.995, conv2d_transpose dx 0.993; gradients of conv2d 193 to 3010, not listed
    jax: conv2d y, dx and dw 0.996, matmul y, da and db 0.995; avg_pool2d 604, not listed

The adapters of the backends measured the same on other processors. Ops not listed keep their
partial sums in the output's own format, as the judge assumes without a rule.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence

from opassay.adapters.engines import xla
from opassay.adapters.keras.models import MODELS
from opassay.adapters.models import model_rules
from opassay.harness.model.numeric_model import NumericModel, NumericRule

BOTH = ("float16", "bfloat16")
IN_FLOAT32 = {
    "tensorflow": (("conv2d", "y", BOTH), ("matmul", "y", ("float16",))),
    "torch": (("conv2d", "y", BOTH), ("matmul", "y", BOTH), ("conv2d_transpose", "dx", BOTH)),
    "jax": tuple(
        (op, output, BOTH)
        for op, outputs in (("conv2d", ("y", "dx", "dw")), ("matmul", ("y", "da", "db")))
        for output in outputs
    ),
}
MEASURED_ON = ("x86_64", "AMD64")


def rules(backend: str) -> Sequence[NumericRule]:
    """The rules of ``backend`` on this machine."""
    if platform.machine() not in MEASURED_ON:
        return ()
    measured = (
        NumericRule(NumericModel("float32"), op, output, dtype)
        for op, output, narrow in IN_FLOAT32[backend]
        for dtype in narrow
    )
    return (*measured, *model_rules(MODELS), *(xla.DOCUMENTED if backend == "jax" else ()))
