"""torch, compiled with several threads: which scatters are added at wrong places, which are refused.

Each line was seen in the code that Inductor of torch 2.13 wrote, for registers of 8 float32 numbers unless it says so.
"""

from __future__ import annotations

import pytest

from opassay.adapters.engines.inductor_scatters import added_in_tiles, added_to_one_place
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.memory import Memory

Shape = tuple[int, ...]
PLAIN, REVERSED = Memory(), Memory("transposed")
SLICED = Memory("sliced", 0, 2)


def _scatter(
    rows: Shape, places: Shape, columns: Shape, indices: Memory, updates: Memory, dtype: str = "float32"
) -> Case:
    where = Tensor((*rows, len(places)), "int64", memory=indices)
    what = Tensor((*rows, *columns), dtype, memory=updates)
    return Case("scatter_nd", (where, what), {"shape": (*places, *columns)})


@pytest.mark.parametrize(
    ("rows", "places", "columns", "indices", "updates", "dtype", "wrong"),
    [
        ((33,), (3, 3), (16,), PLAIN, REVERSED, "float32", True),
        ((33,), (3, 3), (16,), PLAIN, REVERSED, "bfloat16", True),
        ((33,), (3, 3), (16,), PLAIN, REVERSED, "int8", True),
        ((33,), (3, 3), (16,), PLAIN, REVERSED, "int64", False),
        ((33,), (3, 3), (16,), PLAIN, PLAIN, "float32", False),
        ((33,), (3, 3), (16,), REVERSED, REVERSED, "float32", False),
        ((33,), (5,), (16,), PLAIN, REVERSED, "float32", False),
        ((33,), (5,), (16,), SLICED, REVERSED, "float32", True),
        ((2,), (3, 3), (2,), PLAIN, REVERSED, "float32", True),
        ((10,), (3, 3), (9, 11), PLAIN, REVERSED, "float32", True),
        ((10, 9), (3, 3), (11,), PLAIN, REVERSED, "float32", False),
        ((10, 1), (3, 3), (11,), PLAIN, REVERSED, "float32", True),
        ((33,), (3, 3), (1,), PLAIN, REVERSED, "float32", False),
        ((0,), (3, 3), (16,), PLAIN, REVERSED, "float32", False),
    ],
)
def test_tiles_of_rows_and_columns(
    rows: Shape, places: Shape, columns: Shape, indices: Memory, updates: Memory, dtype: str, wrong: bool
) -> None:
    case = _scatter(rows, places, columns, indices, updates, dtype)
    assert added_in_tiles(case) is wrong
    assert not added_to_one_place(8)(case)


@pytest.mark.parametrize(
    ("rows", "places", "columns", "indices", "updates", "dtype", "refused"),
    [
        ((8,), (1,), (), PLAIN, PLAIN, "float32", True),
        ((8,), (2,), (), PLAIN, PLAIN, "float32", False),
        ((8,), (1,), (), PLAIN, PLAIN, "int64", False),
        ((8,), (1,), (), SLICED, PLAIN, "float32", False),
        ((8,), (1,), (), PLAIN, SLICED, "float32", False),
        ((8,), (1, 1), (), PLAIN, PLAIN, "float32", False),
        ((8,), (1, 1), (), REVERSED, PLAIN, "float32", True),
        ((5, 7), (1,), (), PLAIN, REVERSED, "float32", True),
        ((5, 7), (1,), (), PLAIN, SLICED, "float32", True),
        ((5, 7), (1,), (), PLAIN, Memory("sliced", 1, 2), "float32", False),
        ((), (1,), (), PLAIN, PLAIN, "float32", False),
        ((8,), (1,), (5,), PLAIN, PLAIN, "float32", False),
        ((8,), (1, 1), (4,), PLAIN, REVERSED, "float32", True),
        ((5, 7), (1,), (4,), PLAIN, REVERSED, "float32", False),
        ((2,), (1,), (), PLAIN, PLAIN, "float64", True),
        ((3,), (1,), (), PLAIN, PLAIN, "bfloat16", False),
        ((4,), (1,), (), PLAIN, PLAIN, "bfloat16", True),
    ],
)
def test_all_to_one_place(
    rows: Shape, places: Shape, columns: Shape, indices: Memory, updates: Memory, dtype: str, refused: bool
) -> None:
    case = _scatter(rows, places, columns, indices, updates, dtype)
    assert added_to_one_place(8)(case) is refused
    assert not added_in_tiles(case)


def test_wider_registers_ask_for_more_rows() -> None:
    several = _scatter((2, 3), (1,), (), PLAIN, Memory("broadcast", 1), "float64")
    assert added_to_one_place(8)(several)
    assert not added_to_one_place(16)(several)
