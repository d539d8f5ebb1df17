"""Generated pins: special values from a table, every value of a 16-bit format, hard values of each dtype."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from opassay.cases.pins import literal
from opassay.cases.signatures.draws import Draws, part, points
from opassay.cases.signatures.special_table import TABLE
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.op import Pin

SOURCE = "IEEE 754-2019, sections 5.3 to 6.3 and 9.2.1, and ISO/IEC 9899:2018, Annex F.10"
PINNED = ("float32", "float64")
NARROW = ("float16", "bfloat16")
VALUES = 2**16
LONGER = 1.1
"""A factor that float32 cannot hold, nor its products with drawn values."""

SEVERAL = 1024
"""Elements that hold all pairs of points."""


def pins(drawn: Draws) -> tuple[Pin, ...]:
    """All pins of an op. Attributes have the first of their values."""
    attributes = {name: values[0] for name, values in drawn.attributes.items()}
    found = (*_special(drawn, attributes), *_exhaustive(drawn, attributes), *_near(drawn, attributes))
    return (*found, *_decimals(drawn, attributes))


def _special(drawn: Draws, attributes: Mapping[str, Any]) -> tuple[Pin, ...]:
    """The rows of the table as one case per dtype, one element each."""
    rows = TABLE.get(drawn.op, ())
    columns = tuple(zip(*rows, strict=True))
    kinds = [dtype for dtype in PINNED if dtype in drawn.dtypes] or drawn.dtypes[:1]
    return tuple(
        Pin(
            f"special_values_{dtype}",
            Case(drawn.op, _tensors(drawn, columns, dtype), attributes),
            (list(columns[drawn.inputs]),),
            SOURCE,
        )
        for dtype in (kinds if rows else ())
    )


def _tensors(drawn: Draws, columns: Sequence[Sequence[float]], dtype: str) -> tuple[Tensor, ...]:
    given = zip(range(drawn.inputs), columns, strict=False)
    return tuple(literal((len(column),), column, drawn.fixed.get(i, dtype)) for i, column in given)


def _near(drawn: Draws, attributes: Mapping[str, Any]) -> Iterator[Pin]:
    """Near the points where the op is hard, and at both ends of integers: a case per dtype, whatever is drawn."""
    exhausted = NARROW if drawn.inputs == 1 else ()
    named = drawn.output.strip("[]")
    told = [{named: value} for value in drawn.attributes.get(named, ())]
    kinds = (*PINNED[:1], "int32") if told else tuple(d for d in dict.fromkeys(drawn.dtypes) if d not in exhausted)
    for dtype in kinds:
        for more in told or (_settings(drawn) if dtype == kinds[0] else [{}]):
            name = f"near_{dtype}" + "".join(f"_{key}_{value}" for key, value in more.items())
            case = Case(drawn.op, _hard(drawn, dtype), {**attributes, **more})
            yield Pin(name, case, (), "the oracle says what each gives")


def _settings(drawn: Draws) -> list[dict[str, Any]]:
    """Settings of the attributes in which each takes all of its values; a value that is drawn often is there often."""
    count = max(map(len, drawn.attributes.values()), default=1)
    turns = [[values[i % len(values)] for values in drawn.attributes.values()] for i in range(count)]
    return [dict(zip(drawn.attributes, turn, strict=True)) for turn in dict.fromkeys(map(tuple, turns))]


def _hard(drawn: Draws, dtype: str) -> tuple[Tensor, ...]:
    # Operands that must not be 0, such as integer divisors, have no values near the points.
    hard = dtypes.is_float(dtype) or "near" in drawn.whole_values[0]
    about = points(drawn.points, dtype) if hard else ()
    fills = (Fill("near" if hard else "normal", key, about) for key in range(drawn.inputs))
    own = drawn.broadcasts[0] if drawn.broadcasts else ()
    shapes = [part((1, SEVERAL), how) for how in own] or [(SEVERAL,)] * drawn.inputs
    return tuple(
        Tensor(shape, drawn.fixed.get(i, dtype), fill)
        for i, (shape, fill) in enumerate(zip(shapes, fills, strict=True))
    )


def _decimals(drawn: Draws, attributes: Mapping[str, Any]) -> Iterator[Pin]:
    """Attributes that float32 would round, in values and gradients of float64."""
    longer = {name: LONGER * value for name, value in attributes.items() if isinstance(value, float)}
    if longer and "float64" in drawn.dtypes:
        case = Case(drawn.op, _hard(drawn, "float64"), {**attributes, **longer})
        dy = Tensor(case.tensors[0].shape, "float64", Fill("normal", drawn.inputs))
        for asked in (case, replace(case, aspect="gradient", cotangents=(dy,))):
            yield Pin("decimals_of_attributes", asked, (), "the oracle says what each gives")


def _exhaustive(drawn: Draws, attributes: Mapping[str, Any]) -> tuple[Pin, ...]:
    """Every value of each narrow float format for a unary op, in one case."""
    return tuple(
        Pin(
            f"every_{dtype}",
            Case(drawn.op, (Tensor((VALUES,), dtype, Fill("every")),), attributes),
            (),
            "all bit patterns; the oracle says what each gives",
        )
        for dtype in NARROW
        if dtype in drawn.dtypes and drawn.inputs == 1
    )
