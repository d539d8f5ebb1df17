"""What torch is known to do differently in gradients. Free of torch: the parent imports this."""

from __future__ import annotations

from pathlib import Path

from adapters.known_predicates import (
    empty_anywhere,
    holds_nan,
    known,
    read_pins,
    subnormal_meets_infinity,
    unconnected_input,
)
from harness.model.case import Case

_PINS = read_pins(str(Path(__file__).parent))
_SEEN = "torch 2.13.0, CPU"
_FLUSH = "bfloat16 products take a subnormal operand for zero, as the processor's dot-product instruction does"
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
    return case.tensors[0].dtype == "bfloat16" and subnormal_meets_infinity(case)


def _scattered_in_memory(case: Case) -> bool:
    return any(tensor.memory.kind != "contiguous" for tensor in case.all_tensors)


def one_filter(shape: tuple[int, ...]) -> bool:
    """Filters to one channel of several: as torch permutes them, their memory has two formats at once."""
    height, width, inputs, outputs = shape
    return height * width > 1 and inputs > 1 and outputs == 1


def _one_filter(case: Case) -> bool:
    return any(one_filter(t.shape) for t in case.tensors[1:] if len(t.shape) == 4 and t.fill.kind != "zeros")


def _empty_batch(case: Case) -> bool:
    return case.tensors[0].shape[0] == 0


GRADIENTS = (
    known(
        _PINS,
        "torch-shared_inputs-gradient-compiled-zeros",
        "shape",
        unconnected_input,
        owner="upstream",
        reason="compiled, an input that no asked output depends on gets zeros, where eager answers None",
        versions=_SEEN,
        modes=("compile",),
    ),
    *(
        known(
            _PINS,
            f"torch-{op}-gradient-empty",
            "rejects",
            empty_anywhere,
            owner="upstream",
            reason="refuses an extent of 0 whose gradients are well defined",
            versions=_SEEN,
        )
        for op in (
            "avg_pool2d",
            "avg_unpool2d",
            "max_pool2d",
            "max_pool2d_with_argmax",
            "max_unpool2d",
            "conv2d",
            "conv2d_transpose",
            "conv2d_vjp",
            "conv2d_transpose_vjp",
            "avg_pool2d_vjp",
            "avg_unpool2d_vjp",
        )
    ),
    known(
        _PINS,
        "torch-conv2d_input_gradient_law-value-empty",
        "rejects",
        empty_anywhere,
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
        )
        for where in _BFLOAT16_LINEAR
    ),
    *(
        known(
            _PINS,
            f"torch-{op}-gradient-nan-{verdict}",
            verdict,
            holds_nan,
            owner="upstream",
            reason=_LAST_NAN,
            versions=_SEEN,
        )
        for op in ("max_pool2d", "max_pool2d_with_argmax")
        for verdict in ("special", "numeric")
    ),
    known(
        _PINS,
        "torch-max_unpool2d-gradient-view",
        "rejects",
        _scattered_in_memory,
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
            _one_filter,
            owner="upstream",
            reason="the filter gradient of permuted filters to one channel: it asks of itself to be contiguous",
            versions=_SEEN,
        )
        for op in (
            "conv2d",
            "conv2d_transpose",
            "conv2d_transpose_vjp",
            "conv_relu_pool",
            "conv_autoencoder_step",
            "deconvnet",
        )
    ),
)
