"""Suite: a frozen list of cases, independent of later changes to the generators."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from opassay.harness.model.case import Case

Numbered = tuple[int, Case]


@dataclass(frozen=True, eq=False)
class Suite:
    """Cases in the order of their file. Two suites are equal when their ``hash`` is; a name is only a name."""

    name: str
    cases: tuple[Case, ...]

    @cached_property
    def hash(self) -> str:
        """64 hex digits of the SHA-256 of the cases' canonical JSON, a line each."""
        return hashlib.sha256("".join(f"{case.dumps()}\n" for case in self.cases).encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Suite) and self.hash == other.hash

    def __hash__(self) -> int:
        return hash(self.hash)

    @property
    def ops(self) -> list[str]:
        """The ops it has cases of, in its order."""
        return list(dict.fromkeys(case.op for case in self.cases))

    @cached_property
    def _parts(self) -> dict[tuple[str, str], list[Numbered]]:
        parts: dict[tuple[str, str], list[Numbered]] = {}
        numbers: dict[tuple[str, str], dict[str, int]] = {}
        for case in self.cases:
            of = case.op, case.aspect
            known = numbers.setdefault(of, {})
            # What differs in its values alone is one geometry, as in a stream: it is compiled and judged together.
            parts.setdefault(of, []).append((known.setdefault(case.geometry_key, len(known)), case))
        return parts

    def count(self, op: str, aspect: str) -> int:
        """How many cases it has of an op and aspect."""
        return len(self._parts.get((op, aspect), ()))

    def geometries(self, op: str, aspect: str) -> int:
        """How many geometries these have, numbered from 0 on."""
        return len({number for number, _ in self._parts.get((op, aspect), ())})

    def numbered(self, op: str, aspect: str, start: int, stop: int) -> Iterator[Numbered]:
        """The cases of geometries [start, stop) of an op and aspect."""
        yield from ((n, case) for n, case in self._parts.get((op, aspect), ()) if start <= n < stop)
