"""Products of operands of 8 bits: how they are stored, and in what they are added up."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from opassay.adapters.oracle.bounded.float8 import FLOAT8, float8_values
from opassay.adapters.oracle.mistakes.elements import computed
from opassay.adapters.oracle.mistakes.float8 import cut, flushed
from opassay.adapters.oracle.mistakes.made import mistakes
from opassay.harness.model.mistake import Source

Array = np.ndarray
Store = Callable[[Array, str], Array]

OTHER = {"float8_e4m3fn": "float8_e5m2", "float8_e5m2": "float8_e4m3fn"}
TENSOR_CORE_BITS = 14
BLOCK = 32


def _stored(x: Array, to: str) -> Array:
    return float8_values(x.astype(np.float64), FLOAT8[to], False)


def _mixed_up(x: Array, to: str) -> Array:
    return _stored(x, OTHER[to])


def _saturated(x: Array, to: str) -> Array:
    return float8_values(x, FLOAT8[to], True)


def _cut(x: Array, to: str) -> Array:
    return cut(x, to, False)


def _flushed(x: Array, to: str) -> Array:
    return flushed(x, to, False)


def _not_at_all(x: Array, to: str) -> Array:
    return x


def _of(store: Store, second: Store | None = None) -> Callable[..., Array]:
    """The product of operands stored by ``store``, the second by ``second`` if given."""

    def kernel(a: Array, b: Array, to: str) -> Array:
        return np.asarray(store(a.astype(np.float64), to) @ (second or store)(b.astype(np.float64), to))

    return kernel


def _summed(kept: Callable[[Array], Array], at_once: int) -> Callable[..., Array]:
    """Products are added to a sum, ``at_once`` of them each time, that is ``kept`` after each."""

    def kernel(a: Array, b: Array, to: str) -> Array:
        left, right = _stored(a, to), _stored(b, to)
        total = np.zeros((len(left), right.shape[1]))
        for k in range(0, len(right), at_once):
            total = kept(total + left[:, k : k + at_once] @ right[k : k + at_once])
        return total

    return kernel


def _float16(total: Array) -> Array:
    return total.astype(np.float16).astype(np.float64)


def _few_bits(total: Array) -> Array:
    """Digits behind the first 14 are cut off."""
    mantissa, exponent = np.frexp(total)
    return np.asarray(np.ldexp(np.trunc(mantissa * 2**TENSOR_CORE_BITS), exponent - TENSOR_CORE_BITS))


def _answer_of_8_bits(a: Array, b: Array, to: str) -> Array:
    return _stored(_stored(a, to) @ _stored(b, to), to)


def _but_the_last(a: Array, b: Array, to: str) -> Array:
    return np.asarray(_stored(a, to)[:, :-1] @ _stored(b, to)[:-1])


DEEPSEEK = Source("https://arxiv.org/abs/2412.19437", "DeepSeek-V3 Technical Report")
"""Section 3.3.2: of products of 8 bits, an NVIDIA H800 keeps about 14 bits."""

PLANTED: tuple[tuple[str, str, Callable[..., Array], Source | None], ...] = (
    ("sum_in_float16", "sums are kept in float16", _summed(_float16, 1), None),
    ("sum_of_14_bits", "sums keep 14 bits, as in tensor cores", _summed(_few_bits, BLOCK), DEEPSEEK),
    ("format_mixed_up", "operands are stored in the other format", _of(_mixed_up), None),
    ("operand_saturated", "what is too large becomes the largest number", _of(_saturated), None),
    ("operand_cut", "operands are cut off, not rounded", _of(_cut), None),
    ("operand_flushed", "subnormals of 8 bits are 0", _of(_flushed), None),
    ("second_kept_wide", "the second operand is not rounded", _of(_stored, _not_at_all), None),
    ("answer_of_8_bits", "the answer is rounded to 8 bits, too", _answer_of_8_bits, None),
    ("last_product_left_out", "the last product of each sum is left out", _but_the_last, None),
)
MISTAKES = tuple(
    made
    for name, says, kernel, source in PLANTED
    for made in mistakes(name, says, computed(kernel), "matmul_float8", source=source)
)
