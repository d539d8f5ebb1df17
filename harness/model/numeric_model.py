"""How a target computes, as far as the error bound must know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class NumericModel:
    """Formats along the way of one output.

    ``accumulator``: the format of partial sums. ``inputs``: the format operands are rounded to first
    (``tf32``, ``bfloat16``), or empty. ``flushes``: whether subnormals, also of the inputs, may become
    zero. ``extra_roundings``: additional roundings in the accumulator's format along a sum, where an
    adapter composes an op from several. ``kept``: the format that results inside an op are rounded to, the
    accumulator's unless named. ``functions``: the profile whose bounds elementary functions keep, the loosest unless
    named.
    """

    accumulator: str
    inputs: str = ""
    flushes: bool = True
    extra_roundings: int = 0
    kept: str = ""
    functions: str = ""


@dataclass(frozen=True)
class NumericRule:
    """Says which model holds for which op, output and dtype; an empty field matches everything.

    ``output`` is the name of an output (``y``), or ``d`` and the name of an input for its gradient.
    """

    model: NumericModel
    op: str = ""
    output: str = ""
    dtype: str = ""

    def matches(self, op: str, output: str, dtype: str) -> bool:
        return self.op in ("", op) and self.output in ("", output) and self.dtype in ("", dtype)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> NumericRule:
        known = {f.name for f in fields(NumericModel)}
        model = NumericModel(**{k: v for k, v in data["model"].items() if k in known})
        return cls(model, str(data.get("op", "")), str(data.get("output", "")), str(data.get("dtype", "")))


def find_model(rules: Iterable[NumericRule], op: str, output: str, dtype: str) -> NumericModel:
    """The first matching rule's model.

    Without one, the loosest assumption that is still a bound: partial sums in the output's own
    format, subnormals flushed.
    """
    for rule in rules:
        if rule.matches(op, output, dtype):
            return rule.model
    return NumericModel(accumulator=dtype)
