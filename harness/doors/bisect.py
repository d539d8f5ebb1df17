"""``opassay bisect``: the first layer that computes its own definition wrongly, rather than inheriting a difference."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from tempfile import TemporaryDirectory

from opassay.harness.bisect.layers import Told, apart, distance, judged
from opassay.harness.doors.consoles import say_line, stdout
from opassay.harness.find.registry import Registry, UsageError
from opassay.harness.model import stored
from opassay.harness.model.layers import Layer, read
from opassay.harness.model.verdicts import FAILING


@dataclass(frozen=True)
class Pair:
    """Two layers that correspond. ``own``: each judged by its own definition; ``other``: B judged by A's definition."""

    a: Layer
    b: Layer
    own: tuple[Told, Told] | None = None
    other: Told | None = None

    @property
    def wrong(self) -> bool:
        """Whether one of them is wrong on its own input."""
        told = [*(self.own or ()), *([self.other] if self.other else [])]
        return any(one.judgement.verdict in FAILING for one in told)


def bisect_command(first: Path, second: Path) -> int:
    """Status 0: every layer that the catalogue knows agrees; 1: one does not; 2: nothing was compared."""
    a, b = _read(first), _read(second)
    pairs = [_judged(one, other) for one, other in matched(a, b)]
    if not pairs:
        raise UsageError(f"{str(first)!r} and {str(second)!r} have no layer in common")
    console = stdout()
    for line in lines(pairs, len(a), len(b)):
        say_line(console, line)
    if all(pair.own is None for pair in pairs):
        raise UsageError("the catalogue knows none of these layers: what is said of them is no verdict")
    return int(any(pair.wrong for pair in pairs))


def _read(folder: Path) -> list[Layer]:
    try:
        return read(folder)
    except OSError as error:
        raise UsageError(f"cannot read {str(error.filename)!r}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{str(folder)!r} is no recording, as opassay.record writes it: {error}") from None


def matched(a: Sequence[Layer], b: Sequence[Layer]) -> list[tuple[Layer, Layer]]:
    """Corresponding layers: in order, by op; layers without an op in the catalogue by name."""
    first, second = ([layer.op or layer.name for layer in side] for side in (a, b))
    blocks = SequenceMatcher(a=first, b=second, autojunk=False).get_matching_blocks()
    return [(a[block.a + i], b[block.b + i]) for block in blocks for i in range(block.size)]


def _judged(a: Layer, b: Layer) -> Pair:
    if not a.op or a.op != b.op:
        return Pair(a, b)
    op = Registry().op(a.op)
    with TemporaryDirectory() as folder:
        before = os.environ.get(stored.VARIABLE)
        os.environ[stored.VARIABLE] = folder
        try:
            own = judged(op, a, a, Path(folder)), judged(op, b, b, Path(folder))
            return Pair(a, b, own, judged(op, a, b, Path(folder)))
        finally:
            os.environ.pop(stored.VARIABLE) if before is None else os.environ.update({stored.VARIABLE: before})


def lines(pairs: Sequence[Pair], first: int, second: int) -> Iterator[str]:
    """A line per pair, then the first that is wrong on its own input."""
    yield f"{len(pairs)} layers stand for each other, of {first} in A and {second} in B"
    for pair in pairs:
        yield f"  {_head(pair)}: {_verdicts(pair)}"
    wrong = next((pair for pair in pairs if pair.wrong), None)
    if wrong is None:
        yield "no layer that the catalogue knows differs for a reason of its own"
        return
    yield f"\nthe first that differs: {_head(wrong)}"
    yield from (f"  {line}" for line in _why(wrong))


def _head(pair: Pair) -> str:
    names = pair.a.name if pair.a.name == pair.b.name else f"{pair.a.name} and {pair.b.name}"
    return f"{names} ({pair.a.op or pair.a.kind})"


def _verdicts(pair: Pair) -> str:
    outputs = f"outputs {distance([pair.a.output], [pair.b.output]):.2g} apart"
    if pair.own is None or pair.other is None:
        given = distance(pair.a.inputs, pair.b.inputs)
        return f"not in the catalogue, compared only (heuristic): inputs {given:.2g}, {outputs}"
    a, b = (told.judgement.verdict for told in pair.own)
    return f"A by itself {a}, B by itself {b}, B as A {pair.other.judgement.verdict}; {outputs}"


def _why(pair: Pair) -> Iterator[str]:
    assert pair.own is not None
    assert pair.other is not None
    for who, told in (("A", pair.own[0]), ("B", pair.own[1])):
        if told.judgement.verdict in FAILING:
            yield f"{who} does not compute what it says: {told.judgement.message}"
            yield from [told.cause] if told.cause else []
    if pair.other.judgement.verdict in FAILING:
        yield f"B is not what A would make of B's input: {pair.other.judgement.message}"
        yield from [pair.other.cause] if pair.other.cause else []
    yield from (f"A and B have {line}" for line in apart(pair.a, pair.b))
    yield f"both frameworks' ways: opassay how {pair.a.op} --from … --to …"
