"""What torch is known to do differently in gradients. Free of torch: the parent imports this."""

from __future__ import annotations

from pathlib import Path

from opassay.adapters.cuda import ON_CPU
from opassay.adapters.known_linear import nan_by_flush, nan_by_flush_or_stuffing
from opassay.adapters.known_predicates import (
    Predicate,
    known,
    read_pins,
    unconnected_input,
)
from opassay.adapters.known_strided import CHANCE, REASON, TITLE, URL, overruns
from opassay.adapters.known_windows import gradient_failure, last_nan, windows
from opassay.adapters.onednn import OWN
from opassay.adapters.torch.known_empty import (
    no_extent_but_batch,
    own_pool,
    refused_avg_pool,
    refused_avg_unpool,
    refused_conv_gradient,
    refused_max_pool,
    refused_transpose_gradient,
)
from opassay.adapters.torch.known_strides import (
    refused_filter_gradient,
    refused_first,
    refused_somewhere,
    unviewable_indices,
)
from opassay.harness.model.case import Case

_PINS = read_pins(str(Path(__file__).parent))
_SEEN = "torch 2.13.0, CPU"
_FLUSH = "bfloat16 products take a subnormal operand for zero, as the processor's dot-product instruction does"
_ONE_FILTER = "the filter gradient of permuted filters to one channel: it asks of itself to be contiguous"
_LAST_NAN = "sends the gradient of a window with NaN to its last NaN, not to its first"
_VIEW_URL = "https://github.com/pytorch/pytorch/issues/154341"
_VIEW_TITLE = "MaxUnpool2d raise RuntimeError: view size is not compatible with input tensor's size and stride"
_BFLOAT16_LINEAR = (
    "conv2d-value",
    "conv2d_transpose-value",
    "matmul-value",
    "conv2d-gradient",
    "conv2d_transpose-gradient",
    "matmul-gradient",
    "conv2d_input_gradient_law-value",
)


def _bfloat16_flushed(case: Case) -> bool:
    return case.tensors[0].dtype == "bfloat16" and nan_by_flush(case)


def _bfloat16_stuffed(case: Case) -> bool:
    return case.tensors[0].dtype == "bfloat16" and nan_by_flush_or_stuffing(case) and not nan_by_flush(case)


def _large_and_strided(case: Case) -> bool:
    # A single small image is left to torch's own kernel.
    return overruns(case) and case.tensors[0].size > 20480


def _empty_batch(case: Case) -> bool:
    return case.tensors[0].shape[0] == 0


def _gradient_of_last_nan(verdict: str) -> Predicate:
    return lambda case: own_pool(case, case.attributes["dilation"]) and gradient_failure(case, last_nan) == verdict


def _window_of_padding(case: Case) -> bool:
    """Some dilated window holds no element of the image, so that its index is the lowest number there is."""
    if 0 in case.tensors[0].shape or max(case.attributes["dilation"]) == 1:
        return False
    return bool((windows(case).places < 0).all(axis=0).any())


def _compiled(refused: Predicate) -> Predicate:
    """``refused``, but Inductor gives filters of one row or column a memory that torch takes."""

    def covers(case: Case) -> bool:
        filters = [t for t in case.tensors[1:] if len(t.shape) == 4 and t.fill.kind != "zeros"]
        return refused(case) and all(min(t.shape[:2]) > 1 for t in filters)

    return covers


GRADIENTS = (
    *(
        known(
            _PINS,
            f"torch-{op}-gradient-padding-crash",
            "crash",
            _window_of_padding,
            owner="upstream",
            reason="a window that holds nothing but padding sends its gradient to an index outside the image",
            versions=_SEEN,
            modes=("eager",),
            needs=ON_CPU,
        )
        for op in ("max_pool2d", "max_pool2d_with_argmax")
    ),
    known(
        _PINS,
        "torch-conv2d-gradient-strided",
        "crash",
        _large_and_strided,
        owner="upstream",
        reason=REASON,
        versions=_SEEN,
        url=URL,
        title=TITLE,
        modes=("eager",),
        flaky=CHANCE,
        needs=(*ON_CPU, "cpu_capability=AVX512"),
    ),
    known(
        _PINS,
        "torch-shared_inputs-gradient-compiled-zeros",
        "shape",
        unconnected_input,
        owner="upstream",
        reason="compiled, an input that no asked output depends on gets zeros, where eager answers None",
        versions=_SEEN,
        url="https://github.com/pytorch/pytorch/pull/186355",
        title="Fix AOTAutograd unused output backward pruning",
        modes=("compile",),
    ),
    *(
        known(
            _PINS,
            f"torch-{op}-gradient-empty",
            "rejects",
            covers,
            owner="upstream",
            reason="refuses an extent of 0 whose gradients are well defined",
            versions=_SEEN,
            modes=("eager",) if op == "avg_unpool2d" else (),
        )
        for op, covers in (
            ("avg_pool2d", refused_avg_pool),
            ("avg_unpool2d", refused_avg_unpool),
            ("max_pool2d", refused_max_pool),
            ("max_pool2d_with_argmax", refused_max_pool),
            ("max_unpool2d", no_extent_but_batch),
            ("conv2d", refused_conv_gradient),
            ("conv2d_transpose", refused_transpose_gradient),
            ("conv2d_vjp", refused_conv_gradient),
            ("conv2d_transpose_vjp", refused_transpose_gradient),
            ("avg_pool2d_vjp", refused_avg_pool),
            ("avg_unpool2d_vjp", refused_avg_unpool),
        )
    ),
    known(
        _PINS,
        "torch-conv2d_input_gradient_law-value-empty",
        "rejects",
        refused_conv_gradient,
        owner="upstream",
        reason="refuses an extent of 0 whose gradients are well defined",
        versions=_SEEN,
    ),
    *(
        known(
            _PINS,
            f"torch-{op}-gradient-empty-batch",
            "shape",
            _empty_batch,
            owner="upstream",
            reason="the second derivative of an empty batch is None where it is an empty or zero tensor",
            versions=_SEEN,
        )
        for op in ("conv2d_vjp", "conv2d_transpose_vjp")
    ),
    *(
        known(
            _PINS,
            f"torch-{where}-bfloat16-flush",
            "special",
            _bfloat16_flushed,
            owner="by design",
            reason=_FLUSH + ", so that its product with infinity is NaN",
            versions=_SEEN,
            url="https://www.felixcloutier.com/x86/vdpbf16ps",
            title="VDPBF16PS — Dot Product of BF16 Pairs Accumulated Into Packed Single Precision",
            needs=("instructions=avx512_bf16",),
        )
        for where in _BFLOAT16_LINEAR
    ),
    known(
        _PINS,
        "torch-conv2d-gradient-bfloat16-stuffing",
        "special",
        _bfloat16_stuffed,
        owner="upstream",
        reason="oneDNN's bfloat16 kernel for strides and dilation gives NaN where a subnormal meets an infinity",
        versions=_SEEN,
        needs=("instructions=avx512_bf16", "instructions!=amx_bf16"),
    ),
    *(
        known(
            _PINS,
            f"torch-{op}-gradient-nan-{verdict}",
            verdict,
            _gradient_of_last_nan(verdict),
            owner="upstream",
            reason=_LAST_NAN,
            versions=_SEEN,
            modes=("eager",),
        )
        for op in ("max_pool2d", "max_pool2d_with_argmax")
        for verdict in ("special", "numeric")
    ),
    known(
        _PINS,
        "torch-max_unpool2d-gradient-view",
        "rejects",
        unviewable_indices,
        owner="upstream",
        reason="its backward takes a view of a gradient that is not contiguous",
        versions=_SEEN,
        url=_VIEW_URL,
        title=_VIEW_TITLE,
    ),
    *(
        known(
            _PINS,
            f"torch-{op}-gradient-one-filter",
            "rejects",
            covers,
            owner="upstream",
            reason=_ONE_FILTER,
            versions=_SEEN,
            modes=() if op == "conv2d" else ("eager",),
            needs=OWN,
        )
        for op, covers in (
            ("conv2d", refused_filter_gradient),
            ("conv2d_transpose", refused_filter_gradient),
            ("conv2d_transpose_vjp", refused_filter_gradient),
            # Too broad: more than one thread has oneDNN do float32 after all.
            ("conv_relu_pool", refused_first),
            ("conv_autoencoder_step", refused_somewhere),
            ("deconvnet", refused_somewhere),
        )
    ),
    *(
        known(
            _PINS,
            f"torch-{op}-gradient-compiled-one-filter",
            "rejects",
            _compiled(refused),
            owner="upstream",
            reason=_ONE_FILTER,
            versions=_SEEN,
            modes=("compile",),
            needs=OWN,
        )
        for op, refused in (("conv_relu_pool", refused_first), ("conv_autoencoder_step", refused_somewhere))
    ),
)
