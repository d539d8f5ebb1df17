"""``opassay doctor --numeric``: measures in which format a target accumulates sums, and prints a rule to paste.

A sum of 2**p, many ones and -2**p is the number of ones in a format of more than p bits, in any order of summation. In
one of p bits or fewer, each one that is added to 2**p is lost. An op that does not even add up small whole numbers has
another mistake, which is no format.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from opassay.harness.doors.doctor import tell_each
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.dtypes import FORMATS
from opassay.harness.model.fills import LITERAL_LIMIT, Fill
from opassay.harness.model.numeric_model import NumericModel, find_model
from opassay.harness.model.outcome import Returned
from opassay.harness.plan.plan import Item
from opassay.harness.run.campaign import Campaign, Request
from opassay.harness.run.engine import Engine
from opassay.harness.run.lane import Lane

OPS = ("matmul", "conv2d", "avg_pool2d", "scatter_nd")
SIZES = {"a sum of 16": (16, 1), "a sum of 64": (64, 1), "64 sums of 64": (64, 64)}
"""Classes of sizes: terms of a sum, and how many sums."""

SMALL = 4
"""2**SMALL and 64 ones are less than 2**8: bfloat16, the narrowest format, holds each partial sum of them."""

Pairs = Sequence[tuple[float, float]]
"""The two factors of each term."""


@dataclass(frozen=True)
class Measured:
    """The result for one op and dtype; ``accumulator`` is empty if nothing could be asked.

    ``wrong`` says what is wrong with a sum that every format holds: then no format can be told from it.
    """

    accumulator: str
    inputs: str = ""
    flushes: bool = True
    wrong: str = ""

    @property
    def model(self) -> NumericModel:
        return NumericModel(self.accumulator, self.inputs, self.flushes)


def numeric_command(request: Request) -> int:
    """Measure every target of ``request``; 0 if all could be asked, 1 otherwise."""
    campaign = Campaign(request)
    return tell_each(campaign, partial(lines, campaign))


def lines(campaign: Campaign, engine: Engine, lane: Lane) -> Iterator[str]:
    """The lines for one target: what was measured, and what its adapter declares."""
    yield f"{lane.label}: measured, as rules for numeric_rules() of its adapter"
    for name in OPS:
        for dtype in dtypes.FLOATS:
            by_size = {size: measured(campaign, engine, lane, name, dtype, size) for size in SIZES}
            wrong = next((f"{size} is wrong: {m.wrong}" for size, m in by_size.items() if m.wrong), "")
            if wrong:
                yield f"    # {name} of {dtype}: {wrong}, though all formats hold its numbers; no rule is measured"
                continue
            yield from _told(lane, name, dtype, {size: m for size, m in by_size.items() if m.accumulator})


def _told(lane: Lane, op: str, dtype: str, by_size: dict[str, Measured]) -> Iterator[str]:
    if not by_size:
        return
    # A rule must hold for every size: the narrowest format of all, and every rounding of operands that was seen.
    least = min(by_size.values(), key=lambda m: FORMATS[m.accumulator].precision)
    inputs = next((m.inputs for m in by_size.values() if m.inputs), "")
    found = Measured(least.accumulator, inputs, any(m.flushes for m in by_size.values()))
    said = find_model(lane.rules, op, "y", dtype)
    agrees = (said.accumulator, said.inputs, said.flushes) == (found.accumulator, found.inputs, found.flushes)
    more = f', inputs="{inputs}"' if inputs else ""
    rule = (
        f'NumericRule(NumericModel("{found.accumulator}"{more}, flushes={found.flushes}), op="{op}", dtype="{dtype}")'
    )
    yield f"    {rule},  # {'as the adapter says' if agrees else f'the adapter says {_words(said)}'}"
    if len({m.accumulator for m in by_size.values()}) > 1:
        yield "        # " + "; ".join(f"{size}: {m.accumulator}" for size, m in by_size.items())


def _words(model: NumericModel) -> str:
    inputs = f", operands in {model.inputs}" if model.inputs else ""
    return f"{model.accumulator}{inputs}, subnormals {'flushed' if model.flushes else 'kept'}"


def measured(campaign: Campaign, engine: Engine, lane: Lane, op: str, dtype: str, size: str) -> Measured:
    """The format of the sums of one op and dtype in one class of sizes."""

    def sums(pairs: Pairs) -> float | None:
        case = question(op, dtype, pairs, SIZES[size][1])
        return None if case is None else _answer(campaign, engine, lane, case)

    wrong = mistaken(SIZES[size][0], sums)
    found = "" if wrong else accumulator(dtype, SIZES[size][0], sums)
    if wrong or not found:
        return Measured("", wrong=wrong)
    return Measured(found, inputs_of(dtype, sums), flushed(dtype, sums))


def mistaken(terms: int, sums: Any) -> str:
    """What is expected of a sum of small whole numbers, and what is given; nothing where these are the same."""
    pairs = _ones_beside(SMALL, terms)
    given = next((answer for answer in (sums(pairs), sums(pairs[::-1])) if answer not in (None, terms - 2)), None)
    return "" if given is None else f"expected {terms - 2}, got {given:g}"


def accumulator(dtype: str, terms: int, sums: Any) -> str:
    """The narrowest format that loses a one beside 2**precision; float32 for a narrow dtype that loses none."""
    narrow = FORMATS[dtype].precision < FORMATS["float32"].precision
    widest = "float32" if narrow else dtype
    for name in sorted({"bfloat16", "float16", "float32", dtype}, key=lambda n: FORMATS[n].precision):
        if FORMATS[name].precision > FORMATS[widest].precision:
            break
        pairs = _ones_beside(FORMATS[name].precision, terms)
        # Towards zero, steps are half as wide. One of the two sums starts away from zero, in whichever order.
        answers = [sums(pairs), sums(pairs[::-1])]
        if any(answer not in (None, terms - 2) for answer in answers):
            return name
        if None in answers and name == dtype:
            return ""
    return widest


def _ones_beside(power: int, terms: int) -> list[tuple[float, float]]:
    one, other = 2.0 ** (power - power // 2), 2.0 ** (power // 2)
    return [(one, other), *[(1.0, 1.0)] * (terms - 2), (-one, other)]


def inputs_of(dtype: str, sums: Any) -> str:
    """The format to which float32 operands are rounded first, if they are."""
    if dtype != "float32":
        return ""
    for name, bits in (("bfloat16", 10), ("tf32", 23)):
        x = 1 + 2.0**-bits
        answer = sums([(x, 1.0), (0.0, 1.0)])
        if answer is not None and answer != x:
            return name
    return ""


def flushed(dtype: str, sums: Any) -> bool:
    """Whether a subnormal operand or product becomes zero; assumed if it cannot be asked."""
    tiny = FORMATS[dtype].smallest_normal
    answers = [sums([(tiny / 2, 1.0), (0.0, 1.0)]), sums([(tiny, 0.5), (0.0, 1.0)])]
    return any(answer is None or answer == 0 for answer in answers)


def question(op: str, dtype: str, pairs: Pairs, count: int) -> Case | None:
    """A case in which ``op`` sums the products of ``pairs``, ``count`` times; None if the dtype cannot hold its
    numbers."""
    left, right = [a for a, _ in pairs], [b for _, b in pairs]
    if op in ("avg_pool2d", "scatter_nd") or count > 1:
        left, right = [a * b for a, b in pairs], [1.0] * len(pairs)
    if (
        not all(_holds(v, dtype) for v in (*left, *right))
        or len(left) > LITERAL_LIMIT
        or (count > 1 and op != "matmul")
    ):
        return None
    return _CASES[op](left, right, dtype, count)


def _holds(value: float, dtype: str) -> bool:
    return float(dtypes.widen(dtypes.narrow(np.asarray([value]), dtype))[0]) == value


def _tensor(shape: tuple[int, ...], dtype: str, values: Sequence[Any]) -> Tensor:
    return Tensor(shape, dtype, Fill("literal", values=tuple(values)))


def _product(left: list[float], right: list[float], dtype: str, count: int) -> Case:
    n = len(left)
    b = Tensor((n, count), dtype, Fill("ones")) if count > 1 else _tensor((n, 1), dtype, right)
    return Case("matmul", (_tensor((1, n), dtype, left), b), {})


_PLAIN = {"stride": (1, 1), "padding": "VALID", "layout": "NHWC"}


def _convolution(left: list[float], right: list[float], dtype: str, count: int) -> Case:
    n = len(left)
    tensors = (_tensor((1, 1, 1, n), dtype, left), _tensor((1, 1, n, 1), dtype, right))
    return Case("conv2d", tensors, {**_PLAIN, "dilation": (1, 1), "groups": 1})


def _average(left: list[float], right: list[float], dtype: str, count: int) -> Case:
    # The divisor is a power of two.
    n = len(left)
    attributes = {**_PLAIN, "window": (1, n), "count_padding": False}
    return Case("avg_pool2d", (_tensor((1, 1, n, 1), dtype, left),), attributes)


def _scatter(left: list[float], right: list[float], dtype: str, count: int) -> Case:
    n = len(left)
    return Case("scatter_nd", (_tensor((n, 1), "int32", [0] * n), _tensor((n,), dtype, left)), {"shape": (1,)})


_CASES = {"matmul": _product, "conv2d": _convolution, "avg_pool2d": _average, "scatter_nd": _scatter}


def _answer(campaign: Campaign, engine: Engine, lane: Lane, case: Case) -> float | None:
    """The target's first sum (an average times its divisor); None without an answer."""
    op = next(op for op in campaign.ops if op.name == case.op)
    outcome = next((o for label, o, _ in engine.ask(op, Item(0, case)) if label == lane.label), None)
    if not isinstance(outcome, Returned) or outcome.arrays[0] is None or not outcome.arrays[0].size:
        return None
    value = float(dtypes.widen(outcome.arrays[0]).ravel()[0])
    return value * case.tensors[0].size if case.op == "avg_pool2d" else value
