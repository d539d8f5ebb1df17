"""What torch is known to do differently. Free of torch: the parent imports this."""

from __future__ import annotations

import math
from pathlib import Path

from opassay.adapters.cuda import ON_CPU
from opassay.adapters.engines import inductor
from opassay.adapters.facts import pinned
from opassay.adapters.geometry import spatial_axes
from opassay.adapters.kernels.far import far_strides
from opassay.adapters.kernels.linear import nan_by_flush, nan_by_flush_or_stuffing
from opassay.adapters.kernels.predicates import empty, of_images
from opassay.adapters.kernels.strided import CHANCE, REASON, TITLE, URL, overruns
from opassay.adapters.kernels.windows import windows
from opassay.adapters.onednn import OWN
from opassay.adapters.torch.known_cuda import CUDA
from opassay.adapters.torch.known_elements import ELEMENTS
from opassay.adapters.torch.known_empty import (
    cropped_to_nothing,
    no_batch_to_infer,
    no_filters,
    no_filters_compiled,
    own_pool,
    refused_nothing,
    refused_nothing_repeated,
)
from opassay.adapters.torch.known_errors import ERRORS
from opassay.adapters.torch.known_norms import NORMS
from opassay.adapters.torch.known_sized import SIZED
from opassay.adapters.torch.known_strides import channels_last, one_filter, one_filter_compiled, unviewable_indices
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_SEEN = "torch 2.13.0, CPU"
_BOTH = ("value", "gradient")
_BFLOAT16 = "instructions=avx512_bf16"
_NO_FILTERS = {
    "ops": ("conv2d_transpose",),
    "verdicts": ("rejects",),
    "versions": _SEEN,
    "url": "https://github.com/pytorch/pytorch/issues/142466",
    "title": "[Device] `ConvTranspose` bahaves differently on CPU and CUDA when `out_channels=0`",
    "needs": ON_CPU,
}
_NO_FILTERS_REASON = "refuses a filter without output channels, whose answer is empty"
_ONE_FILTER = {
    "aspects": _BOTH,
    "verdicts": ("rejects",),
    "versions": _SEEN,
    "needs": OWN,
}
_ONE_FILTER_REASON = "the filter gradient of permuted filters to one channel: it asks of itself to be contiguous"


def _eight_bits_of_image(case: Case) -> bool:
    x, how = case.tensors[0], case.attributes
    largest = 127 if x.dtype in ("int8", "uint8") else math.inf
    plane = math.prod(x.shape[axis] for axis in spatial_axes(how["layout"]))
    counted = plane > largest and channels_last(x, how["layout"])
    return counted and own_pool(case, how["dilation"])


def _stuffed(case: Case) -> bool:
    return case.tensors[0].dtype == "bfloat16" and nan_by_flush_or_stuffing(case) and not nan_by_flush(case)


def _large_and_strided(case: Case) -> bool:
    # A single small image is left to torch's own kernel.
    return overruns(case) and case.tensors[0].size > 20480


def _window_of_padding(case: Case) -> bool:
    """Some dilated window holds no element of the image, so that its index is the lowest number there is."""
    if not of_images(case) or 0 in case.tensors[0].shape or max(case.attributes["dilation"]) == 1:
        return False
    return bool((windows(case).places < 0).all(axis=0).any())


KNOWN = pinned(
    (
        *ELEMENTS,
        *NORMS,
        *ERRORS,
        *inductor.facts(("compile",), _SEEN),
        *CUDA,
        Fact(
            "torch-last-nan",
            "upstream",
            "of the NaN in a window it takes the last one, not the first: its index, and its gradient",
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
            "torch-empty",
            "upstream",
            "refuses an extent of 0 whose answer or gradient is well defined",
            ops=(
                "pools",
                "unpools",
                "convolves",
                "conv2d_vjp",
                "conv2d_transpose_vjp",
                "avg_pool2d_vjp",
                "avg_unpool2d_vjp",
                "conv2d_input_gradient_law",
            ),
            aspects=_BOTH,
            verdicts=("rejects",),
            when=refused_nothing,
            versions=_SEEN,
        ),
        Fact(
            "torch-empty-repeated",
            "upstream",
            "refuses an extent of 0 whose answer or gradient is well defined",
            ops=("avg_unpool2d",),
            aspects=("gradient",),
            verdicts=("rejects",),
            when=refused_nothing_repeated,
            modes=("eager",),
            versions=_SEEN,
        ),
        Fact("torch-no-filters", "upstream", _NO_FILTERS_REASON, when=no_filters, modes=("eager",), **_NO_FILTERS),
        Fact(
            "torch-no-filters-compiled",
            "upstream",
            _NO_FILTERS_REASON,
            when=no_filters_compiled,
            modes=("compile",),
            **_NO_FILTERS,
        ),
        far_strides(
            "torch",
            _SEEN,
            ("pools", "avg_pool2d_vjp", "conv2d_transpose", "conv_transpose1d", "conv_transpose3d"),
            url="https://github.com/pytorch/pytorch/issues/147613",
            title="torch.nn.AvgPool2d fails with stride >= 2^31 on CUDA",
        ),
        Fact(
            "torch-cropped",
            "upstream",
            "refuses to crop all that a transposed convolution gives",
            ops=("conv2d_transpose",),
            verdicts=("rejects",),
            when=cropped_to_nothing,
            versions=_SEEN,
            url="https://github.com/pytorch/pytorch/issues/88647",
            title="`ConvTranspose` fails on CPU but returns an empty tensor on CUDA",
            needs=OWN,
        ),
        Fact(
            "torch-no-channels",
            "upstream",
            "without input channels it answers with 0 output channels instead of zeros",
            ops=("conv2d",),
            verdicts=("shape",),
            when=empty(1, 2),
            versions=_SEEN,
            url="https://github.com/pytorch/pytorch/pull/120944",
            title="[dynamo] Fix convolution meta kernel when input channel is 0",
        ),
        Fact(
            "torch-inferred-bool",
            "upstream",
            "interpolate on the meta device raises 'cond must be a bool' for a batch of 0",
            ops=("avg_unpool2d",),
            aspects=("shape",),
            verdicts=("rejects",),
            when=no_batch_to_infer,
            versions=_SEEN,
            url="https://github.com/pytorch/pytorch/pull/195376",
            title="Give the nearest-upsample meta checks a boolean predicate",
        ),
        Fact(
            "torch-bytes",
            "upstream",
            "with channels last it counts the plane's elements in the tensor's own 8-bit dtype, and refuses",
            ops=("selects_maximum",),
            verdicts=("rejects",),
            when=_eight_bits_of_image,
            modes=("eager",),
            versions=_SEEN,
            url="https://github.com/pytorch/executorch/pull/21820",
            title="Cortex-M: keep the max_pool2d reference off aten's channels-last int8 path",
        ),
        Fact(
            "torch-one-filter",
            "upstream",
            _ONE_FILTER_REASON,
            ops=(
                "conv2d",
                "conv2d_transpose",
                "conv2d_transpose_vjp",
                "conv2d_input_gradient_law",
                "conv_relu_pool",
                "conv_autoencoder_step",
                "deconvnet",
            ),
            when=one_filter,
            modes=("eager",),
            **_ONE_FILTER,
        ),
        Fact(
            "torch-one-filter-compiled",
            "upstream",
            _ONE_FILTER_REASON,
            ops=("conv2d", "conv2d_input_gradient_law", "conv_relu_pool", "conv_autoencoder_step"),
            when=one_filter_compiled,
            modes=("compile",),
            **_ONE_FILTER,
        ),
        Fact(
            "torch-view",
            "upstream",
            "its backward takes a view of a gradient that is not contiguous",
            ops=("max_unpool2d",),
            aspects=("gradient",),
            verdicts=("rejects",),
            when=unviewable_indices,
            versions=_SEEN,
            url="https://github.com/pytorch/pytorch/issues/154341",
            title="MaxUnpool2d raise RuntimeError: view size is not compatible with input tensor's size and stride",
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
