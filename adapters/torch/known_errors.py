"""What torch is known to make of invalid input. Free of torch: the parent imports this."""

from __future__ import annotations

from pathlib import Path

from adapters.known_predicates import breaks, by_rule, read_pins
from harness.model import dtypes
from harness.model.case import Case

_PINS = read_pins(str(Path(__file__).parent))
_known = by_rule(_PINS, "torch", "torch 2.13.0, CPU")
_UNBATCHED = "an input of rank 3 is one image without a batch axis"


def _no_images(case: Case) -> bool:
    tensor = case.tensors[0]
    return case.aspect == "shape" and tensor.shape[0] == 0 and dtypes.is_float(tensor.dtype)


ERRORS = (
    *(
        _known(op, "unbatched", "accepts", breaks("RankThree"), "by design", _UNBATCHED)
        for op in ("avg_pool2d", "max_pool2d", "max_pool2d_with_argmax")
    ),
    _known(
        "avg_unpool2d",
        "rank-three",
        "accepts",
        lambda case: case.rule == "RankThree" and not dtypes.is_float(case.tensors[0].dtype),
        "by design",
        "composed of repeats for integers, which interpolate refuses",
    ),
    _known(
        "conv2d",
        "wide-padding",
        "accepts",
        breaks("PadNotSmallerThanWindow"),
        "by design",
        "padding may have any amount",
    ),
    _known(
        "avg_unpool2d",
        "inferred-bool",
        "rejects",
        _no_images,
        "upstream",
        "interpolate on the meta device raises 'cond must be a bool' for a batch of 0",
    ),
)
