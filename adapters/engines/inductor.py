"""Differences of Inductor, the compiler behind torch.compile. Does not import torch."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from opassay.adapters.cuda import ON_CPU, ON_CUDA
from opassay.adapters.engines.inductor_scatters import added_in_tiles, added_to_one_place
from opassay.adapters.geometry import channel_axis, spatial_axes
from opassay.adapters.kernels.elements import Told, mistakes
from opassay.adapters.kernels.refusals import refused
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_SEVERAL = (*ON_CPU, "parallel=yes")
_LANES = {"AVX2": 8, "AVX512": 16}
"""float32 lanes of a register, by torch's name of the processor."""


FUNCTIONS: Told = {
    "by_a_textbook": ("upstream", "functions are made of others by textbook formulas where vectors have none"),
    "zeros_of_other_sign": ("upstream", "what is made of others loses the sign of -0"),
}
"""Differences of its element-wise functions, on the CPU."""


def lands_elsewhere(case: Case) -> bool:
    """All planes are contiguous, and every index addresses one of them."""
    layout, shape = case.attributes["layout"], case.attributes["output_shape"]
    channels = shape[channel_axis(layout)]
    size = math.prod(shape[axis] for axis in spatial_axes(layout))
    indices = np.moveaxis(case.tensors[1].materialize(), channel_axis(layout), 1)
    planes = np.arange(indices.shape[0] * channels).reshape(-1, channels, 1, 1)
    flat = planes * size + indices // channels
    return bool((np.abs(2 * flat + 1) < 2 * planes.size * size).all())


def small_integers(case: Case) -> bool:
    """8-bit updates."""
    return case.tensors[1].dtype in ("int8", "uint8") and 0 not in case.tensors[1].shape


def facts(modes: tuple[str, ...], versions: str = "") -> tuple[Fact, ...]:
    """The facts of a framework in the modes that compile with it."""

    def fact(name: str, reason: str, when: Callable[[Case], bool], **more: object) -> Fact:
        told = {"modes": modes, "versions": versions} | more
        return Fact(f"inductor-{name}", "upstream", reason, when=when, **told)  # type: ignore[arg-type]

    return (
        *mistakes("inductor", FUNCTIONS, modes=modes, versions=versions, needs=ON_CPU),
        Fact(
            "inductor-strides",
            "upstream",
            "Inductor decodes a window's maximum in another order of its axes than it was found in",
            ops=("selects_maximum",),
            aspects=("value", "gradient"),
            reproduces="counted_by_columns",
            modes=modes,
            versions=versions,
            url="https://github.com/pytorch/pytorch/issues/197434",
            title="[torch.compile] adaptive_max_pool2d returns incorrect result for transposed tensor when "
            "return_indices=True",
        ),
        Fact(
            "inductor-padding",
            "upstream",
            "Inductor pads with the lowest value, whose index wins where the image holds nothing higher",
            ops=("selects_maximum",),
            reproduces="index_of_padding",
            modes=modes,
            versions=versions,
        ),
        fact(
            "tiles",
            "with several threads Inductor adds a column's offset twice, and writes beside its place or array",
            added_in_tiles,
            ops=("scatter_nd",),
            aspects=("value", "gradient"),
            verdicts=("crash", "structural", "numeric"),
            url="https://github.com/pytorch/pytorch/pull/191861",
            title="Fix Inductor CPU tile2d atomic_add double-applying the inner itervar offset",
            needs=_SEVERAL,
            flaky="what lies where it writes",
        ),
        *(
            fact(
                f"one-place-{capability}",
                "with several threads Inductor fails an assertion of its own where all updates go to one place",
                added_to_one_place(lanes),
                ops=("scatter_nd",),
                aspects=("value", "gradient"),
                verdicts=("rejects",),
                url="https://github.com/pytorch/pytorch/pull/185325",
                title="Fix CPU vector atomic add for scalar indices",
                needs=(*_SEVERAL, f"cpu_capability={capability}"),
            )
            for capability, lanes in _LANES.items()
        ),
        refused(
            "inductor-no-batch",
            "Inductor foretells other strides than it gets of the filters' gradient, and fails an assertion",
            "Error in op: torch.ops.aten.convolution_backward",
            modes=modes,
            versions=versions,
            url="https://github.com/pytorch/pytorch/issues/171622",
            title="[inductor] convolution_backward meta kernel produces incorrect stride predictions for "
            "channels_last tensors",
        ),
        fact(
            "index",
            "Inductor writes to a flat array, where an index out of its plane reaches another one, as a negative "
            "one does",
            lands_elsewhere,
            ops=("max_unpool2d",),
            aspects=("error",),
            verdicts=("accepts",),
            rules=("IndexOutOfRange", "IndexNegative"),
        ),
        fact(
            "cuda-bytes",
            "Inductor writes an atomic addition of 8 bits, which Triton does not have; eager has it",
            small_integers,
            ops=("scatter_nd",),
            verdicts=("rejects",),
            versions="torch 2.11.0+cu130, H200",
            url="https://github.com/triton-lang/triton/pull/6717",
            title="[FE] Error when trying to use atomics with any type smaller than 16b",
            needs=ON_CUDA,
        ),
    )
