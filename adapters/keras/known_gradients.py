"""What Keras is known to do differently in gradients, which are its backend's. Free of Keras."""

from __future__ import annotations

from adapters import known_holes
from adapters.keras.known_predicates import (
    BITS,
    BITS_TITLE,
    BITS_URL,
    REPLICATED,
    REPLICATED_TITLE,
    REPLICATED_URL,
    SCATTER_ON_TENSORFLOW,
    SCATTER_ON_TORCH,
    empty_but_batch,
    empty_slices,
    keras_known,
    refused_by_tensorflow,
    replicated,
    stages,
    without_channels,
    without_image,
)
from adapters.known_averages import OTHERS, WIDE, WIDE_TITLE, WIDE_URL, wide_window
from adapters.known_groups import REASON as GROUPS
from adapters.known_groups import mixed
from adapters.known_linear import nan_by_flush
from adapters.known_predicates import (
    Predicate,
    attributes_of,
    unconnected_input,
)
from adapters.known_relu import multiplied, selected
from adapters.known_strided import CHANCE, OPS, REASON, TITLE, URL, overruns
from adapters.known_values import empty_anywhere
from adapters.known_windows import (
    Rule,
    first_kept,
    gradient_failure,
    last_nan_of_all,
    not_less,
    only_larger,
    with_flushed,
)
from adapters.onednn import AVERAGES, OWN, WHERE_ONE_DNN, WITH_ONE_DNN, WITHOUT_ONE_DNN
from harness.model.case import Case

_EMPTY = "refuses a tensor without elements, whose gradient is zeros or empty"

_CUT = "subnormals are flushed, and on TensorFlow a gradient that is not finite is multiplied by 0"
_CONTIGUOUS = "torch: slow_conv2d: grad_weight must be contiguous"
_NAN = "zeros that the backend multiplies by NaN or infinity, or subnormals that it flushes, give NaN"


def _rule(case: Case, mode: str) -> Rule:
    """By which rule a backend sends the gradient; all but "SAME" and "VALID" is padded by an op of its own."""
    if mode == "torch":
        return last_nan_of_all
    if mode == "jax":
        return with_flushed(not_less, case.tensors[0].dtype)
    return only_larger if isinstance(case.attributes["padding"], str) else first_kept


def _other_maximum(mode: str, verdict: str) -> Predicate:
    return lambda case: gradient_failure(case, _rule(case, mode)) == verdict


def _odd_sum(case: Case) -> bool:
    return nan_by_flush(case) or mixed(case)


def _multiplied_doubles(case: Case) -> bool:
    return case.tensors[0].dtype == "float64" and any(op == "matmul" for op, _ in stages(case))


def _rounded_doubles(case: Case) -> bool:
    """float64 that float32 does not hold: under an exact fill it holds every sum."""
    return case.tensors[0].dtype == "float64" and not all(tensor.fill.exact for tensor in case.all_tensors)


def _bfloat16_flushed(case: Case) -> bool:
    return case.tensors[0].dtype == "bfloat16" and nan_by_flush(case)


def _empty_and_grouped(case: Case) -> bool:
    """Groups are convolved by a compiled function, which refuses an image without elements."""
    return case.attributes["groups"] > 1 and 0 in case.tensors[0].shape


def _no_images(case: Case) -> bool:
    return case.tensors[0].shape[0] == 0


def _one_filter(case: Case) -> bool:
    """A transposed convolution of one channel to several, by torch's own kernel, of images with channels last.

    That kernel does what oneDNN does not: float16 and float64, and float32 of one image on one thread.
    """
    x, w = case.tensors[:2]
    height, width, made, given = w.shape
    own = x.dtype in ("float16", "float64") or (x.dtype == "float32" and x.shape[0] == 1)
    return own and attributes_of(case)["layout"] == "NHWC" and height * width > 1 and made > 1 and given == 1


def _one_channel_out(case: Case) -> bool:
    """A convolution of several channels to one, by that kernel, of images with channels last."""
    x, w = case.tensors[:2]
    height, width, taken, made = w.shape
    own = x.dtype in ("float16", "float64") or (x.dtype == "float32" and x.shape[0] == 1)
    return own and attributes_of(case)["layout"] == "NHWC" and height * width > 1 and taken > 1 and made == 1


GRADIENTS = (
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
            chance=CHANCE,
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
    *(
        keras_known(
            op,
            "gradient",
            "unconnected",
            "shape",
            unconnected_input,
            "by design",
            "JAX gives zeros for an input without influence",
            ("jax",),
            url="https://docs.jax.dev/en/latest/_autosummary/jax.vjp.html",
            title="jax.vjp",
        )
        for op in ("stop_gradient", "unused_input", "shared_inputs")
    ),
    *(
        keras_known(
            "avg_pool2d",
            "gradient",
            f"wide{name}-{verdict}",
            verdict,
            wide_window(verdict, dtypes),
            "upstream",
            f"TensorFlow: {WIDE}",
            ("tensorflow",),
            url=WIDE_URL,
            title=WIDE_TITLE,
            needs=needs,
        )
        for name, dtypes, needs in (("", OTHERS, ()), ("-plain", AVERAGES, WITHOUT_ONE_DNN))
        for verdict in ("structural", "numeric")
    ),
    *(
        keras_known(
            op,
            "gradient",
            f"replicated-{verdict}",
            verdict,
            replicated,
            "upstream",
            REPLICATED,
            ("torch",),
            url=REPLICATED_URL,
            title=REPLICATED_TITLE,
        )
        for op in ("avg_pool2d", "avg_pool2d_vjp")
        for verdict in ("structural", "numeric")
    ),
    *(
        keras_known(
            op,
            "gradient",
            "bits",
            verdict,
            covers,
            "by design",
            BITS,
            ("torch",),
            url=BITS_URL,
            title=BITS_TITLE,
        )
        for verdict, covers, ops in (
            ("dtype", _multiplied_doubles, ("shared_inputs", "stopped_path", "unused_input")),
            ("numeric", _rounded_doubles, ("matmul", "matmul_vjp")),
        )
        for op in ops
    ),
    keras_known("conv2d_vjp", "gradient", "empty", "rejects", empty_but_batch, "upstream", _EMPTY),
    *(
        keras_known(
            "avg_pool2d_vjp", "gradient", f"empty-{mode}", "rejects", covers, "upstream", _EMPTY, (mode,), needs=needs
        )
        for mode, covers, needs in (("tensorflow", without_channels, WHERE_ONE_DNN), ("torch", without_image, ()))
    ),
    keras_known(
        "scatter_nd",
        "gradient",
        "vector",
        "rejects",
        refused_by_tensorflow,
        "upstream",
        SCATTER_ON_TENSORFLOW,
        ("tensorflow",),
    ),
    *(
        keras_known("scatter_nd_vjp", "gradient", f"empty-{mode}", "rejects", covers, "upstream", reason, (mode,))
        for mode, covers, reason in (
            ("tensorflow", refused_by_tensorflow, SCATTER_ON_TENSORFLOW),
            ("torch", empty_slices, SCATTER_ON_TORCH),
        )
    ),
    keras_known(
        "conv2d_vjp",
        "gradient",
        "nothing",
        "shape",
        empty_anywhere,
        "upstream",
        "torch records no gradient of an empty convolution's gradient",
        ("torch",),
    ),
    *(
        keras_known(
            op,
            "gradient",
            "nothing",
            "shape",
            empty_anywhere,
            "upstream",
            "a loop over no index records nothing",
            ("torch",),
        )
        for op in ("scatter_nd", "scatter_nd_vjp")
    ),
    keras_known(
        "conv2d_transpose",
        "gradient",
        "empty-shape",
        "shape",
        empty_anywhere,
        "upstream",
        "TensorFlow's convolution of nothing has its input's shape",
        ("tensorflow",),
        needs=WHERE_ONE_DNN,
    ),
    keras_known("conv2d", "gradient", "empty", "rejects", _empty_and_grouped, "upstream", _EMPTY, ("tensorflow",)),
    keras_known(
        "avg_pool2d",
        "gradient",
        "empty",
        "rejects",
        without_channels,
        "upstream",
        _EMPTY,
        ("tensorflow",),
        needs=WHERE_ONE_DNN,
    ),
    keras_known(
        "conv2d_transpose_vjp",
        "gradient",
        "empty-batch",
        "shape",
        _no_images,
        "upstream",
        "torch: the second derivative of an empty batch is None where it is an empty or zero tensor",
        ("torch",),
    ),
    keras_known(
        "conv2d_transpose_vjp",
        "gradient",
        "empty-shape",
        "shape",
        _no_images,
        "upstream",
        "TensorFlow's convolution of nothing has its input's shape",
        ("tensorflow",),
        needs=WHERE_ONE_DNN,
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
        keras_known(
            "max_pool2d",
            "gradient",
            f"nan-{mode}-{verdict}",
            verdict,
            _other_maximum(mode, verdict),
            "upstream",
            "the gradient of a window with NaN, or of -inf beside padding, does not go to the first maximum",
            (mode,),
        )
        for mode in ("tensorflow", "torch", "jax")
        for verdict in ("special", "numeric")
    ),
    *(
        keras_known("relu", "gradient", name, "special", covers, "by design", _CUT, (mode,))
        for name, covers, mode in (
            ("special", lambda case: multiplied(case) == "special", "tensorflow"),
            ("special-jax", lambda case: selected(case) == "special", "jax"),
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
