"""What Keras' backends' kernels do: oneDNN's, torch's own, and XLA's. Free of Keras."""

from __future__ import annotations

from opassay.adapters import known_holes
from opassay.adapters.keras.known_predicates import keras_known
from opassay.adapters.known_groups import REASON as GROUPS
from opassay.adapters.known_groups import mixed
from opassay.adapters.known_linear import nan_by_flush
from opassay.adapters.known_predicates import attributes_of
from opassay.adapters.known_strided import CHANCE, OPS, REASON, TITLE, URL, overruns
from opassay.adapters.onednn import OWN, WITH_ONE_DNN
from opassay.harness.model.case import Case

_CONTIGUOUS = "torch: slow_conv2d: grad_weight must be contiguous"
_NAN = "zeros that the backend multiplies by NaN or infinity, or subnormals that it flushes, give NaN"


def _odd_sum(case: Case) -> bool:
    return nan_by_flush(case) or mixed(case)


def _bfloat16_flushed(case: Case) -> bool:
    return case.tensors[0].dtype == "bfloat16" and nan_by_flush(case)


def _one_filter(case: Case) -> bool:
    """A transposed convolution of one channel to several."""
    _, _, made, given = case.tensors[1].shape
    return _slow(case) and made > 1 and given == 1


def _one_channel_out(case: Case) -> bool:
    """A convolution of several channels to one."""
    _, _, taken, made = case.tensors[1].shape
    return _slow(case) and taken > 1 and made == 1


def _slow(case: Case) -> bool:
    """Images with channels last and filters of several taps, by torch's own kernel.

    That kernel does what oneDNN does not: float16 and float64, and float32 of one image on one thread.
    """
    x, w = case.tensors[:2]
    own = x.dtype in ("float16", "float64") or (x.dtype == "float32" and x.shape[0] == 1)
    return own and attributes_of(case)["layout"] == "NHWC" and w.shape[0] * w.shape[1] > 1


KERNELS = (
    *(
        keras_known(
            op,
            aspect,
            "strided",
            "crash",
            overruns,
            "upstream",
            REASON,
            ("tensorflow",),
            url=URL,
            title=TITLE,
            flaky=CHANCE,
            needs=WITH_ONE_DNN,
        )
        for op, aspect in OPS
        if op not in ("conv_autoencoder_step", "deconvnet")
    ),
    *(
        keras_known(
            op,
            aspect,
            "straddled",
            "crash",
            known_holes.straddled_in_keras,
            "upstream",
            known_holes.REASON,
            ("tensorflow",),
            needs=known_holes.NEEDS,
        )
        for op, aspect in known_holes.OPS
        if op != "conv2d"
    ),
    keras_known(
        "conv2d",
        "gradient",
        "special-torch",
        "special",
        _bfloat16_flushed,
        "by design",
        "torch: bfloat16 products take a subnormal operand for zero",
        ("torch",),
        needs=("instructions=avx512_bf16",),
    ),
    keras_known(
        "conv2d",
        "value",
        "groups",
        "special",
        mixed,
        "upstream",
        f"XLA, which TensorFlow is made to use for groups: {GROUPS}",
        ("tensorflow", "jax"),
    ),
    *(
        keras_known(op, "gradient", "special", "special", covers, "upstream", _NAN, modes)
        for op, covers, modes in (
            ("conv2d", _odd_sum, ("tensorflow", "jax")),
            ("conv2d_transpose", nan_by_flush, ("tensorflow", "jax")),
            ("matmul", nan_by_flush, ("tensorflow", "jax")),
        )
    ),
    *(
        keras_known(op, aspect, "contiguous", "rejects", covers, "upstream", _CONTIGUOUS, ("torch",), needs=OWN)
        for op, aspect, covers in (
            ("conv_relu_pool", "gradient", _one_channel_out),
            ("conv2d_input_gradient_law", "shape", _one_channel_out),
            ("conv2d_transpose", "gradient", _one_filter),
            ("conv2d_transpose_vjp", "gradient", _one_filter),
        )
    ),
)
