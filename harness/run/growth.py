"""Memory growth of one target's workers: during which op, and how often one was replaced for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator


class Growth:
    """The memory growth of successive workers."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._by_op: Counter[str] = Counter()
        self._replaced: Counter[str] = Counter()
        self._most: dict[str, int] = {}
        self._noted = False

    def begin(self) -> None:
        """A fresh worker starts."""
        self._last, self._noted = None, False
        self._by_op.clear()

    def seen(self, memory: int, op: str) -> None:
        """The worker's resident memory is so many bytes while it computes ``op``."""
        if self._last is not None:
            self._by_op[op] += memory - self._last
        self._last = memory

    def replaced(self) -> None:
        """The worker is replaced because it grew; counted once per worker."""
        if self._noted or not self._by_op:
            return
        self._noted = True
        op, grown = self._by_op.most_common(1)[0]
        self._replaced[op] += 1
        self._most[op] = max(self._most.get(op, 0), grown)

    def lines(self, label: str) -> Iterator[str]:
        """A warning for the user: opassay cannot tell a cache from a leak."""
        for op, times in self._replaced.most_common():
            often = "once" if times == 1 else f"{times} times"
            yield (
                f"{label}: its worker was replaced {often} because it grew, by up to {self._most[op] / 2**30:.1f} GiB "
                f"during {op}: what is kept between calls is a cache, or a leak"
            )
