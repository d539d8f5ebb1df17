"""Every float32 through ops of one tensor, in slices: what ``--exhaustive`` asks in place of a drawn stream."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from opassay.harness.find.located import UsageError
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.op import Op

DTYPE = "float32"
SLICE_BITS = 20
SLICES = 2 ** (32 - SLICE_BITS)
"""Of a million numbers each: some 20 MB with its answers and bounds."""

SECONDS = 0.5
"""Of a core that a slice takes: 0.4 were measured on tanh and sqrt with torch, most of them the oracle's."""


def whole(op: Op) -> bool:
    """Whether the op treats each element of one tensor of float32 alone."""
    return op.numerics == "pointwise" and len(op.inputs) == 1 and _attributes(op) is not None


def slices(op: Op, start: int, stop: int) -> Iterator[tuple[int, Case]]:
    """Numbers and cases of [start, stop): each half, quarter and so on of all slices is spread over the whole range."""
    attributes = _attributes(op) or {}
    for number in range(start, stop):
        first = int(f"{number:0{32 - SLICE_BITS}b}"[::-1], 2) << SLICE_BITS
        yield number, Case(op.name, (Tensor((2**SLICE_BITS,), DTYPE, Fill("every", first)),), attributes)


def _attributes(op: Op) -> dict[str, object] | None:
    example = op.example(DTYPE) if op.example else None
    return None if example is None else dict(example[1])


def asked(
    ops: Sequence[Op], named: Collection[str], aspects: Sequence[str], cases: int | None
) -> tuple[list[Op], Sequence[str], int]:
    """The ops, aspects and numbers of slices of such a run. Raises ``UsageError`` for what cannot be asked so."""
    if set(aspects) - {"value"}:
        raise UsageError(f"--exhaustive asks for values; leave out --aspect {', '.join(aspects)}")
    left = [op.name for op in ops if op.name in named and not whole(op)]
    if left:
        raise UsageError(f"--exhaustive is about ops of one tensor, element by element, not {', '.join(left)}")
    if cases is not None and cases > SLICES:
        raise UsageError(f"--exhaustive has {SLICES} slices, got --cases {cases}")
    return [op for op in ops if whole(op)], ("value",), cases or SLICES


def forecast(slices: int, cores: int) -> float:
    """Seconds that so many slices take, those of all ops and targets together."""
    return slices * SECONDS / cores
