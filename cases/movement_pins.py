"""Pins of ops that move elements: a small one each, by hand, and the same with integers that float64 cannot hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opassay.cases.pins import AS_DEFINED, BY_HAND, literal, pin, whole
from opassay.harness.model.case import Tensor
from opassay.harness.model.op import Pin

X = literal((2, 3), (1, 2, 3, 4, 5, 6))
ROW = literal((4,), (1, 2, 3, 4))
CUBE = literal((1, 4, 1, 2), (1, 2, 3, 4, 5, 6, 7, 8))
IMAGE = literal((1, 1, 2, 4), (1, 2, 3, 4, 5, 6, 7, 8))


def small(
    op: str, tensors: Sequence[Tensor], *outputs: Any, integers: bool = True, **attributes: Any
) -> tuple[Pin, ...]:
    """From literal tensors and answers; the same for ``integers``, where tensors are numbers and the op has them."""
    by_hand = pin("small", op, tensors, outputs, BY_HAND, **attributes)
    numbers = tuple(whole(t) if t.dtype == "float32" else t for t in tensors)
    if not integers or numbers == tuple(tensors):
        return (by_hand,)
    return (by_hand, pin("no_float64", op, numbers, (), AS_DEFINED, **attributes))


TRANSPOSE = small("transpose", (X,), [[1, 4], [2, 5], [3, 6]], axes=(1, 0))
RESHAPE = small("reshape", (X,), [[1, 2], [3, 4], [5, 6]], new_shape=(-1, 2))
EXPAND = small("expand", (literal((2, 1), (1, 2)),), [[1, 1, 1], [2, 2, 2]], new_shape=(2, 3))
SQUEEZE = small("squeeze", (literal((2, 1), (1, 2)),), [1, 2], axes=(1,))
UNSQUEEZE = small("unsqueeze", (X,), [[[1, 2, 3]], [[4, 5, 6]]], axis=1)
FLIP = small("flip", (X,), [[3, 2, 1], [6, 5, 4]], axes=(-1,))
ROLL = small("roll", (ROW,), [4, 1, 2, 3], axis=0, shift=5)
DIAGONAL = small("diagonal", (X,), [2, 6], offset=1)
TRIU_TRIL = small("triu_tril", (X,), [[1, 2, 0], [4, 5, 6]], diagonal=1, upper=False)
DEPTH_TO_SPACE = (*small("depth_to_space", (CUBE,), [[[[1, 3, 2, 4], [5, 7, 6, 8]]]], block=2, order="DCR"),)
SPACE_TO_DEPTH = small("space_to_depth", (IMAGE,), [[[[1, 3]], [[2, 4]], [[5, 7]], [[6, 8]]]], block=2, order="CRD")
SLICE = small("slice", (X,), [[6, 4]], begin=(1, -1), end=(2, -9), step=(1, -2))
PAD = small("pad", (ROW,), [3, 2, 1, 2, 3, 4, 3], pads=((2, 1),), mode="reflect", fill=0)
TILE = small("tile", (X,), [[1, 2, 3, 1, 2, 3], [4, 5, 6, 4, 5, 6]], repeats=(1, 2))
REPEAT = small("repeat", (ROW,), [1, 1, 2, 2, 3, 3, 4, 4], repeats=2, axis=-1)
CONCAT = small("concat", (X, literal((2, 1), (7, 8))), [[1, 2, 3, 7], [4, 5, 6, 8]], axis=1)
STACK = small("stack", (ROW, ROW), [[1, 1], [2, 2], [3, 3], [4, 4]], axis=-1)
SPLIT = small("split", (ROW,), [1], [], [2, 3, 4], axis=0, sizes=(1, 0, 3))
