"""What Keras is known to do differently in gradients, which are its backend's. Free of Keras."""

from __future__ import annotations

from opassay.adapters.keras.known_predicates import (
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
from opassay.adapters.known_averages import OTHERS, WIDE, WIDE_TITLE, WIDE_URL, wide_window
from opassay.adapters.known_predicates import (
    Predicate,
    unconnected_input,
)
from opassay.adapters.known_relu import multiplied, selected
from opassay.adapters.known_values import empty_anywhere
from opassay.adapters.known_windows import (
    Rule,
    first_kept,
    gradient_failure,
    last_nan_of_all,
    not_less,
    only_larger,
    with_flushed,
)
from opassay.adapters.onednn import AVERAGES, WHERE_ONE_DNN, WITHOUT_ONE_DNN
from opassay.harness.model.case import Case

_EMPTY = "refuses a tensor without elements, whose gradient is zeros or empty"

_CUT = "subnormals are flushed, and on TensorFlow a gradient that is not finite is multiplied by 0"


def _rule(case: Case, mode: str) -> Rule:
    """By which rule a backend sends the gradient; all but "SAME" and "VALID" is padded by an op of its own."""
    if mode == "torch":
        return last_nan_of_all
    if mode == "jax":
        return with_flushed(not_less, case.tensors[0].dtype)
    return only_larger if isinstance(case.attributes["padding"], str) else first_kept


def _other_maximum(mode: str, verdict: str) -> Predicate:
    return lambda case: gradient_failure(case, _rule(case, mode)) == verdict


def _multiplied_doubles(case: Case) -> bool:
    return case.tensors[0].dtype == "float64" and any(op == "matmul" for op, _ in stages(case))


def _rounded_doubles(case: Case) -> bool:
    """float64 that float32 does not hold: under an exact fill it holds every sum."""
    return case.tensors[0].dtype == "float64" and not all(tensor.fill.exact for tensor in case.all_tensors)


def _empty_and_grouped(case: Case) -> bool:
    """Groups are convolved by a compiled function, which refuses an image without elements."""
    return case.attributes["groups"] > 1 and 0 in case.tensors[0].shape


def _no_images(case: Case) -> bool:
    return case.tensors[0].shape[0] == 0


GRADIENTS = (
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
)
