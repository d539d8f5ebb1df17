"""Known differences of JAX on invalid input. Does not import JAX: the parent process imports this."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from opassay.adapters.cuda import ON_CPU, ON_CUDA
from opassay.adapters.engines.xla import ABORTS
from opassay.adapters.geometry import output_extent, spatial_axes
from opassay.adapters.kernels.far import cropped_away, narrowed_index
from opassay.adapters.kernels.predicates import extent_fits_indices, overflows, rank_three_in, repeated_beyond_bytes
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_SEEN = "jax 0.10.2, CPU"
_UNPOOLED = ("unpools", "scatter_nd")


def _cropped_to_fit(case: Case) -> bool:
    """Elements that no window would reach are cropped: the image still has the required windows."""
    how, (x, w) = case.attributes, case.tensors
    axes = spatial_axes(how["layout"])
    extents, rows = ([shape[axis] for axis in axes] for shape in (how["output_shape"], x.shape))
    found = [
        output_extent(n + sum(pad), k, s, d)
        for n, pad, k, s, d in zip(extents, how["padding"], w.shape[:2], how["stride"], how["dilation"], strict=True)
    ]
    return found == rows


def _one_value(case: Case) -> bool:
    return math.prod(case.tensors[0].shape[axis] for axis in spatial_axes(case.attributes["layout"])) == 1


def _mapped(case: Case) -> bool:
    """For rank three, the first extent is taken as the batch, and the second as the channels."""
    how = case.attributes
    first = case.rule != "OutputRankThree" or how["layout"] == "NCHW"
    return first and (case.rule != "OutputRankThree" or how["output_shape"][1] == case.tensors[0].shape[1])


def _taken(name: str, reason: str, ops: tuple[str, ...], *rules: str, **more: Any) -> Fact:
    told: dict[str, Any] = {"owner": "by design", "verdicts": ("accepts",), "versions": _SEEN, **more}
    return Fact(f"jax-{name}", reason=reason, ops=ops, aspects=("error",), rules=rules, **told)


TAKEN = (
    _taken("dtypes", "operands are promoted to one dtype, as in NumPy", ("matmul",), "DtypeMismatch"),
    _taken(
        "rank-three",
        "composed of repeats, for any rank that has the axes",
        ("avg_unpool2d",),
        "RankThree",
        when=rank_three_in("NHWC"),
    ),
    _taken(
        "wrong-channel",
        "composed of a scatter, which checks no index",
        ("max_unpool2d",),
        "IndexWrongChannel",
        url="https://docs.jax.dev/en/latest/_autosummary/jax.Array.at.html",
        title="jax.Array.at",
    ),
    _taken(
        "cropped",
        "lax defines negative padding as cropping",
        ("conv2d_transpose",),
        "PadNegative",
        when=_cropped_to_fit,
        url="https://openxla.org/xla/operation_semantics",
        title="Operation semantics",
    ),
    _taken(
        "cropped-away",
        "reduce_window returns an empty array if more is cropped than the input has; convolutions refuse it",
        ("pools",),
        "PadNegative",
        when=cropped_away,
        owner="upstream",
    ),
    _taken(
        "narrowed-index",
        "an index of 64 bits is narrowed to 32 where the array's extents fit them: 2**32 + 3 is 3, and written",
        ("indexes",),
        "IndexOutOfRange",
        "IndexNegative",
        when=narrowed_index,
        owner="upstream",
    ),
    _taken("broadcast", "scatters broadcast values to indices", ("max_unpool2d",), "ShapeMismatch", when=_one_value),
    _taken(
        "mapped",
        "each sample is a call of its own: the axis that is mapped is as long as the values say",
        ("conv2d_transpose", "indexes"),
        "OutputBatch",
        "OutputRankThree",
        "UpdatesShape",
        when=_mapped,
        modes=("vmap",),
    ),
)


def _huge_padding(case: Case) -> bool:
    """XLA drops a window of one element: then the size is computed, and reported as too large."""
    single = max(case.attributes.get("window", (2,))) == 1
    return not (single and max(amount for pair in case.attributes["padding"] for amount in pair) == 2**40)


def _overflow(case: Case) -> bool:
    """Op by op, whatever is computed."""
    return case.op == "max_unpool2d" or overflows(case, "shape" if case.op == "scatter_nd" else "window", 2**62)


def _overflow_compiled(case: Case) -> bool:
    """Sizes in 64 bits, which tracing does not report; an un-pooling plane once it is flat."""
    if case.op == "max_unpool2d":
        how = case.attributes
        return math.prod(how["output_shape"][axis] for axis in spatial_axes(how["layout"])) < 2**63
    return extent_fits_indices(case) if case.op == "scatter_nd" else repeated_beyond_bytes(case)


def _ends(
    name: str, ops: tuple[str, ...], rule: str, when: Callable[[Case], bool] | None, modes: tuple[str, ...] = ()
) -> Fact:
    told = {"aspects": ("error",), "verdicts": ("crash",), "rules": (rule,), "versions": _SEEN}
    return Fact(f"jax-{name}", "upstream", ABORTS, ops=ops, when=when, modes=modes, needs=ON_CPU, **told)


def _endless() -> Iterator[Fact]:
    """Gathered windows read the padded image tap by tap; on GPUs all windows are gathered."""
    for name, ops, needs, seen in (
        ("jax-padding-endless", ("avg_pool1d", "avg_pool2d", "max_pool1d", "max_pool2d_with_argmax"), ON_CPU, _SEEN),
        ("jax-cuda-padding-endless", ("conv2d", "pools"), ON_CUDA, "jax 0.11.2, H200"),
    ):
        yield Fact(
            name,
            "upstream",
            "the padded image is computed until memory or time runs out",
            ops=ops,
            aspects=("error",),
            verdicts=("crash", "hang"),
            rules=("PadOverflow",),
            versions=seen,
            flaky="how much memory and time there is",
            needs=needs,
        )


ERRORS = (
    *TAKEN,
    _ends("padding-overflow", ("conv2d", "conv3d", "max_pool2d", "max_pool3d"), "PadOverflow", _huge_padding),
    _ends("overflow", _UNPOOLED, "OutputOverflow", _overflow, ("eager",)),
    _ends("overflow-compiled", _UNPOOLED, "OutputOverflow", _overflow_compiled, ("jit", "vmap")),
    *_endless(),
)
