"""What torch.compile is known to do differently from the contract, where eager torch does not. Free of torch."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from opassay.adapters.cuda import ON_CPU
from opassay.adapters.known_predicates import known, read_pins
from opassay.adapters.torch.known_empty import (
    NO_FILTERS_TITLE,
    NO_FILTERS_URL,
    dense_filters_of_no_batch,
    no_filters_compiled,
)
from opassay.adapters.torch.known_scatters import added_in_tiles, added_to_one_place
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case

_PINS = read_pins(str(Path(__file__).parent))
_SEEN = "torch 2.13.0, CPU"
_ISSUE = "https://github.com/pytorch/pytorch/issues/197434"
_TITLE = "[torch.compile] adaptive_max_pool2d returns incorrect result for transposed tensor when return_indices=True"
_TILES = "https://github.com/pytorch/pytorch/pull/191861"
_TILES_TITLE = "Fix Inductor CPU tile2d atomic_add double-applying the inner itervar offset"
_STRIDES = "https://github.com/pytorch/pytorch/issues/171622"
_STRIDES_TITLE = (
    "[inductor] convolution_backward meta kernel produces incorrect stride predictions for channels_last tensors"
)
_SEVERAL = (*ON_CPU, "parallel=yes")
_REDUCED = 25
"""Windows of more elements are lowered to a reduction, whose loops Inductor orders by stride."""


def _columns_before_rows(case: Case) -> bool:
    """A large window over an image whose rows lie closer together in memory than its columns."""
    memory, layout = case.tensors[0].memory.kind, case.attributes["layout"]
    swapped = memory == "transposed" or (memory == "channels_last" and layout == "NHWC")
    return swapped and math.prod(case.attributes["window"]) > _REDUCED


def _padded_and_lowest(case: Case) -> bool:
    """Explicit padding around an image that holds nothing but its dtype's lowest value."""
    tensor, padding = case.tensors[0], case.attributes["padding"]
    if tensor.fill.kind != "literal" or isinstance(padding, str) or not any(map(any, padding)):
        return False
    values = dtypes.widen(tensor.materialize())
    lowest = -np.inf if dtypes.is_float(tensor.dtype) else np.iinfo(tensor.dtype).min
    return bool((values == lowest).all())


COMPILED = (
    *(
        known(
            _PINS,
            f"torch-{op}-gradient-compiled-strides-{verdict}",
            verdict,
            _columns_before_rows,
            owner="upstream",
            reason="Inductor decodes a window's maximum in another order of its axes than it was found in",
            versions=_SEEN,
            url=_ISSUE,
            title=_TITLE,
            modes=("compile",),
        )
        for op in ("max_pool2d", "max_pool2d_with_argmax")
        for verdict in ("structural", "numeric")
    ),
    known(
        _PINS,
        "torch-max_pool2d_with_argmax-compiled-padding",
        "structural",
        _padded_and_lowest,
        owner="upstream",
        reason="Inductor pads with the lowest value, whose index wins where the image holds nothing higher",
        versions=_SEEN,
        modes=("compile",),
    ),
    *(
        known(
            _PINS,
            name,
            verdict,
            added_in_tiles,
            owner="upstream",
            reason="with several threads Inductor adds a column's offset twice, and writes beside its place or array",
            versions=_SEEN,
            url=_TILES,
            title=_TILES_TITLE,
            modes=("compile",),
            needs=_SEVERAL,
            flaky="what lies where it writes",
        )
        for name, verdict in (
            *(
                (f"torch-scatter_nd-compiled-tiles-{verdict}", verdict)
                for verdict in ("crash", "structural", "numeric")
            ),
            ("torch-scatter_nd-gradient-compiled-tiles", "crash"),
        )
    ),
    *(
        known(
            _PINS,
            f"torch-scatter_nd{aspect}-compiled-one-place-{capability}",
            "rejects",
            added_to_one_place(lanes),
            owner="upstream",
            reason="with several threads Inductor fails an assertion of its own where all updates go to one place",
            versions=_SEEN,
            url="https://github.com/pytorch/pytorch/pull/185325",
            title="Fix CPU vector atomic add for scalar indices",
            modes=("compile",),
            needs=(*_SEVERAL, f"cpu_capability={capability}"),
        )
        for aspect in ("", "-gradient")
        for capability, lanes in (("AVX2", 8), ("AVX512", 16))
    ),
    known(
        _PINS,
        "torch-conv2d_transpose-compiled-no-filters",
        "rejects",
        no_filters_compiled,
        owner="upstream",
        reason="refuses a filter without output channels, whose answer is empty",
        versions=_SEEN,
        url=NO_FILTERS_URL,
        title=NO_FILTERS_TITLE,
        modes=("compile",),
        needs=ON_CPU,
    ),
    *(
        known(
            _PINS,
            f"torch-{op}-gradient-compiled-no-batch",
            "rejects",
            dense_filters_of_no_batch,
            owner="upstream",
            reason="Inductor foretells other strides than it gets of the filters' gradient, and fails an assertion",
            versions=_SEEN,
            url=_STRIDES,
            title=_STRIDES_TITLE,
            modes=("compile",),
        )
        for op in ("conv2d", "conv2d_transpose")
    ),
)
