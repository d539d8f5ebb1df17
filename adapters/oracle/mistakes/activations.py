"""Activations: other formulas, constants with too few digits, exponentials that overflow or cancel."""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle.mistakes.elements import Function, computed
from opassay.adapters.oracle.mistakes.made import mistakes


def _by_tanh(x: np.ndarray, approximate: bool) -> np.ndarray:
    t = x.dtype.type
    return np.asarray(0.5 * x * (1 + np.tanh(t(0.7978845608028654) * (x + t(0.044715) * x * x * x))))


def _exponential_less_one(x: np.ndarray, alpha: float) -> np.ndarray:
    return np.where(x > 0, x, alpha * (np.exp(np.minimum(x, 0)) - 1))


def _short_constants(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, 1.0507 * x, 1.0507 * 1.67326 * np.expm1(np.minimum(x, 0)))


def _first_slope(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.where(a > 0, a, b.reshape(-1)[:1].sum() * a)


def _undivided(x: np.ndarray, alpha: float) -> np.ndarray:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _logit_clamped(x: np.ndarray) -> np.ndarray:
    p = np.clip(x, 1e-7, 1 - 1e-7)
    return np.asarray(np.log(p / (1 - p)))


FUNCTIONS: tuple[tuple[str, str, str, Function], ...] = (
    ("gelu", "by_tanh", "it is always the approximation by tanh", _by_tanh),
    ("silu", "quotient_of_exponentials", "x · exp(x) / (1 + exp(x))", lambda x: x * np.exp(x) / (1 + np.exp(x))),
    ("swiglu", "gated_by_second", "the gate is the second operand", lambda a, b: a * (b / (1 + np.exp(-b)))),
    ("softplus", "one_added_first", "log(1 + exp(x))", lambda x: np.log(1 + np.exp(x))),
    ("softsign", "by_root", "x / √(1 + x²)", lambda x: x / np.sqrt(1 + x * x)),
    (
        "hard_shrink",
        "kept_at_its_end",
        "x stays where |x| is the threshold",
        lambda x, threshold: np.where(np.abs(x) >= threshold, x, 0),
    ),
    (
        "soft_shrink",
        "hard_shrink",
        "x stays as it is beyond the threshold",
        lambda x, threshold: np.where(np.abs(x) > threshold, x, 0),
    ),
    (
        "soft_shrink",
        "across_zero",
        "what is within the threshold changes its sign",
        lambda x, threshold: np.sign(x) * (np.abs(x) - threshold),
    ),
    (
        "tanh_shrink",
        "quotient_of_exponentials",
        "tanh is (exp(2x) - 1) / (exp(2x) + 1), which overflows",
        lambda x: x - (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1),
    ),
    ("logit", "held_off_its_ends", "x is clamped to [1e-7, 1 - 1e-7] first", _logit_clamped),
    ("mish", "one_added_first", "x · tanh(log(1 + exp(x)))", lambda x: x * np.tanh(np.log(1 + np.exp(x)))),
    ("elu", "one_subtracted_last", "expm1(x) is exp(x) - 1", _exponential_less_one),
    (
        "celu",
        "elu",
        "x is not divided by alpha",
        lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))),
    ),
    ("selu", "short_constants", "its constants have five digits", _short_constants),
    ("leaky_relu", "larger_of_two", "it is the larger of x and slope · x", lambda x, slope: np.maximum(x, slope * x)),
    ("prelu", "first_slope_for_all", "the slope of the first channel is that of all", _first_slope),
    ("hard_sigmoid", "slope_of_a_fifth", "its slope is 0.2", lambda x: np.clip(0.2 * x + 0.5, 0, 1)),
    ("hard_swish", "slope_of_a_fifth", "its slope is 0.2", lambda x: x * np.clip(0.2 * x + 0.5, 0, 1)),
    ("log_sigmoid", "logarithm_of_sigmoid", "log(1 / (1 + exp(-x)))", lambda x: np.log(1 / (1 + np.exp(-x)))),
    ("logaddexp", "unshifted", "log(exp(a) + exp(b)) overflows", lambda a, b: np.log(np.exp(a) + np.exp(b))),
    ("lerp", "ends_swapped", "b + weight · (a - b)", lambda a, b, weight: b + weight * (a - b)),
)

MISTAKES = tuple(made for op, name, says, f in FUNCTIONS for made in mistakes(name, says, computed(f), op))
