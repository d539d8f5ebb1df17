"""What TensorFlow is known to make of invalid input. Free of TensorFlow: the parent imports this."""

from __future__ import annotations

from pathlib import Path

from adapters.known_predicates import breaks, by_rule, overflows, rank_three_in, read_pins
from harness.model.case import Case

_PINS = read_pins(str(Path(__file__).parent))
_known = by_rule(_PINS, "tensorflow", "tensorflow 2.21.0, CPU")
_GROUPS = "groups are no parameter: the filter's channels imply them"
_SCATTER = "composed of a scatter over whole samples, which knows neither channels nor ranks"


def _implies_one_group(case: Case) -> bool:
    if case.rule != "GroupsZero":
        return False
    output = case.attributes["output_shape"]
    if case.attributes["layout"] == "NCHW" and case.tensors[0].dtype not in ("float32", "bfloat16"):
        # Composed here, with groups of its own.
        return False
    return output[3 if case.attributes["layout"] == "NHWC" else 1] == case.tensors[1].shape[2]


def _past_64_bits(case: Case) -> bool:
    return overflows(case, "output_shape", 2**62) and case.tensors[0].dtype in ("float32", "bfloat16")


ERRORS = (
    _known("conv2d", "groups", "accepts", breaks("GroupsZero"), "by design", _GROUPS),
    _known(
        "conv2d_transpose",
        "groups",
        "accepts",
        _implies_one_group,
        "by design",
        _GROUPS,
    ),
    _known(
        "conv2d",
        "wide-padding",
        "accepts",
        breaks("PadNotSmallerThanWindow"),
        "by design",
        "explicit padding may have any amount",
    ),
    _known(
        "conv2d_transpose",
        "output-rank-three",
        "crash",
        lambda case: case.rule == "OutputRankThree" and case.attributes["layout"] == "NCHW",
        "upstream",
        "an output_shape of three extents in NCHW ends the process",
    ),
    _known(
        "conv2d_transpose",
        "output-overflow",
        "accepts",
        _past_64_bits,
        "upstream",
        "an extent of 2**62 in output_shape is taken modulo 2**32 and gives an empty tensor",
    ),
    _known(
        "avg_unpool2d",
        "window-overflow",
        "accepts",
        lambda case: overflows(case, "window", 2**40),
        "upstream",
        "tf.repeat takes a count beyond 32 bits modulo 2**32 and gives an empty tensor",
    ),
    _known(
        "avg_unpool2d",
        "rank-three",
        "accepts",
        rank_three_in("NHWC"),
        "by design",
        "composed of repeats, for any rank that has the axes",
    ),
    _known("max_unpool2d", "other-channels", "accepts", breaks("OutputChannels"), "by design", _SCATTER),
    _known(
        "max_unpool2d",
        "rank-three",
        "accepts",
        lambda case: case.rule == "RankThree" and case.tensors[0].shape[0] == 1,
        "by design",
        _SCATTER,
    ),
)
