"""Where Keras' backends flush subnormals to zero, or read memory that is not theirs. Free of Keras."""

from __future__ import annotations

from opassay.adapters.keras.known_predicates import keras_known
from opassay.adapters.known_columns import CHANCE, REASON, single_column
from opassay.adapters.known_linear import nan_by_flush
from opassay.adapters.known_products import CHANCE as BEHIND
from opassay.adapters.known_products import NEEDS, TITLE, URL, one_matrix_for_a_batch
from opassay.adapters.known_relu import selected
from opassay.adapters.onednn import WITH_ONE_DNN
from opassay.harness.model.case import Case

_FLUSH = "the backend flushes subnormals to zero"
_PRODUCT = _FLUSH + ", so that their product with infinity is NaN"
_BFLOAT16 = "torch's bfloat16 products take a subnormal operand for zero, so that its product with infinity is NaN"
_AS_SINGLE = ("float32", "uint8", "int32", "int64")
"""What ops.matmul multiplies as float32 on TensorFlow."""


def _read_beyond(case: Case) -> bool:
    return case.tensors[0].dtype in _AS_SINGLE and one_matrix_for_a_batch(case)


def _flushed_bfloat16(case: Case) -> bool:
    return case.tensors[0].dtype == "bfloat16" and nan_by_flush(case)


NUMBERS = (
    *(
        keras_known(op, aspect, "subnormal", "special", nan_by_flush, "by design", _PRODUCT, modes)
        for op, aspect, modes in (
            ("matmul", "value", ("tensorflow", "jax")),
            ("conv2d", "value", ("tensorflow", "jax")),
            ("conv2d_transpose", "value", ("tensorflow", "jax")),
            ("conv2d_input_gradient_law", "value", ("tensorflow", "jax")),
        )
    ),
    *(
        keras_known(
            op,
            aspect,
            "bfloat16",
            "special",
            _flushed_bfloat16,
            "by design",
            _BFLOAT16,
            ("torch",),
            needs=("instructions=avx512_bf16",),
        )
        for op, aspect in (
            ("matmul", "value"),
            ("matmul", "gradient"),
            ("conv2d", "value"),
            ("conv2d_transpose", "value"),
        )
    ),
    *(
        keras_known(
            "conv2d_transpose_vjp",
            "gradient",
            f"column-{verdict}",
            verdict,
            single_column,
            "upstream",
            f"TensorFlow: {REASON}",
            ("tensorflow",),
            flaky=CHANCE,
            needs=(*WITH_ONE_DNN, "instructions=avx512f"),
        )
        for verdict in ("structural", "numeric", "special")
    ),
    keras_known(
        "relu",
        "gradient",
        "subnormal",
        "numeric",
        lambda case: selected(case) == "numeric",
        "by design",
        _FLUSH,
        ("jax",),
    ),
    *(
        keras_known(
            "matmul",
            aspect,
            f"one-matrix-{verdict}",
            verdict,
            _read_beyond,
            "upstream",
            "TensorFlow's batched float32 product with one broadcast matrix reads beyond its operands",
            ("tensorflow",),
            url=URL,
            title=TITLE,
            flaky=BEHIND,
            needs=NEEDS,
        )
        for aspect, verdict in (
            ("value", "crash"),
            ("value", "structural"),
            ("gradient", "crash"),
            ("error", "crash"),
        )
    ),
)
