"""What TensorFlow's kernels that move, pick and order elements refuse or take, for all who call them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from opassay.adapters.kernels.predicates import Predicate
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_BOTH = ("value", "gradient")


class _Refused(NamedTuple):
    ops: tuple[str, ...]
    reason: str
    when: Predicate
    aspects: tuple[str, ...] = _BOTH


def _block_of_one(case: Case) -> bool:
    return bool(case.attributes["block"] == 1)


def _beyond_corners(case: Case) -> bool:
    """The diagonal lies outside of the matrix, and is not the main one of an empty matrix."""
    *_, rows, columns = case.tensors[0].shape
    offset = case.attributes["offset"]
    return offset != 0 and not -rows < offset < columns


def _into_nothing(case: Case) -> bool:
    indices, x = case.tensors[:2]
    return x.size == 0 and indices.size > 0


def _out_of_nothing(case: Case) -> bool:
    indices, x = case.tensors[:2]
    return x.size == 0 and math.prod(indices.shape[:-1]) > 0


def _mirrored_nothing(case: Case) -> bool:
    return case.attributes["mode"] in ("reflect", "symmetric") and 0 in case.tensors[0].shape


REFUSED: Mapping[str, _Refused] = {
    "block-of-one": _Refused(
        ("depth_to_space", "space_to_depth"), "the block must be at least 2, though 1 changes nothing", _block_of_one
    ),
    "diagonal-outside": _Refused(
        ("diagonal",), "MatrixDiagPart refuses a diagonal outside of the matrix, which is empty", _beyond_corners
    ),
    "into-nothing": _Refused(
        ("index_put",), "refuses indices into a tensor whose entries have no elements", _into_nothing
    ),
    "out-of-nothing": _Refused(
        ("gather_nd",), "refuses indices into a tensor whose entries have no elements", _out_of_nothing
    ),
    "mirrored-nothing": _Refused(
        ("pad",), "MirrorPadGrad refuses an extent of 0 that nothing is added to", _mirrored_nothing, ("gradient",)
    ),
}


def facts(adapter: str, modes: tuple[str, ...], versions: str, itself: tuple[str, ...] = ()) -> Iterator[Fact]:
    """Those of ``adapter`` in the modes in which it calls them; what it refuses ``itself``, in all of its modes."""
    told: dict[str, Any] = {"modes": modes, "versions": versions}
    for name, refused in REFUSED.items():
        yield Fact(
            f"{adapter}-{name}",
            "upstream",
            refused.reason,
            ops=refused.ops,
            aspects=refused.aspects,
            verdicts=("rejects",),
            when=refused.when,
            **(told | ({"modes": ()} if name in itself else {})),
        )
    yield Fact(
        f"{adapter}-concat-alone",
        "upstream",
        "a single tensor is given back whatever the axis",
        ops=("concat",),
        aspects=("error",),
        verdicts=("accepts",),
        rules=("AxisTooLarge",),
        when=lambda case: len(case.tensors) == 1,
        **told,
    )
