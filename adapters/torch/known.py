"""What torch is known to do differently. Free of torch: the parent imports this."""

from __future__ import annotations

import math
from pathlib import Path

from opassay.adapters.cuda import ON_CPU
from opassay.adapters.geometry import spatial_axes
from opassay.adapters.known_predicates import (
    empty,
    known,
    read_pins,
)
from opassay.adapters.known_windows import first_maximum, last_nan, usable, windows
from opassay.adapters.onednn import OWN
from opassay.adapters.torch.known_compiled import COMPILED
from opassay.adapters.torch.known_cuda import CUDA
from opassay.adapters.torch.known_empty import (
    NO_FILTERS_TITLE,
    NO_FILTERS_URL,
    no_extent_but_batch,
    own_pool,
    refused_avg_pool,
    refused_avg_unpool,
    refused_image,
    refused_max_pool,
    refused_transpose,
)
from opassay.adapters.torch.known_errors import ERRORS
from opassay.adapters.torch.known_gradients import GRADIENTS
from opassay.adapters.torch.known_strides import channels_last, refused_filter_gradient
from opassay.harness.model.case import Case

_PINS = read_pins(str(Path(__file__).parent))
_SEEN = "torch 2.13.0, CPU"


def _eight_bits_of_image(case: Case) -> bool:
    x, how = case.tensors[0], case.attributes
    largest = 127 if x.dtype in ("int8", "uint8") else math.inf
    plane = math.prod(x.shape[axis] for axis in spatial_axes(how["layout"]))
    counted = plane > largest and channels_last(x, how["layout"])
    return counted and own_pool(case, how["dilation"])


def _cropped_to_nothing(case: Case) -> bool:
    """By torch's own kernel; oneDNN's, for float32 of more than one small image in one group, gives nothing."""
    shape, (x, w) = case.attributes["output_shape"], case.tensors
    small = x.shape[0] == 1 and case.attributes["groups"] == 1 and min(w.shape[:2]) <= 3 and x.size <= 20480
    nothing = any(shape[axis] == 0 for axis in spatial_axes(case.attributes["layout"])) and 0 not in x.shape
    return nothing and (x.dtype != "float32" or small)


def _index_of_last_nan(case: Case) -> bool:
    if not usable(case) or not own_pool(case, case.attributes["dilation"]):
        return False
    seen = windows(case)
    return bool((last_nan(seen) != first_maximum(seen)).any())


KNOWN = (
    *GRADIENTS,
    *ERRORS,
    *COMPILED,
    *CUDA,
    *(
        known(
            _PINS,
            f"torch-{op}-empty",
            "rejects",
            covers,
            owner="upstream",
            reason="refuses an extent of 0 that leaves a well-defined, empty answer",
            versions=_SEEN,
        )
        for op, covers in (
            ("avg_pool2d", refused_avg_pool),
            ("avg_unpool2d", refused_avg_unpool),
            ("max_pool2d", refused_max_pool),
            ("max_pool2d_with_argmax", refused_max_pool),
            ("max_unpool2d", no_extent_but_batch),
            ("conv2d", refused_image),
            ("conv2d_transpose", refused_transpose),
        )
    ),
    known(
        _PINS,
        "torch-conv2d-no-channels",
        "shape",
        empty(1, 2),
        owner="upstream",
        reason="without input channels it answers with 0 output channels instead of zeros",
        versions=_SEEN,
        url="https://github.com/pytorch/pytorch/pull/120944",
        title="[dynamo] Fix convolution meta kernel when input channel is 0",
    ),
    *(
        known(
            _PINS,
            f"torch-{op}-bytes",
            "rejects",
            _eight_bits_of_image,
            owner="upstream",
            reason="with channels last it counts the plane's elements in the tensor's own 8-bit dtype, and refuses",
            versions=_SEEN,
            url="https://github.com/pytorch/executorch/pull/21820",
            title="Cortex-M: keep the max_pool2d reference off aten's channels-last int8 path",
            modes=("eager",),
        )
        for op in ("max_pool2d", "max_pool2d_with_argmax")
    ),
    known(
        _PINS,
        "torch-conv2d-no-filters",
        "rejects",
        lambda case: case.tensors[1].shape[3] == 0 and 0 not in case.tensors[0].shape,
        owner="upstream",
        reason="refuses a filter without output channels, whose answer is empty",
        versions=_SEEN,
    ),
    known(
        _PINS,
        "torch-conv2d_transpose-no-extent",
        "rejects",
        _cropped_to_nothing,
        owner="upstream",
        reason="refuses to crop all that a transposed convolution gives",
        versions=_SEEN,
        url="https://github.com/pytorch/pytorch/issues/88647",
        title="`ConvTranspose` fails on CPU but returns an empty tensor on CUDA",
        needs=OWN,
    ),
    known(
        _PINS,
        "torch-conv2d_input_gradient_law-one-filter",
        "rejects",
        refused_filter_gradient,
        owner="upstream",
        reason="the filter gradient of permuted filters to one channel: it asks of itself to be contiguous",
        versions=_SEEN,
        needs=OWN,
    ),
    known(
        _PINS,
        "torch-conv2d_transpose-no-filters",
        "rejects",
        lambda case: 0 in case.tensors[1].shape and 0 not in case.tensors[0].shape,
        owner="upstream",
        reason="refuses a filter without output channels, whose answer is empty",
        versions=_SEEN,
        url=NO_FILTERS_URL,
        title=NO_FILTERS_TITLE,
        modes=("eager",),
        needs=ON_CPU,
    ),
    known(
        _PINS,
        "torch-max_pool2d_with_argmax-nan",
        "structural",
        _index_of_last_nan,
        owner="upstream",
        reason="gives the index of the last NaN of a window, not of the first",
        versions=_SEEN,
        modes=("eager",),
    ),
)
