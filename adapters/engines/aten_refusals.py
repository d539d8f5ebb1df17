"""Valid cases that torch's kernels refuse, by their messages, for all who call them. Does not import torch."""

from __future__ import annotations

from typing import Any

from opassay.adapters.kernels.far import far
from opassay.adapters.kernels.refusals import of_nothing, refused
from opassay.harness.model.fact import Fact

NOTHING = (
    "with optional 0 dim batch size for input, but got",
    "to have positive length, but input has a shape of",
    "data tensor expected but got a tensor with sizes",
    "Input and output sizes should be greater than 0",
    "Only zero batch or zero channel inputs are supported",
    "to have non-zero size for non-batch dimensions",
    "expected weight to be at least 1 at dimension 0",
    "weight tensor expected, but got",
    "tensor expected for weight, but got",
    "Kernel size can't be greater than actual input size",
    "Output size is too small",
    "could not create a primitive descriptor for the deconvolution",
    "got ZeroDivisionError('float division by zero')",
    "returned an invalid gradient at index 0 - got [0",
    "Mismatch in shape: grad_output[0] has a shape of",
    "select(): index 0 out of range for tensor of size [0]",
    "cond must be a bool, but got <class 'int'>",
)
"""Messages of checks of torch and oneDNN for an extent of 0; the last two for an empty batch."""


def facts(adapter: str, versions: str, modes: tuple[str, ...] = ()) -> tuple[Fact, ...]:
    """The facts of ``adapter`` in the modes in which it calls them."""
    told: dict[str, Any] = {"modes": modes, "versions": versions}
    return (
        refused(
            f"{adapter}-empty",
            "refuses an extent of 0 whose answer or gradient is well defined",
            *NOTHING,
            when=of_nothing,
            url="https://github.com/pytorch/pytorch/issues/142466",
            title="[Device] `ConvTranspose` bahaves differently on CPU and CUDA when `out_channels=0`",
            **told,
        ),
        refused(
            f"{adapter}-far-strides",
            "strides are 32-bit integers: 2**31 is refused, or becomes negative",
            "value cannot be converted to type int without overflow",
            "stride should be greater than zero",
            "could not construct a memory descriptor",
            when=far("stride"),
            url="https://github.com/pytorch/pytorch/issues/147613",
            title="torch.nn.AvgPool2d fails with stride >= 2^31 on CUDA",
            **told,
        ),
        refused(
            f"{adapter}-bytes",
            "in channels_last, the number of elements of a plane is counted in the tensor's 8-bit dtype, and refused",
            "std::numeric_limits<integer_t>::max()",
            ops=("selects_maximum",),
            url="https://github.com/pytorch/executorch/pull/21820",
            title="Cortex-M: keep the max_pool2d reference off aten's channels-last int8 path",
            **told,
        ),
        refused(
            f"{adapter}-one-filter",
            "the filter gradient of permuted filters to one channel: it asks of itself to be contiguous",
            "grad_weight must be contiguous",
            "grad_weight needs to be contiguous",
            **told,
        ),
        refused(
            f"{adapter}-view",
            "its backward calls view() on a gradient that is not contiguous",
            "view size is not compatible with input tensor's size and stride",
            "Cannot view a tensor with shape",
            ops=("max_unpool2d",),
            url="https://github.com/pytorch/pytorch/issues/154341",
            title="MaxUnpool2d raise RuntimeError: view size is not compatible with input tensor's size and stride",
            **told,
        ),
        refused(
            f"{adapter}-image-smaller",
            "avg_pool3d's backward compares the window with the image without its padding",
            "smaller than kernel size (kT:",
            **told,
        ),
        refused(
            f"{adapter}-norm-single",
            "torch refuses to normalise a channel of a single value, which others answer with the bias",
            "Expected more than 1 spatial element when training",
            "Expected more than 1 value per channel when training",
            owner="by design",
            **told,
        ),
        refused(
            f"{adapter}-no-derivative",
            "torch says that the function has no derivative where others have 0 or none",
            "derivative for aten::",
            owner="by design",
            **told,
        ),
        refused(
            f"{adapter}-antialias-narrow",
            "there is no antialiased interpolation of 16 bits (compute_index_ranges_weights)",
            '"compute_index_ranges_weights" not implemented for',
            **told,
        ),
    )
