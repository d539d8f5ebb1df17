"""Where TensorFlow's batched float32 product reads memory that is not its own. Free of TensorFlow."""

from __future__ import annotations

from pathlib import Path

from opassay.adapters.known_predicates import known, read_pins
from opassay.adapters.known_products import CHANCE, NEEDS, TITLE, URL, one_matrix_for_a_batch
from opassay.harness.model.case import Case

_PINS = read_pins(str(Path(__file__).parent))


def _read_beyond(case: Case) -> bool:
    return case.tensors[0].dtype == "float32" and one_matrix_for_a_batch(case)


PRODUCTS = tuple(
    known(
        _PINS,
        f"tensorflow-matmul-{aspect}one-matrix-{verdict}",
        verdict,
        _read_beyond,
        owner="upstream",
        reason="the batched float32 product with one broadcast matrix reads beyond its operands",
        versions="tensorflow 2.21.0, CPU",
        url=URL,
        title=TITLE,
        flaky=CHANCE,
        needs=NEEDS,
    )
    for aspect in ("", "gradient-")
    for verdict in ("crash", "special", "structural", "numeric")
)
