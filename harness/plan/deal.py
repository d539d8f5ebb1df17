"""Rows that complement each other, so that a few of them meet most pairs of entries.

Each table is a shuffled deck that is dealt to its end, so each entry comes as often as its weight says. Of the cards
that are left the one is taken that makes most pairs which no row has had, with what the row holds already.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import shake_256

from opassay.harness.model.draw import Draw

BLOCK = 512
"""After so many rows all decks are new and no pair has been met, so that a late row costs no more than these."""

AHEAD = 8
"""Number of cards of which one is taken. If it were all, a deck's rare entries would come first, and meet each other.
Measured by tests/cases/pairs.py for 1 to 40: eight give most pairs in the first 25 to 200 rows of the widest ops."""

Places = tuple[int, ...]
"""One position in each table."""


class Dealer:
    """The rows of ``draw`` that ``key`` gives: row k depends on both and k alone, whichever are asked for."""

    def __init__(self, draw: Draw, key: str) -> None:
        self._draw, self._key = draw, key
        self._cards = [_first_places(table) for table in draw.tables]
        self._block, self._dealt = -1, list[Places]()
        self._rest: Iterator[Places] = iter(())

    def row(self, number: int) -> Places:
        """Row ``number``, from 0 on."""
        block, place = divmod(number, BLOCK)
        if block != self._block:
            self._block, self._dealt, self._rest = block, [], self._deal(f"{self._key}/{block}")
        while len(self._dealt) <= place:
            self._dealt.append(next(self._rest))
        return self._dealt[place]

    def _deal(self, key: str) -> Iterator[Places]:
        decks = [Deck(cards, f"{key}/{position}") for position, cards in enumerate(self._cards)]
        met = [[[0] * len(table) for table in self._draw.tables[:position]] for position in range(len(decks))]
        while True:
            yield self._one(decks, met)

    def _one(self, decks: Sequence[Deck], met: list[list[list[int]]]) -> Places:
        row, needless = [0] * len(decks), set[int]()
        for position, deck in enumerate(decks):
            if position in needless:
                continue
            others = [other for other in range(position) if other not in needless]
            row[position] = card = deck.take([met[position][other][row[other]] for other in others])
            needless.update(self._draw.settled(self._draw.tables[position][card]))
            for other in others:
                met[position][other][row[other]] |= 1 << card
        return tuple(row)


class Deck:
    """Cards in an order that follows from ``key``; shuffled anew when all are dealt."""

    def __init__(self, cards: Sequence[int], key: str) -> None:
        self._cards, self._key, self._times, self._left = cards, key, 0, list[int]()

    def take(self, met: Sequence[int]) -> int:
        """The card of most new pairs. ``met`` has, of each other card of the row, a bit per card that it has met."""
        if not self._left:
            self._left = self._shuffled()
        best, most, tried = self._left[0], -1, set[int]()
        for card in self._left[:AHEAD]:
            if card not in tried:
                tried.add(card)
                new = sum(not bits >> card & 1 for bits in met)
                if new > most:
                    best, most = card, new
                if most == len(met):
                    break
        self._left.remove(best)
        return best

    def _shuffled(self) -> list[int]:
        count, width = len(self._cards), 8
        noise = shake_256(f"{self._key}/{self._times}".encode()).digest(count * width)
        self._times += 1
        order = sorted(range(count), key=lambda i: noise[i * width : (i + 1) * width])
        return [self._cards[i] for i in order]


def _first_places(table: Sequence[object]) -> list[int]:
    """For each entry the place of the first one like it."""
    first: dict[str, int] = {}
    return [first.setdefault(repr(entry), place) for place, entry in enumerate(table)]
