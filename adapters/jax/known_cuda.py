"""What JAX is known to do differently on NVIDIA's GPUs. Free of JAX: the parent imports this."""

from __future__ import annotations

from pathlib import Path

from adapters.cuda import ON_CUDA, beyond_tf32
from adapters.jax.known_errors import COMPUTED, ROOM
from adapters.jax.known_gradients import NAN
from adapters.known_predicates import Predicate, breaks, known, read_pins
from adapters.known_windows import gradient_failure, not_less
from harness.model.case import Case

_PINS = read_pins(str(Path(__file__).parent))
_SEEN = "jax 0.11.2, H200"
_TF32 = (*ON_CUDA, "jax_default_matmul_precision=None")
_TF32_URL = "https://docs.jax.dev/en/latest/201/precision.html"
_TF32_TITLE = "Matmul precision"
_TUNED = "which kernel XLA's autotuner finds fastest"


def _reduced(verdict: str) -> Predicate:
    """The pool that is not dilated is reduce_window; on a GPU it flushes nothing."""
    return lambda case: max(case.attributes["dilation"]) == 1 and gradient_failure(case, not_less) == verdict


def _single(case: Case) -> bool:
    return case.tensors[0].dtype == "float32"


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
            chance=_TUNED,
            needs=_TF32,
        )
        for where in ("matmul", "matmul-gradient", "conv2d_transpose")
    ),
    *(
        known(
            _PINS,
            f"jax-{op}-gradient-cuda-transform-{verdict}",
            verdict,
            _single,
            owner="upstream",
            reason="XLA may choose a convolution by a transform, which is not exact for integers and zeros",
            versions=_SEEN,
            chance=_TUNED,
            needs=ON_CUDA,
        )
        for op, verdict in (
            ("conv2d_vjp", "structural"),
            ("conv2d_vjp", "numeric"),
            ("conv2d_transpose_vjp", "structural"),
            ("conv_autoencoder_step", "structural"),
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
            f"jax-{op}-cuda-padding",
            "crash",
            breaks("PadOverflow"),
            owner="upstream",
            reason=COMPUTED,
            versions=_SEEN,
            chance=ROOM,
            needs=ON_CUDA,
        )
        for op in ("conv2d", "avg_pool2d", "max_pool2d_with_argmax")
    ),
    known(
        _PINS,
        "jax-deconvnet-cuda-order",
        "nondeterministic",
        lambda case: True,
        owner="by design",
        reason="XLA's kernels add up in any order, unless it is asked to be deterministic",
        versions=_SEEN,
        chance="the order in which threads come to add, and " + _TUNED,
        needs=ON_CUDA,
    ),
)
