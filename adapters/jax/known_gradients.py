"""What JAX is known to do differently in gradients. Free of JAX: the parent imports this."""

from __future__ import annotations

from pathlib import Path

from opassay.adapters import known_groups
from opassay.adapters.cuda import ON_CPU
from opassay.adapters.jax.known_flush import NAN_TITLE, NAN_URL, TITLE, URL
from opassay.adapters.jax.known_swaps import swapped_groups
from opassay.adapters.known_groups import mixed
from opassay.adapters.known_linear import nan_by_flush
from opassay.adapters.known_predicates import (
    Predicate,
    known,
    read_pins,
    unconnected_input,
)
from opassay.adapters.known_relu import selected
from opassay.adapters.known_windows import first_maximum, gradient_failure, not_less, with_flushed
from opassay.harness.model.case import Case

_PINS = read_pins(str(Path(__file__).parent))
_SEEN = "jax 0.10.2, CPU"
_FLUSH = "XLA on the CPU flushes subnormals to zero"
_ZEROS = "answers zeros for an input that no output depends on: JAX has no other way to say it"
NAN = "the gradient of a window with NaN, or of -inf beside padding, does not go to the first maximum"


def _other_maximum(verdict: str) -> Predicate:
    """The pool that is not dilated is reduce_window; the others locate their first maximum, among flushed numbers."""

    def covers(case: Case) -> bool:
        reduced = case.op == "max_pool2d" and max(case.attributes["dilation"]) == 1
        rule = with_flushed(not_less if reduced else first_maximum, case.tensors[0].dtype)
        return gradient_failure(case, rule) == verdict

    return covers


GRADIENTS = (
    *(
        known(
            _PINS,
            f"jax-{op}-gradient-zeros",
            "shape",
            unconnected_input,
            owner="by design",
            reason=_ZEROS,
            versions=_SEEN,
            url="https://docs.jax.dev/en/latest/_autosummary/jax.vjp.html",
            title="jax.vjp",
        )
        for op in ("stop_gradient", "unused_input", "shared_inputs")
    ),
    *(
        known(
            _PINS,
            f"jax-{where}-gradient-subnormal-{verdict}",
            verdict,
            covers,
            owner="by design",
            reason=_FLUSH,
            versions=_SEEN,
            url=NAN_URL if covers is nan_by_flush else URL,
            title=NAN_TITLE if covers is nan_by_flush else TITLE,
            needs=ON_CPU,
        )
        for where, verdict, covers in (
            ("relu", "special", lambda case: selected(case) == "special"),
            ("relu", "numeric", lambda case: selected(case) == "numeric"),
            ("conv2d", "special", nan_by_flush),
            ("conv2d_transpose", "special", nan_by_flush),
            ("matmul", "special", nan_by_flush),
        )
    ),
    known(
        _PINS,
        "jax-conv2d_input_gradient_law-value-subnormal",
        "special",
        nan_by_flush,
        owner="by design",
        reason=_FLUSH + ", so that its product with infinity is NaN",
        versions=_SEEN,
        url=NAN_URL,
        title=NAN_TITLE,
        needs=ON_CPU,
    ),
    *(
        known(
            _PINS,
            f"jax-{op}-gradient-nan-{verdict}",
            verdict,
            _other_maximum(verdict),
            owner="upstream",
            reason=NAN,
            versions=_SEEN,
            needs=ON_CPU,
        )
        for op in ("max_pool2d", "max_pool2d_with_argmax")
        for verdict in ("special", "numeric")
    ),
    *(
        known(
            _PINS,
            f"jax-{where}-groups",
            "special",
            mixed,
            owner="upstream",
            reason=known_groups.REASON,
            versions=_SEEN,
            needs=ON_CPU,
        )
        for where in known_groups.WHERE
    ),
    known(
        _PINS,
        "jax-conv2d_transpose_vjp-gradient-abort",
        "crash",
        swapped_groups,
        owner="upstream",
        reason="XLA swaps image and filter, takes an axis for one of groups, and aborts (algebraic_simplifier.cc:586)",
        versions=_SEEN,
    ),
)
