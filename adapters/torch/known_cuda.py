"""Known differences of torch on NVIDIA's GPUs. Does not import torch: the parent process imports this."""

from __future__ import annotations

from opassay.adapters.cuda import ON_CUDA, beyond_tf32
from opassay.adapters.engines import cudnn
from opassay.adapters.torch.known_cuda_pools import (
    forgets_padding,
    loses_lowest,
    reduced_then_gathered,
    single_double,
)
from opassay.adapters.torch.known_strides import channels_last
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_SEEN = "torch 2.11.0+cu130, H200"
_BOTH = ("value", "gradient")
_MISALIGNED = {
    "owner": "upstream",
    "reason": "channels last, a single float64 lies behind a single 4-byte index in shared memory: misaligned",
    "aspects": _BOTH,
    "verdicts": ("crash",),
    "modes": ("eager",),
    "versions": _SEEN,
    "needs": ON_CUDA,
}


def _depthwise_undilated(case: Case) -> bool:
    """A depthwise convolution uses torch's own kernel, which ignores the dilation.

    Channels last it uses cuDNN, except in float64. Source: ``use_cudnn_depthwise`` in
    https://github.com/pytorch/pytorch/blob/v2.11.0/aten/src/ATen/native/Convolution.cpp
    """
    (x, w), how = case.tensors, case.attributes
    to_cudnn = x.dtype != "float64" and channels_last(x, how["layout"])
    return how["groups"] > 1 and w.shape[2] == 1 and not to_cudnn


def _beyond(case: Case) -> bool:
    """scatter_nd wraps negative indices."""
    return case.op == "max_unpool2d" or case.rule == "IndexOutOfRange"


def _filter_of_doubles(case: Case) -> bool:
    """In a program, a float64 filter to one channel."""
    return any(t.dtype == "float64" and len(t.shape) == 4 and t.shape[3] == 1 for t in case.tensors[1:])


CUDA = (
    *cudnn.facts(_SEEN),
    Fact(
        "torch-cuda-tf32",
        "by design",
        "cuDNN rounds operands to TF32, where numbers beyond 3.4e38 are infinite",
        ops=("conv2d_transpose",),
        verdicts=("special",),
        when=beyond_tf32,
        versions=_SEEN,
        url="https://docs.pytorch.org/docs/stable/notes/cuda.html#tensorfloat-32-tf32-on-ampere-and-later-devices",
        title="CUDA semantics",
        flaky=cudnn.KERNELS,
        needs=(*ON_CUDA, "cudnn.allow_tf32=True"),
    ),
    Fact(
        "torch-cuda-padding",
        "upstream",
        "channels last, its backward forgets the padding when it looks for the windows of an element",
        ops=("avg_pool2d", "avg_pool2d_vjp"),
        aspects=("gradient",),
        verdicts=("structural", "numeric", "special"),
        when=forgets_padding,
        modes=("eager",),
        versions=_SEEN,
        url="https://github.com/pytorch/pytorch/issues/188344",
        title="avg_pool2d backward returns wrong input gradients on CUDA for channels_last inputs when padding > 0",
        needs=ON_CUDA,
    ),
    Fact(
        "torch-cuda-index",
        "upstream",
        "an index outside the output is a device-side assertion, after which the process cannot use the GPU",
        ops=("indexes",),
        aspects=("error",),
        verdicts=("crash",),
        rules=("IndexOutOfRange", "IndexNegative"),
        when=_beyond,
        versions=_SEEN,
        needs=ON_CUDA,
    ),
    Fact(
        "torch-cuda-undilated",
        "upstream",
        "the depthwise kernel does not look at the dilation, which all others refuse to be zero",
        ops=("conv2d",),
        aspects=("error",),
        verdicts=("accepts",),
        rules=("DilationZero",),
        when=_depthwise_undilated,
        versions=_SEEN,
        needs=ON_CUDA,
    ),
    Fact(
        "torch-cuda-lowest",
        "upstream",
        "channels last, a window of nothing but -inf has the index 0, so that its gradient goes there or nowhere",
        ops=("selects_maximum",),
        aspects=_BOTH,
        verdicts=("structural", "numeric"),
        when=loses_lowest,
        modes=("eager",),
        versions=_SEEN,
        url="https://github.com/pytorch/pytorch/pull/23161",
        title="max_pool_with_indices: return valid indices if all input elements are -inf",
        needs=ON_CUDA,
    ),
    Fact(
        "torch-cuda-lanes",
        "upstream",
        "Inductor asserts an index that a reduction gives also in lanes beyond the output, where it is none",
        ops=("selects_maximum",),
        aspects=_BOTH,
        verdicts=("crash",),
        when=reduced_then_gathered,
        modes=("compile",),
        versions=_SEEN,
        flaky="which block size Inductor takes",
        needs=ON_CUDA,
    ),
    Fact("torch-cuda-misaligned", ops=("selects_maximum",), when=single_double, **_MISALIGNED),
    Fact(
        "torch-cuda-misaligned-programs",
        ops=("conv_relu_pool", "deconvnet"),
        when=_filter_of_doubles,
        flaky="which memory format the image has, and how many elements its pool",
        **_MISALIGNED,
    ),
    Fact(
        "torch-cuda-order",
        "by design",
        "gradients are added up by atomic additions, in any order",
        ops=("deconvnet",),
        verdicts=("nondeterministic",),
        when=lambda case: True,
        versions=_SEEN,
        url="https://docs.pytorch.org/docs/stable/notes/randomness.html",
        title="Reproducibility",
        flaky="the order in which threads come to add",
        needs=ON_CUDA,
    ),
)
