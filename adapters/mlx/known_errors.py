"""Invalid input that MLX does not check. Does not import MLX."""

from __future__ import annotations

from opassay.adapters.facts import accepted
from opassay.adapters.mlx.known_predicates import SEEN
from opassay.harness.model.fact import Fact

_UNCHECKED = {
    "avg_pool2d max_pool2d": ("PadNotSmallerThanWindow",),
    "avg_unpool2d": ("RankThree", "WindowZero"),
    "concat": ("AxisTooLarge",),
    "conv2d": ("FilterZero",),
    "conv2d_transpose": ("DtypeMismatch", "OutputTooLarge"),
    "cross_entropy": ("TargetOutOfRange",),
    "flip": ("AxisRepeated",),
    "index_add": ("AxisTooSmall",),
    "matmul": ("DtypeMismatch", "RankOne"),
    "max_unpool2d": ("IndexDtype", "IndexWrongChannel", "OutputChannels"),
    "pad": ("PadTooWide",),
    "split": ("SizesMismatch",),
    "tile": ("RepeatsMissing",),
}
_INDEXING = {
    "url": "https://ml-explore.github.io/mlx/build/html/usage/indexing.html",
    "title": "Indexing Arrays",
}


def _outside(name: str, ops: str, *rules: str) -> Fact:
    """An access out of bounds, which may end the process."""
    told = {"aspects": ("error",), "verdicts": ("accepts", "crash"), "rules": rules, "versions": SEEN, **_INDEXING}
    return Fact(f"mlx-index-{name}", "by design", "an index outside is not checked", ops=tuple(ops.split()), **told)  # type: ignore[arg-type]


ERRORS = (
    *accepted("mlx-unchecked", "by design", "MLX does not check it", _UNCHECKED, versions=SEEN),
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
        ops=("conv2d", "slice"),
        aspects=("error",),
        verdicts=("crash",),
        rules=("GroupsZero", "StepZero"),
        versions=SEEN,
    ),
)
