"""What frameworks answer to elementary functions and their gradients, against bounded arithmetic.

``python tests/benchmarks/functions.py numpy|torch|jax|tensorflow [DTYPE] [FUNCTION ...]``

Each function that a framework has is asked 1,000 times, with arrays of nine lengths, so that vectors and what is left
over by them are met. Values are ordinary, tiny and huge, close to -1, 0 and 1, and special. A line tells how much of
its bound an answer used up (rho, median of what is not exact, and largest); below it stand elements outside.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from opassay.adapters.oracle import bounded
from opassay.adapters.oracle.bounded import Real
from opassay.harness.judge.compare import compare, marks
from opassay.harness.judge.measure import measure_of
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.reference import Reference

LENGTHS = (1, 3, 7, 16, 31, 33, 64, 100, 257)
ASKED = 1000
SHOWN = 3

OTHER_NAMES = {
    "absolute": ("abs",),
    "acos": ("arccos",),
    "acosh": ("arccosh",),
    "asin": ("arcsin",),
    "asinh": ("arcsinh",),
    "atan": ("arctan",),
    "atan2": ("arctan2",),
    "atanh": ("arctanh",),
    "erfinv": ("erf_inv",),
    "floor_quotient": ("floor_divide", "floordiv"),
    "fmod": ("truncatemod",),
    "hard_sigmoid": ("hardsigmoid",),
    "hard_swish": ("hardswish",),
    "log_sigmoid": ("logsigmoid",),
    "power": ("pow",),
    "remainder": ("floormod",),
    "round_even": ("round", "rint"),
    "softsign": ("soft_sign",),
}
"""What frameworks call a function, where they do not call it by its name."""

GELU: dict[str, Callable[[Any, bool], Callable[..., Any]]] = {
    "torch": lambda torch, form: lambda x: torch.nn.functional.gelu(x, approximate="tanh" if form else "none"),
    "jax": lambda jax, form: lambda x: jax.nn.gelu(x, approximate=form),
    "tensorflow": lambda tf, form: lambda x: tf.nn.gelu(x, approximate=form),
}
"""Of two forms, told apart by an argument."""

Answers = tuple[np.ndarray, list[np.ndarray | None]]
Ask = Callable[[Callable[..., Any], list[np.ndarray], np.ndarray], Answers]


class Framework:
    """Where its functions stand, and how it is asked for a value and gradients."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.modules, self.ask, self.root = getattr(self, f"_{name}")()

    def model(self, dtype: str) -> NumericModel:
        """How it computes: XLA and Eigen flush, and JAX documents its functions."""
        documented = self.name == "jax" and dtype != "float64"
        return NumericModel(
            dtype, flushes=self.name in ("jax", "tensorflow"), functions="jax-cpu" if documented else ""
        )

    def find(self, name: str) -> Callable[..., Any] | None:
        """The framework's function of that name, None where it has none."""
        if name in ("gelu", "gelu_tanh"):
            return GELU[self.name](self.root, name == "gelu_tanh") if self.name in GELU else None
        if (self.name, name) == ("tensorflow", "leaky_relu"):
            return lambda x: self.root.nn.leaky_relu(x, 0.01)
        for known in (name, *OTHER_NAMES.get(name, ())):
            for module in self.modules:
                if hasattr(module, known):
                    return getattr(module, known)
        return None

    def _numpy(self) -> tuple[list[Any], Ask, Any]:
        return [np], lambda f, xs, g: (np.asarray(f(*xs)), []), np

    def _torch(self) -> tuple[list[Any], Ask, Any]:
        import torch

        def ask(function: Callable[..., Any], xs: list[np.ndarray], g: np.ndarray) -> Answers:
            leaves = [torch.from_numpy(x).requires_grad_() for x in xs]
            y = function(*leaves)
            if not y.requires_grad:
                return y.detach().numpy(), []
            found = torch.autograd.grad(y, leaves, torch.from_numpy(g), allow_unused=True)
            return y.detach().numpy(), [None if d is None else d.numpy() for d in found]

        return [torch, torch.nn.functional, torch.special], ask, torch

    def _jax(self) -> tuple[list[Any], Ask, Any]:
        import jax

        jax.config.update("jax_enable_x64", True)
        made: dict[Any, Any] = {}

        def ask(function: Callable[..., Any], xs: list[np.ndarray], g: np.ndarray) -> Answers:
            def both(g: Any, *operands: Any) -> Any:
                y, back = jax.vjp(function, *operands)
                return y, back(g)

            y, found = made.setdefault(function, jax.jit(both))(g, *xs)
            return np.asarray(y), [np.asarray(d) for d in found]

        return [jax.numpy, jax.nn, jax.lax, jax.scipy.special], ask, jax

    def _tensorflow(self) -> tuple[list[Any], Ask, Any]:
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        import tensorflow as tf

        def ask(function: Callable[..., Any], xs: list[np.ndarray], g: np.ndarray) -> Answers:
            leaves = [tf.constant(x) for x in xs]
            with tf.GradientTape() as tape:
                for leaf in leaves:
                    tape.watch(leaf)
                y = function(*leaves)
            found = tape.gradient(y, leaves, tf.constant(g))
            return y.numpy(), [None if d is None else d.numpy() for d in found]

        return [tf.math, tf.nn, tf], ask, tf


def values(count: int, dtype: str, key: int) -> np.ndarray:
    """Ordinary, tiny and huge numbers, some close to -1, 0 and 1, and special ones; none that is subnormal."""
    draw = np.random.default_rng(key)
    size, form = draw.standard_normal(count), np.finfo(dtype)
    signs = np.sign(size)
    close = np.exp2(draw.uniform(-form.nmant, -1, count))
    wide = size * np.exp2(draw.uniform(0.9 * form.minexp, 0.9 * form.maxexp, count))
    kinds = [size, size * 10, size * 50, size * close, signs * (1 + size * close), wide, draw.uniform(-1, 1, count)]
    found = np.choose(draw.integers(0, len(kinds), count), kinds)
    special = draw.choice([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 2.0], count)
    found = np.where(draw.random(count) < 0.02, special, found)
    found = np.where((np.abs(found) < form.smallest_normal) & (found != 0), form.smallest_normal, found)
    with np.errstate(over="ignore"):
        return found.astype(dtype)


def answered(framework: Framework, function: Callable[..., Any], xs: list[np.ndarray], g: np.ndarray) -> Answers:
    """The answers to all of ``xs``, asked for in pieces."""
    pieces, at = [], 0
    with np.errstate(all="ignore"):
        for i in range(ASKED):
            cut = slice(at, at + LENGTHS[i % len(LENGTHS)])
            pieces.append(framework.ask(function, [x[cut].copy() for x in xs], g[cut].copy()))
            at = cut.stop
    gradients: list[np.ndarray | None] = []
    for place in range(len(pieces[0][1])):
        parts = [d[place] for _, d in pieces]
        gradients.append(None if parts[0] is None else np.concatenate(parts))  # type: ignore[arg-type]
    return np.concatenate([y for y, _ in pieces]), gradients


def lines(answer: np.ndarray, reference: Reference, model: NumericModel, xs: list[np.ndarray]) -> Iterator[str]:
    """The figures of one output, and some of its elements that are outside."""
    found, measure = compare(answer, reference, model, False), measure_of(reference, model, False)
    with np.errstate(all="ignore"):
        rho = np.abs(answer - reference.exact) / measure.limit.allowed
    used = rho[(rho > 0) & (rho <= 1)]
    median = f"{np.median(used):.3f}" if used.size else "0"
    yield (
        f"{reference.name:3} {found.verdict:10} rho {median} to {found.rho or 0:.3g}, "
        f"{found.bad_elements or 0} outside, {found.free_elements} not judged, of {found.elements}"
    )
    bad = np.flatnonzero(marks(answer, reference, model, False).bad)
    for i in bad[np.linspace(0, len(bad) - 1, min(SHOWN, len(bad))).astype(int)]:
        told = ", ".join(f"{x[i]!r}" for x in xs)
        yield f"        {told}: {answer[i]!r}, not {reference.exact[i]:.9g} (±{measure.limit.allowed[i]:.2g})"


def operands_of(function: Any) -> list[str]:
    """The names of its operands, one or two; none of what is no function of floats."""
    one = Real(np.full(1, 0.5))
    for names in (["x"], ["x", "y"]):
        try:
            found = function(*([one] * len(names)))
        except (TypeError, AttributeError):
            continue
        return names if isinstance(found, Real) and found.is_float else []
    return []


def report(framework: Framework, name: str, function: Callable[..., Any], operands: list[str], dtype: str) -> None:
    """What the framework says of one function."""
    define, model = getattr(bounded, name), framework.model(dtype)
    count = sum(LENGTHS[i % len(LENGTHS)] for i in range(ASKED))
    xs, g = [values(count, dtype, key) for key in range(len(operands))], values(count, dtype, 9)
    g = np.where(np.isfinite(g) & (np.abs(g) < 1e3) & (np.abs(g) > 1e-3), g, 1).astype(dtype)
    try:
        y, gradients = answered(framework, function, xs, g)
    except Exception as refused:
        print(f"{name:15} is refused: {str(refused).splitlines()[0]}")
        return
    asked = [(y, *bounded.references(define, xs, dtype))]
    if gradients:
        asked += zip(gradients, bounded.vjps(define, xs, (g,), operands, operands), strict=True)
    for answer, reference in asked:
        if answer is not None and reference.policy == "bounded":
            for line in lines(answer, reference, model, [*xs, g] if reference.name != "y" else xs):
                print(f"{name:15} {line}" if line[0] != " " else line, flush=True)


def main(framework: Framework, dtype: str, only: list[str]) -> None:
    for name, define in sorted(vars(bounded).items()):
        operands = operands_of(define) if callable(define) and (not only or name in only) else []
        function = framework.find(name) if operands else None
        if function is not None:
            report(framework, name, function, operands, dtype)


if __name__ == "__main__":
    main(Framework(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "float32", sys.argv[3:])
