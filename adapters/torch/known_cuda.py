"""What torch is known to do differently on NVIDIA's GPUs. Free of torch: the parent imports this."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from adapters.cuda import ON_CUDA, beyond_tf32
from adapters.geometry import channel_axis, spatial_axes
from adapters.known_predicates import Predicate, attributes_of, breaks, known, read_pins
from adapters.known_windows import Windows, failure, first_maximum, gradient, last_nan, place, usable, windows
from adapters.torch.known_empty import own_pool
from adapters.torch.known_strides import channels_last
from adapters.torch.windows import expressible, extents_of, own_padding, pads_of
from harness.model import dtypes
from harness.model.case import Case

_PINS = read_pins(str(Path(__file__).parent))
_SEEN = "torch 2.11.0+cu130, H200"
_PADDED = "channels last, its backward forgets the padding when it looks for the windows of an element"
_PADDED_URL = "https://github.com/pytorch/pytorch/issues/188344"
_PADDED_TITLE = "avg_pool2d backward returns wrong input gradients on CUDA for channels_last inputs when padding > 0"
_LOWEST = "channels last, a window of nothing but -inf has the index 0, wherever it lies"
_LOWEST_URL = "https://github.com/pytorch/pytorch/pull/23161"
_LOWEST_TITLE = "max_pool_with_indices: return valid indices if all input elements are -inf"
_ASSERTION = "an index outside the output is a device-side assertion, after which the process cannot use the GPU"
_FORMAT = "which memory format the image has, and how many elements its pool"
_UNROLLED = 8
"""Source: ``unroll_reductions_threshold`` in
https://github.com/pytorch/pytorch/blob/v2.11.0/torch/_inductor/config.py"""
_KERNELS = "which of cuDNN's kernels its heuristics take"


def _forgets_padding(case: Case) -> bool:
    """The windows that the backward visits for some row or column are not those that hold it.

    Source: ``avg_pool2d_backward_out_cuda_frame_nhwc`` in
    https://github.com/pytorch/pytorch/blob/v2.11.0/aten/src/ATen/native/cuda/AveragePool2d.cu
    """
    how, x = attributes_of(case), case.tensors[0]
    extents = [x.shape[axis] for axis in spatial_axes(how["layout"])]
    window, stride = how["window"], how["stride"]
    pads = pads_of(extents, window, stride, how["padding"], (1, 1))
    if 0 in x.shape or not expressible(extents, window, stride, (1, 1), pads):
        return False
    own = own_padding(extents, window, stride, (1, 1), pads)
    if own is None or not channels_last(x, how["layout"]):
        return False
    axes = zip(extents, window, stride, own.padding, own.first, own.kept, strict=True)
    return any(_visited(n, k, s, 0, a, b) != _visited(n, k, s, p, a, b) for n, k, s, p, a, b in axes)


def _visited(extent: int, window: int, stride: int, shift: int, first: int, kept: int) -> list[set[int]]:
    """For each row the windows taken to hold it, ``shift`` rows further on, of those that are asked for."""
    asked = range(first, first + kept)
    return [{i for i in asked if i * stride <= row + shift < i * stride + window} for row in range(extent)]


def _depthwise_undilated(case: Case) -> bool:
    """A filter of its own for each channel goes to a kernel of torch's own, which does not look at the dilation.

    Channels last it goes to cuDNN, which float64 never does. Source: ``use_cudnn_depthwise`` in
    https://github.com/pytorch/pytorch/blob/v2.11.0/aten/src/ATen/native/Convolution.cpp
    """
    if case.rule != "DilationZero":
        return False
    (x, w), how = case.tensors, case.attributes
    to_cudnn = x.dtype != "float64" and channels_last(x, how["layout"])
    return how["groups"] > 1 and w.shape[2] == 1 and not to_cudnn


def _lowest(case: Case, seen: Windows) -> np.ndarray:
    """Windows of torch's own channels-last kernel that hold nothing above -inf."""
    if not own_pool(case, case.attributes["dilation"]) or not channels_last(case.tensors[0], case.attributes["layout"]):
        return np.zeros(seen.values.shape[1:], dtype=bool)
    return np.asarray((seen.values == -np.inf).all(axis=0))


def _index_of_lowest(case: Case) -> bool:
    if not usable(case):
        return False
    seen = windows(case)
    return bool((_lowest(case, seen) & (place(seen, first_maximum(seen)) != 0)).any())


def _gradient_of_lowest(verdict: str) -> Predicate:
    """A window whose index lies outside it passes nothing on."""

    def covers(case: Case) -> bool:
        if not usable(case) or case.cotangents[0] is None:
            return False
        seen = windows(case)
        lowest = _lowest(case, seen)
        if not lowest.any():
            return False
        first = (seen.places == 0)[:, None, :, :, None]
        tap = np.where(lowest, first.argmax(axis=0), last_nan(seen))
        got = gradient(case, seen, tap, lost=lowest & ~first.any(axis=0))
        return failure(got, gradient(case, seen, first_maximum(seen))) == verdict

    return covers


def _grouped_and_not_finite(case: Case) -> bool:
    """Several groups, and an operand that is infinite or NaN."""
    values = (dtypes.widen(t.materialize()) for t in case.all_tensors if dtypes.is_float(t.dtype))
    return attributes_of(case)["groups"] > 1 and not all(np.isfinite(v).all() for v in values)


def _small_integers(case: Case) -> bool:
    return case.aspect == "value" and case.tensors[1].dtype in ("int8", "uint8") and 0 not in case.tensors[1].shape


def _single_double(case: Case) -> bool:
    """A channels-last float64 image of one channel whose pool has one element, by torch's own kernel.

    Source: ``max_pool_forward_nhwc`` in
    https://github.com/pytorch/pytorch/blob/v2.11.0/aten/src/ATen/native/cuda/DilatedMaxPool2d.cu
    """
    how, x = case.attributes, case.tensors[0]
    extents = [x.shape[axis] for axis in spatial_axes(how["layout"])]
    window, stride, dilation = how["window"], how["stride"], how["dilation"]
    pads = pads_of(extents, window, stride, how["padding"], dilation)
    if x.dtype != "float64" or x.shape[channel_axis(how["layout"])] != 1 or not channels_last(x, how["layout"]):
        return False
    if not expressible(extents, window, stride, dilation, pads):
        return False
    own = own_padding(extents, window, stride, dilation, pads) is not None
    return own and extents_of(extents, window, stride, dilation, pads) == (1, 1)


def _filter_of_doubles(case: Case) -> bool:
    """In a program, a float64 filter to one channel."""
    return any(t.dtype == "float64" and len(t.shape) == 4 and t.shape[3] == 1 for t in case.tensors[1:])


def _reduced_then_gathered(case: Case) -> bool:
    """A pool that the adapter composes, of windows that Inductor reduces in a loop instead of writing each element."""
    window = case.attributes["window"]
    return math.prod(window) > _UNROLLED and not own_pool(case, case.attributes["dilation"])


CUDA = (
    *(
        known(
            _PINS,
            f"torch-{op}-gradient-cuda-padding-{verdict}",
            verdict,
            _forgets_padding,
            owner="upstream",
            reason=_PADDED,
            versions=_SEEN,
            url=_PADDED_URL,
            title=_PADDED_TITLE,
            modes=("eager",),
            needs=ON_CUDA,
        )
        for op, verdict in (
            ("avg_pool2d", "structural"),
            ("avg_pool2d", "numeric"),
            ("avg_pool2d", "special"),
            ("avg_pool2d_vjp", "structural"),
            ("avg_pool2d_vjp", "numeric"),
        )
    ),
    *(
        known(
            _PINS,
            f"torch-{op}-cuda-index",
            "crash",
            breaks(*rules),
            owner="upstream",
            reason=_ASSERTION,
            versions=_SEEN,
            needs=ON_CUDA,
        )
        for op, rules in (
            ("max_unpool2d", ("IndexOutOfRange", "IndexNegative")),
            ("scatter_nd", ("IndexOutOfRange",)),
        )
    ),
    known(
        _PINS,
        "torch-conv2d-cuda-dilation-zero",
        "accepts",
        _depthwise_undilated,
        owner="upstream",
        reason="the depthwise kernel does not look at the dilation, which all others refuse to be zero",
        versions=_SEEN,
        needs=ON_CUDA,
    ),
    known(
        _PINS,
        "torch-max_pool2d_with_argmax-cuda-lowest",
        "structural",
        _index_of_lowest,
        owner="upstream",
        reason=_LOWEST,
        versions=_SEEN,
        url=_LOWEST_URL,
        title=_LOWEST_TITLE,
        modes=("eager",),
        needs=ON_CUDA,
    ),
    *(
        known(
            _PINS,
            f"torch-{op}-gradient-cuda-lowest",
            "numeric",
            _gradient_of_lowest("numeric"),
            owner="upstream",
            reason=_LOWEST + ", so that its gradient goes there or nowhere",
            versions=_SEEN,
            url=_LOWEST_URL,
            title=_LOWEST_TITLE,
            modes=("eager",),
            needs=ON_CUDA,
        )
        for op in ("max_pool2d", "max_pool2d_with_argmax")
    ),
    *(
        known(
            _PINS,
            f"torch-{where}-cuda-groups",
            "special",
            _grouped_and_not_finite,
            owner="upstream",
            reason="zeros that stand for other groups meet their infinity or NaN",
            versions=_SEEN,
            chance=_KERNELS,
            needs=ON_CUDA,
        )
        for where in ("conv2d", "conv2d-gradient", "conv2d_transpose", "conv2d_input_gradient_law-value")
    ),
    known(
        _PINS,
        "torch-conv2d_transpose-cuda-tf32",
        "special",
        beyond_tf32,
        owner="by design",
        reason="cuDNN rounds operands to TF32, where numbers beyond 3.4e38 are infinite",
        versions=_SEEN,
        url="https://docs.pytorch.org/docs/stable/notes/cuda.html#tensorfloat-32-tf32-on-ampere-and-later-devices",
        title="CUDA semantics",
        chance=_KERNELS,
        needs=(*ON_CUDA, "cudnn.allow_tf32=True"),
    ),
    *(
        known(
            _PINS,
            f"torch-{where}-cuda-lanes",
            "crash",
            _reduced_then_gathered,
            owner="upstream",
            reason="Inductor asserts an index that a reduction gives also in lanes beyond the output, where it is none",
            versions=_SEEN,
            modes=("compile",),
            chance="which block size Inductor takes",
            needs=ON_CUDA,
        )
        for where in ("max_pool2d", "max_pool2d-gradient", "max_pool2d_with_argmax")
    ),
    *(
        known(
            _PINS,
            f"torch-{where}-cuda-misaligned",
            "crash",
            covers,
            owner="upstream",
            reason="channels last, a single float64 lies behind a single 4-byte index in shared memory: misaligned",
            versions=_SEEN,
            modes=("eager",),
            chance=chance,
            needs=ON_CUDA,
        )
        for where, covers, chance in (
            ("max_pool2d", _single_double, ""),
            ("max_pool2d-gradient", _single_double, ""),
            ("max_pool2d_with_argmax", _single_double, ""),
            ("max_pool2d_with_argmax-gradient", _single_double, ""),
            ("conv_relu_pool", _filter_of_doubles, _FORMAT),
            ("deconvnet-gradient", _filter_of_doubles, _FORMAT),
        )
    ),
    known(
        _PINS,
        "torch-deconvnet-cuda-order",
        "nondeterministic",
        lambda case: True,
        owner="by design",
        reason="gradients are added up by atomic additions, in any order",
        versions=_SEEN,
        url="https://docs.pytorch.org/docs/stable/notes/randomness.html",
        title="Reproducibility",
        chance="the order in which threads come to add",
        needs=ON_CUDA,
    ),
    known(
        _PINS,
        "torch-scatter_nd-cuda-bytes",
        "rejects",
        _small_integers,
        owner="upstream",
        reason="Inductor writes an atomic addition of 8 bits, which Triton does not have; eager has it",
        versions=_SEEN,
        url="https://github.com/triton-lang/triton/pull/6717",
        title="[FE] Error when trying to use atomics with any type smaller than 16b",
        modes=("compile",),
        needs=ON_CUDA,
    ),
)
