"""Rows complement each other, hold every entry as often as it stands in its table, and do not depend on who asks."""

from collections import Counter
from itertools import combinations

from opassay.harness.model.draw import Draw, Together
from opassay.harness.plan.deal import BLOCK, Dealer

TABLES = (("a", "a", "b", "c", "d"), tuple(range(7)), (True, False), tuple("xyzw"), ("one",))
DRAW = Draw(TABLES, tuple)


def rows(draw=DRAW, key="0", count=100):
    dealer = Dealer(draw, key)
    return [draw.made(dealer.row(number)) for number in range(count)]


def pairs(found):
    return {(i, row[i], j, row[j]) for row in found for i, j in combinations(range(len(row)), 2)}


def test_every_entry_comes_as_often_as_its_weight_says_to_within_one_deck():
    for position, table in enumerate(TABLES):
        counts = Counter(row[position] for row in rows(count=93))
        for entry, weight in Counter(table).items():
            assert abs(counts[entry] - 93 * weight / len(table)) <= weight


def test_few_rows_meet_all_pairs_which_rows_by_chance_do_not():
    possible = sum(len(set(a)) * len(set(b)) for a, b in combinations(TABLES, 2))
    least = max(len(set(a)) * len(set(b)) for a, b in combinations(TABLES, 2))
    assert len(pairs(rows(count=2 * least))) >= 0.97 * possible
    apart = [
        row[0:1] + other[1:2] + third[2:]
        for row, other, third in zip(rows(), rows(key="1"), rows(key="2"), strict=True)
    ]
    assert len(pairs(apart[: 2 * least])) < 0.97 * possible


def test_a_row_is_the_same_whichever_rows_were_asked_for_before():
    numbers = (BLOCK + 3, 5, 2 * BLOCK, 0, BLOCK - 1, BLOCK)
    one = Dealer(DRAW, "7")
    assert [one.row(n) for n in numbers] == [Dealer(DRAW, "7").row(n) for n in numbers]


def test_another_key_gives_other_rows():
    assert rows(key="1") != rows(key="2")


def test_what_belongs_together_needs_no_cards_of_what_it_settles():
    layers = (Together(), Together({"b": 3, "c": 4}))
    draw = Draw((("x", "y"), layers, (0, 1, 2), (5, 6, 7)), tuple, ("a", "layer", "b", "c"))
    found = rows(draw, count=60)
    settled = [row for row in found if row[1] is layers[1]]
    assert len(settled) == 30
    assert {row[2:] for row in settled} == {(0, 5)}
    free = Counter(row[2:] for row in found if row[1] is layers[0])
    assert len(free) == 9
    assert max(free.values()) <= 4


def test_a_draw_can_be_changed_and_stand_beside_others():
    draw = DRAW.map(lambda row: row[0]).beside("pq", (1, 2)).map(lambda both: (both[0] * 2, *both[1:]))
    assert draw.simplest == ("aa", "p", 1)
    assert {row[0] for row in rows(draw)} == {"aa", "bb", "cc", "dd"}
    assert {row[1:] for row in rows(draw)} == {("p", 1), ("p", 2), ("q", 1), ("q", 2)}
