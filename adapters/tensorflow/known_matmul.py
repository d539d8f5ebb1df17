"""Where TensorFlow's batched float32 product reads memory that is not its own. Free of TensorFlow."""

from __future__ import annotations

import math
from pathlib import Path

from adapters.known_predicates import known, read_pins
from harness.model.case import Case

_PINS = read_pins(str(Path(__file__).parent))


def _one_matrix_for_a_batch(case: Case) -> bool:
    """Batches [n, 1] of float32 matrices, all times one matrix.

    What is read there differs from run to run: garbage, NaN or a crash, or by chance the right answer. So this covers
    cases that pass, and cannot be narrower.
    """
    a, b = case.tensors[:2]
    batch = a.shape[:-2]
    many = len(batch) == 2 and batch[0] > 1 and batch[1] == 1
    return a.dtype == "float32" and many and math.prod(b.shape[:-2]) == 1


PRODUCTS = tuple(
    known(
        _PINS,
        f"tensorflow-matmul-{aspect}one-matrix-{verdict}",
        verdict,
        _one_matrix_for_a_batch,
        owner="upstream",
        reason="the batched float32 product with one broadcast matrix reads beyond its operands",
        versions="tensorflow 2.21.0, CPU",
    )
    for aspect in ("", "gradient-")
    for verdict in ("crash", "special", "structural", "numeric")
)
