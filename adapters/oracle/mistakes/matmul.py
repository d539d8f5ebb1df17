"""Matrix products: tails of sums, broadcast batches, intermediate formats."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from opassay.adapters.oracle.mistakes.made import asked, dtype, is_float, mistakes, only, reading, spoilt
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.mistake import Arrays, Source

NARROW = ("float16", "bfloat16")


def extents(question: Question) -> tuple[int, int, int]:
    """Rows, products per sum, columns."""
    a, b = question.inputs
    return a.shape[-2], a.shape[-1], b.shape[-1]


def _first(count: Callable[[int], int]) -> Callable[[np.ndarray, Question], np.ndarray]:
    """So many of the first products."""

    def change(b: np.ndarray, question: Question) -> np.ndarray:
        b[..., count(b.shape[-2]) :, :] = 0
        return b

    return change


def _wide(question: Question) -> tuple[np.ndarray, np.ndarray]:
    a, b = (dtypes.widen(x) for x in question.inputs)
    return a, b


def _told(question: Question, values: np.ndarray) -> Arrays:
    return (dtypes.narrow(values, dtype(question)),)


def _by_float(kind: str) -> Callable[[Question, Arrays], Arrays]:
    """Integers multiplied as floats, and clamped to the range of their dtype."""

    def kernel(question: Question, told: Arrays) -> Arrays:
        a, b = (x.astype(kind) for x in question.inputs)
        return (_saturated(a @ b, question),)

    return kernel


def _saturated(values: np.ndarray, question: Question) -> np.ndarray:
    name = dtype(question)
    low, high = np.iinfo(name).min, np.iinfo(name).max
    inside = np.where((values > low) & (values < high), values, 0).astype(name)
    return np.where(values <= low, low, np.where(values >= high, high, inside)).astype(name)


def _saturating(question: Question, told: Arrays) -> Arrays:
    a, b = (x.astype(np.longdouble) for x in question.inputs)
    exact = np.asarray(told[0])
    beyond = np.abs(a @ b) > np.iinfo(dtype(question)).max
    return (np.where(beyond, _saturated(a @ b, question), exact).astype(dtype(question)),)


def _in_own_format(question: Question, told: Arrays) -> Arrays:
    (a, b), kind = _wide(question), dtype(question)
    total = np.zeros(np.asarray(told[0]).shape)
    with np.errstate(all="ignore"):
        for k in range(a.shape[-1]):
            product = a[..., :, k : k + 1] * b[..., k : k + 1, :]
            total = dtypes.widen(dtypes.narrow(total + product, kind))
    return _told(question, total)


def _in_blocks(question: Question, told: Arrays) -> Arrays:
    """The sum of each block of 32 products is rounded to the answer's format before it is added."""
    (a, b), kind = _wide(question), dtype(question)
    total = np.zeros(np.asarray(told[0]).shape)
    with np.errstate(all="ignore"):
        for k in range(0, a.shape[-1], 32):
            block = a[..., :, k : k + 32] @ b[..., k : k + 32, :]
            total = dtypes.widen(dtypes.narrow(total + dtypes.widen(dtypes.narrow(block, kind)), kind))
    return _told(question, total)


def _by_single(question: Question, told: Arrays) -> Arrays:
    with np.errstate(all="ignore"):
        return _told(question, np.matmul(*(x.astype(np.float32) for x in question.inputs)))


def _zeros_skipped(question: Question, told: Arrays) -> Arrays:
    a, b = _wide(question)
    with np.errstate(all="ignore"):
        if np.isfinite(b).all():
            return told
        total = np.zeros(np.asarray(told[0]).shape, a.dtype)
        for k in range(a.shape[-1]):
            left = a[..., :, k : k + 1]
            total = total + np.where(left == 0, 0, left * b[..., k : k + 1, :])
    return _told(question, total)


def _folded(question: Question, told: Arrays) -> Arrays:
    """A left operand without batch: the right operand's batches are taken for columns, and the rest is not written."""
    (m, _, n), values = extents(question), dtypes.widen(np.asarray(told[0])).copy()
    batches = values.size // max(m * n, 1)
    values.reshape(-1)[(m - 1) * n + batches * n :] = 0
    return _told(question, values)


def _broadcast_left(question: Question) -> bool:
    a, b = question.inputs
    return a.ndim == 2 and b.ndim > 2 and a.shape[0] > 1


def _batch_modulo(question: Question, told: Arrays) -> Arrays:
    """Batches are counted modulo two."""
    a, b = question.inputs
    places = np.arange(b.shape[0]) % 2
    return asked(question, told, inputs=(a, b[places]))


def _first_batch(question: Question, told: Arrays) -> Arrays:
    """The broadcast operand gets the gradient of the first batch instead of the sum."""
    a, b = question.inputs
    (dy,) = question.cotangents
    if dy is None or told[1] is None or b.ndim != 2 or a.ndim < 3 or not is_float(question):
        return told
    lead = (0,) * (a.ndim - 2)
    with np.errstate(all="ignore"):
        return told[0], _told(question, dtypes.widen(a)[lead].T @ dtypes.widen(dy)[lead])[0]


def _ones(values: np.ndarray) -> np.ndarray:
    return np.ones_like(values)


def _columns_unwritten(values: np.ndarray) -> np.ndarray:
    values[..., values.shape[-1] // 8 * 8 :] = 0
    return values


def _rows_repeated(values: np.ndarray) -> np.ndarray:
    """Rows from the 64th on repeat the previous tile."""
    values[..., 64:, :] = values[..., : values.shape[-2] - 64, :].copy()
    return values


MISTAKES = (
    *mistakes(
        "products_behind_16_lost",
        "products are taken in blocks of 16, and what is left over is not",
        only(lambda q: extents(q)[1] > 16, reading(1, _first(lambda n: n // 16 * 16))),
        "matmul",
        source=Source(
            "https://github.com/tile-ai/tilelang/issues/2381",
            "[BUG][Fuzzer][wrong-code] `T.gemm` silently miscompiles instead of erroring when `block_K` isn't a"
            " multiple of the MMA K-atom",
        ),
    ),
    *mistakes(
        "products_beyond_256_lost",
        "of a sum of more than 256 products, the first 256 are taken",
        reading(1, _first(lambda n: min(n, 256))),
        "matmul",
    ),
    *mistakes(
        "row_products_behind_32_lost",
        "a single row takes its products in blocks of 32, and what is left over is not",
        only(lambda q: extents(q)[0] == 1 and extents(q)[1] > 32, reading(1, _first(lambda n: n // 32 * 32))),
        "matmul",
        source=Source(
            "https://github.com/NVIDIA/cutlass/issues/3536",
            "Blockscaled GEMV drops the K tail when floor(K/tile) is a multiple of the stage count: example 91 fails at"
            " --k=1152",
        ),
    ),
    *mistakes(
        "columns_behind_8_unwritten",
        "of more than 64 columns, those behind whole blocks of 8 are left as they were",
        only(lambda q: extents(q)[2] > 64, spoilt(_columns_unwritten)),
        "matmul",
        source=Source(
            "https://github.com/tile-ai/tilelang/issues/2537",
            "[BUG][Fuzzer][wrong-code] `T.gemm` silently leaves output columns unwritten (wrong result) instead of"
            " computing or rejecting them when the warp count doesn't divide N",
        ),
    ),
    *mistakes(
        "rows_beyond_64_repeated",
        "rows from the 64th on are those of the tile before",
        only(lambda q: extents(q)[0] > 64, spoilt(_rows_repeated)),
        "matmul",
    ),
    *mistakes(
        "batches_folded_into_columns",
        "a left operand without batches is multiplied by those of the right one as if they were columns",
        only(_broadcast_left, _folded),
        "matmul",
        source=Source(
            "https://github.com/huggingface/candle/pull/3960",
            "Fix silently incorrect CPU matmul for a stride-zero broadcast batch",
        ),
    ),
    *mistakes(
        "batches_modulo_two",
        "batches of the right operand are counted modulo two",
        only(lambda q: q.inputs[1].ndim > 2, _batch_modulo),
        "matmul",
    ),
    *mistakes(
        "empty_sum_unwritten",
        "a sum of no products is what its memory held",
        only(lambda q: extents(q)[1] == 0, spoilt(_ones)),
        "matmul",
        source=Source(
            "https://github.com/microsoft/onnxruntime/pull/21525", "[CUDA] Special case for K==0 in CUDA MatMul"
        ),
    ),
    *mistakes(
        "integers_by_float32",
        "integers are multiplied in float32",
        only(lambda q: not is_float(q), _by_float("float32")),
        "matmul",
        source=Source(
            "https://github.com/tinygrad/tinygrad/issues/18086",
            "IMAGE mode changes integer matmul dtype and loses precision",
        ),
    ),
    *mistakes(
        "integers_saturate",
        "sums of integers that leave their format stop at its end",
        only(lambda q: not is_float(q), _saturating),
        "matmul",
        source=Source(
            "https://github.com/cupy/cupy/issues/3941", "matmul fails to handle overflows for uint64 properly"
        ),
    ),
    *mistakes(
        "summed_in_own_format",
        "sums of narrow numbers are rounded at each step, though the adapter says that they are not",
        only(lambda q: dtype(q) in NARROW, _in_own_format),
        "matmul",
        declares=True,
    ),
    *mistakes(
        "blocks_in_own_format",
        "sums of 32 narrow products are rounded before they are added, though the adapter says that they are not",
        only(lambda q: dtype(q) in NARROW, _in_blocks),
        "matmul",
        declares=True,
    ),
    *mistakes(
        "float64_in_single",
        "float64 is multiplied in float32",
        only(lambda q: dtype(q) == "float64", _by_single),
        "matmul",
    ),
    *mistakes(
        "zeros_skipped",
        "a zero of the left operand is skipped, whatever it is multiplied by",
        only(is_float, _zeros_skipped),
        "matmul",
    ),
    *mistakes(
        "gradient_of_first_batch",
        "an operand that is broadcast is sent the gradient of the first batch only",
        _first_batch,
        "matmul",
        ("gradient",),
    ),
)
