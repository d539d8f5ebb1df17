"""Known differences of JAX on NVIDIA's GPUs. Does not import JAX: the parent process imports this."""

from __future__ import annotations

import numpy as np

from opassay.adapters.cuda import ON_CUDA, beyond_tf32
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_SEEN = "jax 0.11.2, H200"
_TUNED = "which kernel XLA's autotuner finds fastest"
_BOTH = ("value", "gradient")


def _not_double(case: Case) -> bool:
    return case.tensors[0].dtype in ("float32", "float16", "bfloat16")


def _infinite_half(case: Case) -> bool:
    values = [dtypes.widen(t.materialize()) for t in case.all_tensors if t.dtype == "float16"]
    return bool(values) and any(np.isinf(v).any() for v in values)


CUDA = (
    Fact(
        "jax-cuda-tf32",
        "by design",
        "operands are rounded to TF32, where numbers beyond 3.4e38 are infinite",
        ops=("multiplies",),
        aspects=_BOTH,
        verdicts=("special",),
        when=beyond_tf32,
        versions=_SEEN,
        url="https://docs.jax.dev/en/latest/201/precision.html",
        title="Matmul precision",
        flaky=_TUNED,
        needs=(*ON_CUDA, "jax_default_matmul_precision=None"),
    ),
    Fact(
        "jax-cuda-transform",
        "upstream",
        "XLA may choose an algorithm of cuDNN's that is exact neither for integers nor beside zeros",
        ops=("conv2d_transpose", "conv2d_vjp", "conv2d_transpose_vjp", "conv_autoencoder_step"),
        aspects=_BOTH,
        verdicts=("structural", "numeric"),
        when=_not_double,
        versions=_SEEN,
        flaky=_TUNED,
        needs=ON_CUDA,
    ),
    Fact(
        "jax-cuda-infinity",
        "upstream",
        "a float16 convolution may take an infinity for nothing, or for NaN",
        ops=("conv2d", "conv2d_input_gradient_law"),
        aspects=_BOTH,
        verdicts=("special",),
        when=_infinite_half,
        versions=_SEEN,
        flaky=_TUNED,
        needs=ON_CUDA,
    ),
    Fact(
        "jax-cuda-order",
        "by design",
        "XLA's kernels add up in any order, unless it is asked to be deterministic",
        ops=("deconvnet",),
        verdicts=("nondeterministic",),
        when=lambda case: True,
        versions=_SEEN,
        flaky="the order in which threads come to add, and " + _TUNED,
        needs=ON_CUDA,
    ),
)
