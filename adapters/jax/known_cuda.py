"""What JAX is known to do differently on NVIDIA's GPUs. Free of JAX: the parent imports this."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from opassay.adapters.cuda import ON_CUDA, beyond_tf32
from opassay.adapters.jax.known_errors import COMPUTED, ROOM
from opassay.adapters.jax.known_gradients import NAN
from opassay.adapters.known_predicates import Predicate, breaks, known, read_pins
from opassay.adapters.known_windows import gradient_failure, not_less
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case

_PINS = read_pins(str(Path(__file__).parent))
_SEEN = "jax 0.11.2, H200"
_TF32 = (*ON_CUDA, "jax_default_matmul_precision=None")
_TF32_URL = "https://docs.jax.dev/en/latest/201/precision.html"
_TF32_TITLE = "Matmul precision"
_TUNED = "which kernel XLA's autotuner finds fastest"


def _reduced(verdict: str) -> Predicate:
    """The pool that is not dilated is reduce_window; on a GPU it flushes nothing."""
    return lambda case: max(case.attributes["dilation"]) == 1 and gradient_failure(case, not_less) == verdict


_overflowing_padding = breaks("PadOverflow")


def _not_double(case: Case) -> bool:
    return case.tensors[0].dtype in ("float32", "float16", "bfloat16")


def _infinite_half(case: Case) -> bool:
    values = [dtypes.widen(t.materialize()) for t in case.all_tensors if t.dtype == "float16"]
    return bool(values) and any(np.isinf(v).any() for v in values)


CUDA = (
    *(
        known(
            _PINS,
            f"jax-{where}-cuda-tf32",
            "special",
            beyond_tf32,
            owner="by design",
            reason="operands are rounded to TF32, where numbers beyond 3.4e38 are infinite",
            versions=_SEEN,
            url=_TF32_URL,
            title=_TF32_TITLE,
            flaky=_TUNED,
            needs=_TF32,
        )
        for where in ("matmul", "matmul-gradient", "conv2d-gradient", "conv2d_transpose")
    ),
    *(
        known(
            _PINS,
            f"jax-{where}-cuda-transform-{verdict}",
            verdict,
            covers,
            owner="upstream",
            reason="XLA may choose an algorithm of cuDNN's that is exact neither for integers nor beside zeros",
            versions=_SEEN,
            flaky=_TUNED,
            needs=ON_CUDA,
        )
        for where, verdict, covers in (
            ("conv2d_transpose", "structural", _not_double),
            ("conv2d_transpose", "numeric", _not_double),
            ("conv2d_transpose-gradient", "structural", _not_double),
            ("conv2d_vjp-gradient", "structural", _not_double),
            ("conv2d_vjp-gradient", "numeric", _not_double),
            ("conv2d_transpose_vjp-gradient", "structural", _not_double),
            ("conv_autoencoder_step-gradient", "structural", _not_double),
        )
    ),
    *(
        known(
            _PINS,
            f"jax-max_pool2d-gradient-cuda-nan-{verdict}",
            verdict,
            _reduced(verdict),
            owner="upstream",
            reason=NAN,
            versions=_SEEN,
            needs=ON_CUDA,
        )
        for verdict in ("special", "numeric")
    ),
    *(
        known(
            _PINS,
            f"jax-{op}-cuda-{name}",
            verdict,
            _overflowing_padding,
            owner="upstream",
            reason=COMPUTED,
            versions=_SEEN,
            flaky=ROOM,
            needs=ON_CUDA,
        )
        for op in ("conv2d", "avg_pool2d", "max_pool2d", "max_pool2d_with_argmax")
        for name, verdict in (("padding", "crash"), ("endless-padding", "hang"))
    ),
    *(
        known(
            _PINS,
            f"jax-{where}-cuda-infinity",
            "special",
            _infinite_half,
            owner="upstream",
            reason="a float16 convolution may take an infinity for nothing, or for NaN",
            versions=_SEEN,
            flaky=_TUNED,
            needs=ON_CUDA,
        )
        for where in ("conv2d", "conv2d-gradient", "conv2d_input_gradient_law-value")
    ),
    known(
        _PINS,
        "jax-deconvnet-cuda-order",
        "nondeterministic",
        lambda case: True,
        owner="by design",
        reason="XLA's kernels add up in any order, unless it is asked to be deterministic",
        versions=_SEEN,
        flaky="the order in which threads come to add, and " + _TUNED,
        needs=ON_CUDA,
    ),
)
