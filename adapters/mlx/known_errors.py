"""Invalid input that MLX does not check. Does not import MLX."""

from __future__ import annotations

from collections.abc import Callable

from opassay.adapters.facts import accepted
from opassay.adapters.kernels.predicates import rank_three_in
from opassay.adapters.mlx.known_predicates import SEEN, multiplied, padded, window_of_nothing
from opassay.harness.model.case import Case
from opassay.harness.model.dtypes import is_float
from opassay.harness.model.fact import Fact

_UNCHECKED = {
    "avg_pool2d max_pool2d": ("PadNotSmallerThanWindow",),
    "avg_unpool2d": ("WindowZero",),
    "conv2d": ("FilterZero",),
    "conv2d_transpose": ("OutputTooLarge",),
    "cross_entropy": ("TargetOutOfRange",),
    "flip": ("AxisRepeated",),
    "index_add": ("AxisTooSmall",),
    "matmul": ("DtypeMismatch", "RankOne"),
    "max_unpool2d": ("IndexWrongChannel", "OutputChannels"),
    "pad": ("PadTooWide",),
    "split": ("SizesMismatch",),
    "tile": ("RepeatsMissing",),
}
_INDEXING = {
    "url": "https://ml-explore.github.io/mlx/build/html/usage/indexing.html",
    "title": "Indexing Arrays",
}


def _unchecked_where(name: str, ops: str, rule: str, when: Callable[[Case], bool]) -> Fact:
    """What another check finds by chance in other cases."""
    told = {"aspects": ("error",), "verdicts": ("accepts",), "rules": (rule,), "when": when, "versions": SEEN}
    return Fact(f"mlx-unchecked-{name}", "by design", "MLX does not check it", ops=tuple(ops.split()), **told)  # type: ignore[arg-type]


def _outside(name: str, ops: str, *rules: str) -> Fact:
    """An access out of bounds, which may end the process."""
    told = {"aspects": ("error",), "verdicts": ("accepts", "crash"), "rules": rules, "versions": SEEN, **_INDEXING}
    return Fact(f"mlx-index-{name}", "by design", "an index outside is not checked", ops=tuple(ops.split()), **told)  # type: ignore[arg-type]


ERRORS = (
    *accepted("mlx-unchecked", "by design", "MLX does not check it", _UNCHECKED, versions=SEEN),
    _unchecked_where("window", "avg_pool2d conv2d max_pool2d", "WindowLargerThanInput", window_of_nothing),
    _unchecked_where("output", "conv2d_transpose", "OutputTooSmall", padded),
    _unchecked_where("padding", "conv2d_transpose", "PadNegative", padded),
    _unchecked_where("mixed", "conv2d conv2d_transpose", "DtypeMismatch", multiplied),
    _unchecked_where("rank", "avg_unpool2d", "RankThree", rank_three_in("NHWC")),
    _unchecked_where("axis", "concat", "AxisTooLarge", lambda case: len(case.tensors) == 1),
    _unchecked_where("positions", "max_unpool2d", "IndexDtype", lambda case: not is_float(case.tensors[1].dtype)),
    _outside("read", "embedding gather gather_elements gather_nd scatter_elements", "IndexOutOfRange"),
    _outside(
        "moved",
        "dynamic_slice dynamic_update_slice index_add max_unpool2d scatter_nd",
        "IndexOutOfRange",
        "IndexNegative",
    ),
    Fact(
        "mlx-divides-by-zero",
        "upstream",
        "groups of 0 and a step of 0 divide a whole number, which ends the process",
        ops=("biased_conv2d", "conv2d", "slice"),
        aspects=("error",),
        verdicts=("crash",),
        rules=("GroupsZero", "StepZero"),
        versions=SEEN,
    ),
)
