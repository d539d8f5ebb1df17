"""What JAX is known to do differently. Free of JAX: the parent imports this."""

from __future__ import annotations

import math
from pathlib import Path

from opassay.adapters.cuda import ON_CPU
from opassay.adapters.engines import xla
from opassay.adapters.facts import pinned
from opassay.adapters.geometry import spatial_axes
from opassay.adapters.jax.known_cuda import CUDA
from opassay.adapters.jax.known_errors import ERRORS
from opassay.adapters.jax.known_sized import SIZED
from opassay.adapters.jax.known_swaps import swapped_groups
from opassay.adapters.kernels.elements import JAX_NUMPY, mistakes
from opassay.adapters.kernels.norms import one_pass
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_SEEN = "jax 0.10.2, CPU"
_PANEL = 2**15
"""Columns up to which a product of one term is right: 32,768 channels were, 33,000 were not."""
_STANDARDIZED = ("layer_norm", "batch_norm", "group_norm", "instance_norm")


def beyond_panel(case: Case) -> bool:
    """More than ``_PANEL`` channels by a window of one tap of one channel, from an image that is one value wide.

    Two values wide, of two channels, and in one and three axes all was right.
    """
    x, w = case.tensors[:2]
    narrow = x.shape[spatial_axes(case.attributes["layout"])[-1]] == 1
    return narrow and math.prod(w.shape) == w.shape[-1] > _PANEL


KNOWN = pinned(
    (
        *xla.facts("jax", versions=_SEEN),
        *mistakes("jax", JAX_NUMPY, versions=_SEEN),
        xla.attention("jax", ("jit",), _SEEN),
        one_pass("jax", _STANDARDIZED, "the variance of jax.nn.standardize is E[x²] - E[x]²", versions=_SEEN),
        Fact(
            "jax-attention-float32",
            "upstream",
            "dot_product_attention keeps its scores in float32, of float64 as well",
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
        Fact(
            "jax-beyond-panel",
            "upstream",
            "a 1x1 convolution of one channel to more than 32,768, of an image one value wide, does not write what "
            "it returns; with one thread (NPROC=1, or a machine of one core) it never ends",
            ops=("conv2d", "biased_conv2d"),
            aspects=("value", "gradient"),
            verdicts=("hang", "nondeterministic", "numeric", "special", "structural"),
            when=beyond_panel,
            versions=_SEEN,
            needs=ON_CPU,
        ),
        *ERRORS,
        *CUDA,
        *SIZED,
    ),
    Path(__file__).parent,
)
