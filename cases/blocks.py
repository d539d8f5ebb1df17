"""Ops that move parts of matrices and images."""

from __future__ import annotations

import numpy as np

from opassay.cases import movement_pins as pins
from opassay.cases.signatures.arranged import Call, Shape
from opassay.cases.signatures.arranged_entry import arranging
from opassay.cases.signatures.arranged_rules import but, shaped_as
from opassay.cases.signatures.attributes import flag, integer, word
from opassay.cases.signatures.moves import MATRIX, moved, same
from opassay.cases.signatures.rules import More
from opassay.harness.model.case import Case


def _diagonal_length(shape: Shape, offset: int) -> int:
    rows, columns = shape[-2:]
    return max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns))


diagonal = arranging(
    "diagonal",
    moved(lambda x, offset: np.diagonal(x, offset, -2, -1)),
    "x[..., i, i + offset], along a last axis; of offsets beyond the matrix, nothing.",
    lambda shape, way: ({}, (shape,)),
    lambda a, shapes: [(*shapes[0][:-2], _diagonal_length(shapes[0], a["offset"]))],
    ranks=(2, 3, 2, 4, 5),
    attributes={"offset": integer("a whole number", (0, 1, -1, 2, -3, 7, -90))},
    rules=(MATRIX,),
    pins=pins.DIAGONAL,
    traits=("moves",),
)
triu_tril = arranging(
    "triu_tril",
    moved(lambda x, diagonal, upper: np.where(_kept(x.shape, diagonal, upper), x, -1)),
    "Each matrix with 0 below a diagonal, if upper, or above it.",
    lambda shape, way: ({}, (shape,)),
    same,
    ranks=(2, 3, 2, 4, 5),
    attributes={
        "diagonal": integer("a whole number, of those above the main one positive", (0, 1, -1, 3, -3, 100, -100)),
        "upper": flag("whether what is above stays"),
    },
    rules=(MATRIX,),
    pins=pins.TRIU_TRIL,
    traits=("moves",),
)


def _kept(shape: Shape, diagonal: int, upper: bool) -> np.ndarray:
    row, column = np.indices(shape[-2:])
    return np.asarray(column - row >= diagonal if upper else column - row <= diagonal)


def _blocks_last(x: np.ndarray, block: int, order: str) -> np.ndarray:
    """[n, c, h, w] with the channels as (block, block, c), or (c, block, block), moved into rows and columns."""
    n, c, h, w = x.shape
    split = (block, block, c // block**2) if order == "DCR" else (c // block**2, block, block)
    parts = x.reshape(n, *split, h, w)
    places = (0, 3, 4, 1, 5, 2) if order == "DCR" else (0, 1, 4, 2, 5, 3)
    return parts.transpose(places).reshape(n, c // block**2, h * block, w * block)


def _blocks_first(x: np.ndarray, block: int, order: str) -> np.ndarray:
    """The inverse."""
    n, c, h, w = x.shape
    parts = x.reshape(n, c, h // block, block, w // block, block)
    places = (0, 3, 5, 1, 2, 4) if order == "DCR" else (0, 1, 3, 5, 2, 4)
    return parts.transpose(places).reshape(n, c * block**2, h // block, w // block)


def _channels(case: Case, count: int) -> Case:
    n, _, *image = case.tensors[0].shape
    return shaped_as(case, 0, (n, count, *image))


BLOCK = integer("a whole number, 1 or more")
ORDER = word("DCR where neighbours in a block are far apart in depth, CRD where they are neighbours", ("DCR", "CRD"))
IMAGE = More(
    "RankThree",
    "x has rank 4",
    lambda _, xs: xs[0].ndim == 4,
    lambda case: shaped_as(case, 0, case.tensors[0].shape[1:]),
)
BLOCK_ZERO = More("BlockZero", "a block is at least 1", lambda a, _: a["block"] > 0, lambda case: but(case, block=0))


def _deep(shape: Shape, block: int) -> Call:
    n, c, h, w = shape
    return {"block": block}, ((n, c * block**2, h, w),)


def _wide(shape: Shape, block: int) -> Call:
    n, c, h, w = shape
    return {"block": block}, ((n, c, h * block, w * block),)


depth_to_space = arranging(
    "depth_to_space",
    moved(_blocks_last),
    "Channels of [n, c, h, w] as blocks of the image, block times as high and as wide.",
    _deep,
    lambda a, s: [(s[0][0], s[0][1] // a["block"] ** 2, s[0][2] * a["block"], s[0][3] * a["block"])],
    ways=(2, 3, 2, 1, 4),
    ranks=(4,),
    attributes={"block": BLOCK, "order": ORDER},
    rules=(
        BLOCK_ZERO,
        IMAGE,
        More(
            "ChannelsNotDivisible",
            "channels are a multiple of block²",
            lambda a, xs: xs[0].shape[1] % a["block"] ** 2 == 0,
            lambda case: but(_channels(case, 5), block=2),
        ),
    ),
    pins=pins.DEPTH_TO_SPACE,
    traits=("moves",),
)
space_to_depth = arranging(
    "space_to_depth",
    moved(_blocks_first),
    "Blocks of the image [n, c, h, w] as channels: the inverse of depth_to_space.",
    _wide,
    lambda a, s: [(s[0][0], s[0][1] * a["block"] ** 2, s[0][2] // a["block"], s[0][3] // a["block"])],
    ways=(2, 3, 2, 1, 4),
    ranks=(4,),
    attributes={"block": BLOCK, "order": ORDER},
    rules=(
        BLOCK_ZERO,
        IMAGE,
        More(
            "ExtentNotDivisible",
            "rows and columns are multiples of block",
            lambda a, xs: all(n % a["block"] == 0 for n in xs[0].shape[2:]),
            lambda case: but(shaped_as(case, 0, (*case.tensors[0].shape[:2], 4, 5)), block=2),
        ),
    ),
    pins=pins.SPACE_TO_DEPTH,
    traits=("moves",),
)
