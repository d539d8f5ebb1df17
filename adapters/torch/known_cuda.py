"""What torch is known to do differently on NVIDIA's GPUs. Free of torch: the parent imports this."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from opassay.adapters.cuda import ON_CUDA, beyond_tf32
from opassay.adapters.known_predicates import attributes_of, breaks, known, read_pins
from opassay.adapters.torch.known_cuda_pools import (
    forgets_padding,
    gradient_of_lowest,
    index_of_lowest,
    reduced_then_gathered,
    single_double,
)
from opassay.adapters.torch.known_strides import channels_last
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case

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
_KERNELS = "which of cuDNN's kernels its heuristics take"


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


def _grouped_and_not_finite(case: Case) -> bool:
    """Several groups, and an operand that is infinite or NaN."""
    values = (dtypes.widen(t.materialize()) for t in case.all_tensors if dtypes.is_float(t.dtype))
    return attributes_of(case)["groups"] > 1 and not all(np.isfinite(v).all() for v in values)


def _small_integers(case: Case) -> bool:
    return case.aspect == "value" and case.tensors[1].dtype in ("int8", "uint8") and 0 not in case.tensors[1].shape


def _filter_of_doubles(case: Case) -> bool:
    """In a program, a float64 filter to one channel."""
    return any(t.dtype == "float64" and len(t.shape) == 4 and t.shape[3] == 1 for t in case.tensors[1:])


CUDA = (
    *(
        known(
            _PINS,
            f"torch-{op}-gradient-cuda-padding-{verdict}",
            verdict,
            forgets_padding,
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
        index_of_lowest,
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
            gradient_of_lowest("numeric"),
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
            flaky=_KERNELS,
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
        flaky=_KERNELS,
        needs=(*ON_CUDA, "cudnn.allow_tf32=True"),
    ),
    *(
        known(
            _PINS,
            f"torch-{where}-cuda-lanes",
            "crash",
            reduced_then_gathered,
            owner="upstream",
            reason="Inductor asserts an index that a reduction gives also in lanes beyond the output, where it is none",
            versions=_SEEN,
            modes=("compile",),
            flaky="which block size Inductor takes",
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
            flaky=flaky,
            needs=ON_CUDA,
        )
        for where, covers, flaky in (
            ("max_pool2d", single_double, ""),
            ("max_pool2d-gradient", single_double, ""),
            ("max_pool2d_with_argmax", single_double, ""),
            ("max_pool2d_with_argmax-gradient", single_double, ""),
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
        flaky="the order in which threads come to add",
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
