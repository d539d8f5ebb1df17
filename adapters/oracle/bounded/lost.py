"""Whether the oracle itself rounded: a value that looks exact may have lost its low bits.

Source: J.-M. Muller et al., Handbook of Floating-Point Arithmetic, 2nd edition, 2018, chapter 4: error-free
transformations by Knuth (sums), Veltkamp and Dekker (products). Where one of them overflows, a rounding is assumed.
"""

from __future__ import annotations

import numpy as np


def kept_sum(x: np.ndarray, y: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Where ``total`` is x + y without a rounding."""
    part = total - x
    return np.asarray((x - (total - part)) + (y - part) == 0)


def kept_product(x: np.ndarray, y: np.ndarray, result: np.ndarray) -> np.ndarray:
    """Where ``result`` is x · y without a rounding."""
    a, b = _halves(x)
    c, d = _halves(y)
    return np.asarray(((a * c - result) + a * d + b * c) + b * d == 0)


def kept_quotient(x: np.ndarray, y: np.ndarray, result: np.ndarray) -> np.ndarray:
    """Where ``result`` is x / y without a rounding."""
    back = result * y
    return np.asarray((back == x) & kept_product(result, y, back))


def _halves(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    bits = np.finfo(x.dtype).nmant + 1
    far = x * (x.dtype.type(2) ** ((bits + 1) // 2) + 1)
    high = far - (far - x)
    return high, x - high
