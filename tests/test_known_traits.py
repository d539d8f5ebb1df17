"""What a baseline's line says of its cases: as little as tells them from those that pass, and never too little."""

from __future__ import annotations

from opassay.harness.doors.known_traits import learned, left_over, widened
from opassay.harness.model.traits import Trait

DTYPE, RANK, PAD = ("tensors", 0, "dtype"), ("tensors", 0, "rank"), ("attributes", "padding")


def told(dtype: str, rank: int, pad: str = "SAME") -> dict:
    return {DTYPE: dtype, RANK: rank, PAD: pad}


def test_nothing_is_said_where_everything_fails() -> None:
    assert learned([told("int8", 1), told("int32", 4)], []) == ()


def test_one_feature_that_tells_them_apart_is_all_that_is_said() -> None:
    failing, passing = [told("int8", 1), told("int8", 3)], [told("int32", 1), told("int32", 3)]
    assert learned(failing, passing) == (Trait(DTYPE, "==", "int8"),)


def test_several_values_and_the_edge_of_a_number() -> None:
    failing = [told("int8", 3), told("int32", 4)]
    passing = [told("float32", 4), told("int8", 2), told("int32", 1)]
    found = learned(failing, passing)
    assert found == (Trait(DTYPE, "in", ("int32", "int8")), Trait(RANK, ">=", 3))
    assert left_over(found, passing) == 0


def test_what_cannot_be_told_apart_is_counted() -> None:
    failing, passing = [told("int8", 3)], [told("int8", 3), told("int32", 3)]
    found = learned(failing, passing)
    assert found == (Trait(DTYPE, "==", "int8"),)
    assert left_over(found, passing) == 1


def test_a_trait_gives_way_to_what_is_seen_later() -> None:
    traits = (Trait(DTYPE, "==", "int8"), Trait(PAD, "==", "SAME"), Trait(RANK, ">=", 3))
    assert widened(traits, [told("int8", 4)]) == tuple(sorted(traits, key=lambda t: [str(p) for p in t.place]))
    assert set(widened(traits, [told("int32", 2)])) == {
        Trait(DTYPE, "in", ("int32", "int8")),
        Trait(PAD, "==", "SAME"),
        Trait(RANK, ">=", 2),
    }
    assert widened((Trait(DTYPE, "in", ("int16", "int8")),), [told("int8", 1)]) == (
        Trait(DTYPE, "in", ("int16", "int8")),
    )
    assert widened((Trait(("tensors", 1, "dtype"), "==", "int8"),), [told("int8", 1)]) == ()
