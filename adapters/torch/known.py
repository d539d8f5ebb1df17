"""Known differences of torch. Does not import torch: the parent process imports this."""

from __future__ import annotations

from pathlib import Path

from opassay.adapters.cuda import ON_CPU
from opassay.adapters.engines import inductor, onednn
from opassay.adapters.facts import pinned
from opassay.adapters.kernels.holes import UNREAD, reads_no_column
from opassay.adapters.kernels.linear import nan_by_flush, nan_by_flush_or_stuffing
from opassay.adapters.kernels.predicates import empty, of_images
from opassay.adapters.kernels.strided import CHANCE, REASON, TITLE, URL, overruns
from opassay.adapters.kernels.windows import windows
from opassay.adapters.torch.known_cuda import CUDA
from opassay.adapters.torch.known_elements import ELEMENTS
from opassay.adapters.torch.known_errors import ERRORS
from opassay.adapters.torch.known_norms import NORMS
from opassay.adapters.torch.known_refusals import REFUSALS
from opassay.adapters.torch.known_sized import SIZED
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_SEEN = "torch 2.13.0, CPU"
_BOTH = ("value", "gradient")
_BFLOAT16 = "instructions=avx512_bf16"


def _stuffed(case: Case) -> bool:
    return case.tensors[0].dtype == "bfloat16" and nan_by_flush_or_stuffing(case) and not nan_by_flush(case)


def _large_and_strided(case: Case) -> bool:
    # A single small image is left to torch's own kernel.
    return overruns(case) and case.tensors[0].size > 20480


def _window_of_padding(case: Case) -> bool:
    """Some dilated window holds no element of the image, so that its index is the lowest integer."""
    if not of_images(case) or 0 in case.tensors[0].shape or max(case.attributes["dilation"]) == 1:
        return False
    return bool((windows(case).places < 0).all(axis=0).any())


def _repeated_in_memory(case: Case) -> bool:
    return case.tensors[0].dtype == "int8" and any(t.memory.kind == "broadcast" for t in case.tensors)


KNOWN = pinned(
    (
        *ELEMENTS,
        *NORMS,
        *REFUSALS,
        *ERRORS,
        *inductor.facts(("compile",), _SEEN),
        onednn.amx_column("torch", (), _SEEN),
        onednn.gelu("torch", _SEEN),
        onednn.saturating_pairs("torch", _SEEN),
        onednn.far_strides("torch", (), _SEEN, ON_CPU),
        *CUDA,
        Fact(
            "torch-last-nan",
            "upstream",
            "of several NaN in a window, the last one gets the index and the gradient, not the first",
            ops=("selects_maximum",),
            aspects=_BOTH,
            reproduces="last_nan",
            modes=("eager",),
            versions=_SEEN,
        ),
        Fact(
            "torch-unconnected-compiled",
            "upstream",
            "compiled, an input that no asked output depends on gets zeros, where eager answers None",
            aspects=("gradient",),
            reproduces="zeros_for_no_gradient",
            modes=("compile",),
            versions=_SEEN,
            url="https://github.com/pytorch/pytorch/pull/186355",
            title="Fix AOTAutograd unused output backward pruning",
        ),
        Fact(
            "torch-no-second-derivative",
            "upstream",
            "the second derivative of an empty batch is None where it is an empty or zero tensor",
            ops=("conv2d_vjp", "conv2d_transpose_vjp"),
            aspects=("gradient",),
            reproduces="no_gradient_for_one",
            when=empty(0, 0),
            versions=_SEEN,
        ),
        Fact(
            "torch-no-query",
            "upstream",
            "where nothing is asked, the bias of attention has no gradient where it has an empty one",
            ops=("biased_attention",),
            aspects=("gradient",),
            reproduces="no_gradient_for_one",
            versions=_SEEN,
        ),
        Fact(
            "torch-bfloat16-flush",
            "by design",
            "bfloat16 products take a subnormal operand for zero, as the processor's dot-product instruction does",
            ops=("multiplies",),
            aspects=_BOTH,
            verdicts=("special",),
            reproduces="subnormals_flushed",
            when=lambda case: case.tensors[0].dtype == "bfloat16",
            versions=_SEEN,
            url="https://www.felixcloutier.com/x86/vdpbf16ps",
            title="VDPBF16PS — Dot Product of BF16 Pairs Accumulated Into Packed Single Precision",
            needs=(_BFLOAT16,),
        ),
        Fact(
            "torch-bfloat16-stuffing",
            "upstream",
            "oneDNN's bfloat16 kernel for strides and dilation gives NaN where a subnormal meets an infinity",
            ops=("conv2d",),
            aspects=("gradient",),
            verdicts=("special",),
            when=_stuffed,
            versions=_SEEN,
            needs=(_BFLOAT16, "instructions!=amx_bf16"),
        ),
        Fact(
            "torch-int-mm-unwritten",
            "upstream",
            "oneDNN rejects a matrix whose rows or columns are one in memory, and nobody writes the product",
            ops=("matmul_widened",),
            verdicts=("structural",),
            when=_repeated_in_memory,
            versions=_SEEN,
            url="https://github.com/pytorch/pytorch/issues/195066",
            title="[cpu][Inductor] torch._int_mm silent failure on CPU when an input's size-1 dim has stride 0",
            flaky="what lies in memory before the answer is written there",
        ),
        Fact(
            "torch-no-channels",
            "upstream",
            "without input channels it answers with 0 output channels instead of zeros",
            ops=("conv1d", "conv2d", "conv3d"),
            verdicts=("shape",),
            when=empty(1, -2),
            versions=_SEEN,
            url="https://github.com/pytorch/pytorch/pull/120944",
            title="[dynamo] Fix convolution meta kernel when input channel is 0",
        ),
        Fact(
            "torch-window-of-padding",
            "upstream",
            "a window that holds nothing but padding sends its gradient to an index outside the image",
            ops=("selects_maximum",),
            aspects=("gradient",),
            verdicts=("crash",),
            when=_window_of_padding,
            modes=("eager",),
            versions=_SEEN,
            needs=ON_CPU,
        ),
        Fact(
            "torch-unread-column",
            "upstream",
            UNREAD,
            ops=("convolves", "depthwise_conv2d"),
            aspects=_BOTH,
            verdicts=("crash",),
            when=reads_no_column,
            versions=_SEEN,
            flaky="which kernel is taken",
            needs=(*ON_CPU, "instructions=avx512_fp16"),
        ),
        Fact(
            "torch-strided",
            "upstream",
            REASON,
            ops=("conv2d",),
            aspects=("gradient",),
            verdicts=("crash",),
            when=_large_and_strided,
            modes=("eager",),
            versions=_SEEN,
            url=URL,
            title=TITLE,
            flaky=CHANCE,
            needs=(*ON_CPU, "cpu_capability=AVX512"),
        ),
        *SIZED,
    ),
    Path(__file__).parent,
)
