"""What XLA does differently, for the frameworks that compile with it. Free of all of them."""

from __future__ import annotations

from opassay.adapters.cuda import ON_CPU
from opassay.harness.model.fact import Fact

ABORTS = "XLA ends the process over a shape whose size overflows, instead of raising"
_BOTH = ("value", "gradient")
_FLUSH_URL = "https://github.com/jax-ml/jax/issues/16200"
_FLUSH_TITLE = "Subnormal `jax.numpy` arrays equal to 0"
_GROUPS = "zeros that stand for the other groups are multiplied with their NaN and infinities"


def facts(adapter: str, modes: tuple[str, ...] = (), versions: str = "") -> tuple[Fact, ...]:
    """Those of ``adapter`` in the modes in which it computes with XLA.

    Subnormals: products with infinity are NaN then, see "Inconsistent results for epsilon * inf on CPU",
    https://github.com/jax-ml/jax/issues/4042. Groups: ConvolutionGroupConverter and SwapConvOperands (algebraic
    simplifier) of XLA's CPU compiler. One dense filter is made for float64 of one input channel per group; of other
    dtypes the gradient of the filters turns the groups into an axis that is dilated with zeros. Maxima:
    select-and-scatter, whose comparison is "greater or equal".
    """
    seen = {"aspects": _BOTH, "modes": modes, "versions": versions}
    return (
        Fact(
            f"{adapter}-xla-flush",
            "by design",
            "XLA on the CPU flushes subnormals to zero, so that their product with infinity is NaN",
            reproduces="subnormals_flushed",
            url=_FLUSH_URL,
            title=_FLUSH_TITLE,
            needs=ON_CPU,
            **seen,
        ),
        Fact(
            f"{adapter}-xla-compared",
            "by design",
            "XLA on the CPU flushes subnormals to zero, also where it compares them",
            ops=("selects_maximum",),
            reproduces="subnormals_compared_as_zero",
            url=_FLUSH_URL,
            title=_FLUSH_TITLE,
            needs=ON_CPU,
            **seen,
        ),
        *(
            Fact(
                f"{adapter}-xla-{mistake.replace('_', '-')}",
                "upstream",
                _GROUPS,
                ops=("convolves",),
                reproduces=mistake,
                needs=ON_CPU,
                **seen,
            )
            for mistake in ("dense_groups", "groups_spread")
        ),
        Fact(
            f"{adapter}-xla-maximum",
            "upstream",
            "the gradient of a window with NaN, or of -inf beside padding, does not go to the first maximum",
            ops=("selects_maximum",),
            reproduces="kept_if_not_less",
            **seen,
        ),
    )
