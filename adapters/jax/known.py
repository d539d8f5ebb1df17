"""Known differences of JAX. Does not import JAX: the parent process imports this."""

from __future__ import annotations

from pathlib import Path

from opassay.adapters.engines import xla
from opassay.adapters.facts import pinned
from opassay.adapters.jax.known_cuda import CUDA
from opassay.adapters.jax.known_errors import ERRORS
from opassay.adapters.jax.known_sized import SIZED
from opassay.adapters.jax.known_swaps import swapped_groups
from opassay.adapters.kernels.elements import JAX_NUMPY, mistakes
from opassay.adapters.kernels.norms import one_pass
from opassay.harness.model.fact import Fact

_SEEN = "jax 0.10.2, CPU"
_STANDARDIZED = ("layer_norm", "batch_norm", "group_norm", "instance_norm")

KNOWN = pinned(
    (
        *xla.facts("jax", versions=_SEEN),
        *mistakes("jax", JAX_NUMPY, versions=_SEEN),
        xla.attention("jax", ("jit",), _SEEN),
        xla.beyond_panel("jax", (), _SEEN),
        one_pass("jax", _STANDARDIZED, "the variance of jax.nn.standardize is E[x²] - E[x]²", versions=_SEEN),
        Fact(
            "jax-attention-float32",
            "upstream",
            "dot_product_attention keeps its scores in float32, even for float64 input",
            ops=("attends",),
            aspects=("value", "gradient"),
            reproduces="in_32_bits",
            versions=_SEEN,
        ),
        Fact(
            "jax-swapped-groups",
            "upstream",
            "XLA swaps image and filter, takes an axis for one of groups, and aborts (algebraic_simplifier.cc:586)",
            ops=("conv2d_transpose_vjp",),
            aspects=("gradient",),
            verdicts=("crash",),
            when=swapped_groups,
            versions=_SEEN,
        ),
        *ERRORS,
        *CUDA,
        *SIZED,
    ),
    Path(__file__).parent,
)
