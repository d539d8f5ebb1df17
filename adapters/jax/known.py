"""What JAX is known to do differently. Free of JAX: the parent imports this."""

from __future__ import annotations

from pathlib import Path

from opassay.adapters.cuda import ON_CPU
from opassay.adapters.jax.known_cuda import CUDA
from opassay.adapters.jax.known_elements import ELEMENTS
from opassay.adapters.jax.known_errors import ERRORS
from opassay.adapters.jax.known_flush import NAN_TITLE, NAN_URL, TITLE, URL
from opassay.adapters.jax.known_gradients import GRADIENTS
from opassay.adapters.known_linear import nan_by_flush
from opassay.adapters.known_predicates import (
    holds_positive_subnormal,
    holds_subnormal,
    known,
    read_pins,
)
from opassay.adapters.known_windows import first_maximum, subnormal_maximum, value_failure, with_flushed
from opassay.harness.model.case import Case

_PINS = read_pins(str(Path(__file__).parent))
_SEEN = "jax 0.10.2, CPU"
_FLUSH = "XLA on the CPU flushes subnormals to zero"


def _flushed_maximum(case: Case) -> bool:
    """The maximum is gathered, so a subnormal is lost only to another number that is flushed to zero."""
    return value_failure(case, with_flushed(first_maximum, case.tensors[0].dtype)) == "special"


def _odd_bfloat16(case: Case) -> bool:
    return case.tensors[0].dtype == "bfloat16" and holds_subnormal(case)


KNOWN = (
    *ELEMENTS,
    *GRADIENTS,
    *ERRORS,
    *CUDA,
    known(
        _PINS,
        "jax-avg_unpool2d-subnormal",
        "special",
        _odd_bfloat16,
        owner="by design",
        reason=_FLUSH,
        versions=_SEEN,
        url=URL,
        title=TITLE,
        modes=("eager",),
        needs=ON_CPU,
    ),
    *(
        known(
            _PINS,
            f"jax-{op}-subnormal",
            "special",
            covers,
            owner="by design",
            reason=_FLUSH,
            versions=_SEEN,
            url=URL,
            title=TITLE,
            needs=ON_CPU,
        )
        for op, covers in (
            ("relu", holds_positive_subnormal),
            ("max_pool2d", subnormal_maximum),
            ("max_pool2d_with_argmax", _flushed_maximum),
        )
    ),
    *(
        known(
            _PINS,
            f"jax-{op}-subnormal",
            "special",
            nan_by_flush,
            owner="by design",
            reason=_FLUSH + ", so that its product with infinity is NaN",
            versions=_SEEN,
            url=NAN_URL,
            title=NAN_TITLE,
            needs=ON_CPU,
        )
        for op in ("conv2d", "conv2d_transpose", "matmul")
    ),
)
