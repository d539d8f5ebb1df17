"""What JAX is known to make of invalid input. Free of JAX: the parent imports this."""

from __future__ import annotations

import math
from pathlib import Path

from opassay.adapters.cuda import ON_CPU
from opassay.adapters.geometry import output_extent, spatial_axes
from opassay.adapters.known_predicates import (
    Predicate,
    breaks,
    by_rule,
    extent_fits_indices,
    overflows,
    rank_three_in,
    read_pins,
    repeated_beyond_bytes,
)
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case

_PINS = read_pins(str(Path(__file__).parent))
_known = by_rule(_PINS, "jax", "jax 0.10.2, CPU")
_POOLS = ("avg_pool2d", "max_pool2d", "max_pool2d_with_argmax")
_ABORT = "XLA ends the process over a shape whose size overflows, instead of raising"
_PROMOTED = "operands are promoted to one dtype, as in NumPy"
_INDICES = "any integer dtype may index"
_COMPILED = ("jit", "vmap")
_MAPPED = "each sample is a call of its own, and the batch is as long as x says"
_DOCS = "https://docs.jax.dev/en/latest/_autosummary/"


def _lower_case(case: Case) -> bool:
    return case.rule == "PadUnknown" and case.attributes["padding"] == "same"


def _lower_case_of_floats(case: Case) -> bool:
    """Where SAME gives the image the windows that it must have; the transpose of integers knows no such word."""
    if not _lower_case(case) or not dtypes.is_float(case.tensors[0].dtype):
        return False
    how, x = case.attributes, case.tensors[0]
    axes = spatial_axes(how["layout"])
    found = [-(-how["output_shape"][axis] // stride) for axis, stride in zip(axes, how["stride"], strict=True)]
    return found == [x.shape[axis] for axis in axes]


def _huge_padding(case: Case) -> bool:
    if case.rule != "PadOverflow":
        return False
    # A window of one element is no window to XLA: then the size is computed, and said to be too much.
    single = max(case.attributes.get("window", (2,))) == 1
    return not (single and max(amount for pair in case.attributes["padding"] for amount in pair) == 2**40)


def _flattened(case: Case) -> bool:
    """A plane that has a size in 64 bits once it is flat; of others, tracing says so."""
    shape = case.attributes["output_shape"]
    return (
        case.rule == "OutputOverflow"
        and math.prod(shape[axis] for axis in spatial_axes(case.attributes["layout"])) < 2**63
    )


def _mapped_to_rank_three(case: Case) -> bool:
    """Once the batch is mapped, the first extent is taken for it, and the second for the channels."""
    how = case.attributes
    first = how["layout"] == "NCHW" and how["output_shape"][1] == case.tensors[0].shape[1]
    return case.rule == "OutputRankThree" and first


def _small_indices(position: int) -> Predicate:
    return lambda case: case.rule == "IndexDtype" and case.tensors[position].dtype == "int8"


def _cropped_to_fit(case: Case) -> bool:
    """A negative padding that takes off what no window would reach: the image still has the windows that it must."""
    if case.rule != "PadNegative":
        return False
    how, (x, w) = case.attributes, case.tensors
    axes = spatial_axes(how["layout"])
    extents, rows = ([shape[axis] for axis in axes] for shape in (how["output_shape"], x.shape))
    found = [
        output_extent(n + sum(pad), k, s, d)
        for n, pad, k, s, d in zip(extents, how["padding"], w.shape[:2], how["stride"], how["dilation"], strict=True)
    ]
    return found == rows


COMPUTED = "the padded image is computed until memory or time is at its end"
ROOM = "how much memory and time there is"
_EMPTY = "lax answers a window that does not fit with an empty tensor instead of an error"


def _cells(case: Case) -> int:
    """How many values of one channel: one value goes to any number of indices."""
    return math.prod(case.tensors[0].shape[axis] for axis in spatial_axes(case.attributes["layout"]))


ERRORS = (
    *(
        _known(op, "window-larger", "accepts", breaks("WindowLargerThanInput"), "by design", _EMPTY)
        for op in ("conv2d", "avg_pool2d", "max_pool2d", "max_pool2d_with_argmax")
    ),
    *(
        _known(
            op,
            "wide-padding",
            "accepts",
            breaks("PadNotSmallerThanWindow"),
            "by design",
            "lax takes any amount of padding",
        )
        for op in ("avg_pool2d", "max_pool2d", "max_pool2d_with_argmax")
    ),
    _known(
        "conv2d",
        "negative-padding",
        "accepts",
        breaks("PadNegative"),
        "by design",
        "lax defines negative padding as cropping",
        url="https://openxla.org/xla/operation_semantics",
        title="Operation semantics",
    ),
    _known(
        "avg_unpool2d",
        "window-zero",
        "accepts",
        breaks("WindowZero"),
        "by design",
        "composed of repeats, which may be zero",
    ),
    _known(
        "matmul",
        "rank-one",
        "accepts",
        breaks("RankOne"),
        "by design",
        "jnp.matmul follows NumPy, where vectors are allowed",
        modes=("jit", "eager"),
        url=_DOCS + "jax.numpy.matmul.html",
        title="jax.numpy.matmul",
    ),
    _known(
        "scatter_nd",
        "index",
        "accepts",
        breaks("IndexOutOfRange", "IndexNegative"),
        "by design",
        "scatters drop an index out of range and wrap a negative one",
        url=_DOCS + "jax.Array.at.html",
        title="jax.Array.at",
    ),
    _known(
        "max_unpool2d",
        "index",
        "accepts",
        breaks("IndexOutOfRange", "IndexNegative", "IndexWrongChannel"),
        "by design",
        "composed of a scatter, which checks no index",
        url=_DOCS + "jax.Array.at.html",
        title="jax.Array.at",
    ),
    _known(
        "max_unpool2d",
        "broadcast",
        "accepts",
        lambda case: case.rule == "ShapeMismatch" and _cells(case) == 1,
        "by design",
        "scatters broadcast values to indices",
    ),
    *(
        _known(op, "padding-word", "accepts", _lower_case, "by design", "padding words are read in either case")
        for op in ("conv2d", *_POOLS)
    ),
    _known(
        "conv2d_transpose",
        "padding-word",
        "accepts",
        _lower_case_of_floats,
        "by design",
        "padding words are read in either case",
    ),
    *(
        _known(op, "negative-padding", "accepts", breaks("PadNegative"), "by design", "negative padding crops")
        for op in _POOLS
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
        "conv2d_transpose",
        "negative-padding",
        "accepts",
        _cropped_to_fit,
        "by design",
        "lax defines negative padding as cropping",
        url="https://openxla.org/xla/operation_semantics",
        title="Operation semantics",
    ),
    *(
        _known(op, "huge-padding", "crash", _huge_padding, "upstream", _ABORT, needs=ON_CPU)
        for op in ("conv2d", "max_pool2d")
    ),
    *(
        _known(
            op,
            name,
            verdict,
            breaks("PadOverflow"),
            "upstream",
            COMPUTED,
            flaky=ROOM,
            needs=ON_CPU,
        )
        for op in ("avg_pool2d", "max_pool2d_with_argmax")
        for name, verdict in (("huge-padding", "crash"), ("endless-padding", "hang"))
    ),
    *(
        _known(op, name, "crash", covers, "upstream", _ABORT, modes=modes, needs=ON_CPU)
        for op, name, covers, modes in (
            ("avg_unpool2d", "overflow", lambda case: overflows(case, "window", 2**62), ("eager",)),
            ("avg_unpool2d", "overflow-compiled", repeated_beyond_bytes, _COMPILED),
            ("max_unpool2d", "overflow", breaks("OutputOverflow"), ("eager",)),
            ("max_unpool2d", "overflow-compiled", _flattened, _COMPILED),
            ("scatter_nd", "overflow", lambda case: overflows(case, "shape", 2**62), ("eager",)),
            ("scatter_nd", "overflow-compiled", extent_fits_indices, _COMPILED),
        )
    ),
    *(
        _known(op, "mapped-batch", "accepts", breaks("OutputBatch"), "by design", _MAPPED, modes=("vmap",))
        for op in ("conv2d_transpose", "max_unpool2d")
    ),
    _known("max_unpool2d", "mapped-rank", "accepts", _mapped_to_rank_three, "by design", _MAPPED, modes=("vmap",)),
    _known(
        "scatter_nd",
        "mapped-axis",
        "accepts",
        breaks("UpdatesShape"),
        "by design",
        "the axis that is mapped is as long as updates say",
        modes=("vmap",),
    ),
    _known(
        "avg_unpool2d",
        "rank-three",
        "accepts",
        rank_three_in("NHWC"),
        "by design",
        "composed of repeats, for any rank that has the axes",
    ),
    _known("matmul", "dtypes", "accepts", breaks("DtypeMismatch"), "by design", _PROMOTED),
    _known("max_unpool2d", "index-dtype", "accepts", _small_indices(1), "by design", _INDICES),
    _known("scatter_nd", "index-dtype", "accepts", _small_indices(0), "by design", _INDICES),
)
