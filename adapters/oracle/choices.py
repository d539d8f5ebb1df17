"""Definitions in which frameworks differ, each correct: the question, and the answer of each option.

A case that breaks a rule of the contract is answered, under an option, as the valid case that it is turned into here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from opassay.adapters.oracle.average import AVERAGES
from opassay.adapters.oracle.conv import CONVOLUTIONS, TRANSPOSES
from opassay.adapters.oracle.geometry import AnyAmount, effective_window, from_nhwc, over_batch, shape_nhwc, to_nhwc
from opassay.adapters.oracle.hypotheses.gradients import zeros_for_all
from opassay.adapters.oracle.hypotheses.question import References, ask, in_layout, mapped, window_of
from opassay.adapters.oracle.pool import MAXIMA
from opassay.harness.model import dtypes
from opassay.harness.model.choice import Choice
from opassay.harness.model.hypothesis import Hypothesis, Question
from opassay.harness.model.op import ContractError
from opassay.harness.model.reference import Reference

POOLS = (*AVERAGES, *MAXIMA, "max_pool2d_with_argmax")
IMAGES = (*CONVOLUTIONS, *POOLS)
WORDS = (*IMAGES, *TRANSPOSES)
INDEXED = ("scatter_nd", "max_unpool2d")
Change = Callable[[Question], References]


def _option(choice: str, name: str, says: str, change: Change, ops: Sequence[str]) -> tuple[str, Hypothesis]:
    def answers(question: Question) -> Iterator[References]:
        yield change(question)

    return name, Hypothesis(f"{choice}={name}", says, answers, tuple(ops), ("error",))


def _image_axes(question: Question) -> tuple[int, ...]:
    return in_layout(question.inputs[0], question.attributes["layout"])


def _cropped(question: Question) -> References:
    """Negative amounts crop the image, and the rest is padded."""
    x, pads = question.inputs[0], question.attributes["padding"]
    cut = [slice(None)] * x.ndim
    for axis, (before, after) in zip(_image_axes(question), pads, strict=True):
        if -min(0, before) - min(0, after) > x.shape[axis]:
            raise ContractError(f"{question.op}: padding {(before, after)} crops more than the extent {x.shape[axis]}")
        cut[axis] = slice(max(0, -before), max(0, x.shape[axis] - max(0, -after)))
    rest = tuple((max(0, before), max(0, after)) for before, after in pads)
    found = ask(question.but(inputs=(x[tuple(cut)], *question.inputs[1:]), padding=rest))
    return (found[0], *(_in_whole_image(r, question, x[tuple(cut)].shape) for r in found[1:]))


def _in_whole_image(indices: Reference, question: Question, shape: Sequence[int]) -> Reference:
    """Indices into the image cropped to ``shape``, as indices into the whole image."""
    layout, ((top, _), (left, _)) = question.attributes["layout"], question.attributes["padding"]
    (_, _, width, channels), kept = (shape_nhwc(s, layout) for s in (question.inputs[0].shape, shape))
    cell, channel = np.divmod(indices.exact, max(1, channels))
    row, column = np.divmod(cell, max(1, kept[2]))
    place = (row + max(0, -top)) * width + column + max(0, -left)
    return replace(indices, exact=place * channels + channel)


def _any_amount(question: Question) -> References:
    return ask(question.but(padding=AnyAmount(question.attributes["padding"])))


def _empty_windows(question: Question) -> References:
    """Along an axis on which no window fits, the output is empty: the answer of a larger image, sliced to nothing."""
    x, a, window = question.inputs[0], question.attributes, window_of(question)
    grown, missing = [(0, 0)] * x.ndim, []
    for place, axis in enumerate(_image_axes(question)):
        span = effective_window(window[place], a.get("dilation", (1,) * len(window))[place])
        there = x.shape[axis] + (0 if isinstance(a["padding"], str) else sum(a["padding"][place]))
        if there < span:
            grown[axis] = (0, span - there)
            missing.append(axis)
    found = ask(question.but(inputs=(np.pad(x, grown), *question.inputs[1:])))
    return tuple(mapped(r, lambda v: _nothing_along(v, missing)) for r in found)


def _nothing_along(values: np.ndarray, axes: Sequence[int]) -> np.ndarray:
    return np.asarray(values[tuple(slice(0, 0) if i in axes else slice(None) for i in range(values.ndim))])


def _empty_window(question: Question) -> References:
    """A window of 0 along an axis gives an empty axis."""
    window = question.attributes["window"]
    axes = [axis for axis, k in zip(_image_axes(question), window, strict=True) if k == 0]
    found = ask(question.but(window=tuple(max(1, k) for k in window)))
    return tuple(mapped(r, lambda v: _nothing_along(v, axes)) for r in found)


def _indexed_extents(question: Question, depth: int) -> np.ndarray:
    if question.op == "max_unpool2d":
        shape = shape_nhwc(question.attributes["output_shape"], question.attributes["layout"])
        return np.array([math.prod(shape[1:])])
    return np.array(question.attributes["shape"][:depth])


def _from_the_end(question: Question) -> References:
    """-1 is the last; lower indices than the extent allows are refused."""
    place = 1 if question.op == "max_unpool2d" else 0
    indices = question.inputs[place]
    extents = _indexed_extents(question, indices.shape[-1])
    turned = np.where(indices < 0, indices + extents, indices).astype(indices.dtype)
    return ask(question.but(inputs=[turned if i == place else x for i, x in enumerate(question.inputs)]))


def _dropped(question: Question) -> References:
    """An index out of range writes nothing."""
    if question.op == "max_unpool2d":
        return _unpooled_in_range(question)
    indices, updates = question.inputs
    inside = ((indices >= 0) & (indices < _indexed_extents(question, indices.shape[-1]))).all(axis=-1)
    rest = updates.shape[inside.ndim :]
    kept = indices[inside].reshape(-1, indices.shape[-1]), updates[inside].reshape(-1, *rest)
    return ask(question.but(inputs=kept))


def _unpooled_in_range(question: Question) -> References:
    x, indices = question.inputs
    layout, shape = question.attributes["layout"], question.attributes["output_shape"]
    whole = shape_nhwc(shape, layout)
    cells = math.prod(whole[1:])
    places = to_nhwc(indices, layout)
    inside = (places >= 0) & (places < cells)
    y = np.zeros(math.prod(whole), dtype=dtypes.widen(x).dtype)
    y[over_batch(places, cells)[inside]] = to_nhwc(dtypes.widen(x), layout)[inside]
    return (Reference("y", dtypes.dtype_name(x), from_nhwc(y.reshape(whole), layout)),)


def _any_integer(question: Question) -> References:
    place = 1 if question.op == "max_unpool2d" else 0
    indices = question.inputs[place]
    if dtypes.is_float(dtypes.dtype_name(indices)):
        raise ContractError(f"{question.op}: indices must be integers, got {dtypes.dtype_name(indices)}")
    inputs = list(question.inputs)
    inputs[place] = indices.astype(np.int64)
    return ask(question.but(inputs=inputs))


def _vectors(question: Question) -> References:
    """As NumPy's ``matmul``: a vector is a row on the left, a column on the right, and its axis is dropped."""
    a, b = question.inputs
    if 0 in (a.ndim, b.ndim):
        raise ContractError("matmul: an operand is a scalar")
    wide = a[None, :] if a.ndim == 1 else a, b[:, None] if b.ndim == 1 else b
    gone = [axis for axis, operand in ((-2, a), (-1, b)) if operand.ndim == 1]
    return tuple(mapped(r, lambda v: np.squeeze(v, axis=tuple(gone))) for r in ask(question.but(inputs=wide)))


def _one_image(question: Question) -> References:
    x = question.inputs[0]
    found = ask(question.but(inputs=(x[None], *question.inputs[1:])))
    return tuple(mapped(r, lambda v: v[0]) for r in found)


def _word_in_any_case(question: Question) -> References:
    return ask(question.but(padding=str(question.attributes["padding"]).upper()))


CHOICES = (
    Choice(
        "unconnected",
        "What is the gradient of an input that no output depends on?",
        "none",
        {"zeros": Hypothesis("unconnected=zeros", "zeros of its shape", zeros_for_all, aspects=("gradient",))},
    ),
    Choice(
        "negative_padding",
        "What does a negative amount of padding do?",
        "refuse",
        dict([_option("negative_padding", "crop", "it crops the image", _cropped, IMAGES)]),
        ("PadNegative",),
    ),
    Choice(
        "wide_padding",
        "May padding be as wide as the window, so that windows lie in it alone?",
        "refuse",
        dict([_option("wide_padding", "any", "by any amount", _any_amount, POOLS)]),
        ("PadNotSmallerThanWindow",),
    ),
    Choice(
        "large_window",
        "What is the answer where no window fits the padded image?",
        "refuse",
        dict([_option("large_window", "empty", "an empty tensor", _empty_windows, IMAGES)]),
        ("WindowLargerThanInput",),
    ),
    Choice(
        "empty_window",
        "What does a window of 0 fill?",
        "refuse",
        dict([_option("empty_window", "nothing", "the answer is empty", _empty_window, ("avg_unpool2d",))]),
        ("WindowZero",),
    ),
    Choice(
        "large_index",
        "What becomes of an index past the end?",
        "refuse",
        dict([_option("large_index", "drop", "what it names is not written", _dropped, INDEXED)]),
        ("IndexOutOfRange",),
    ),
    Choice(
        "negative_index",
        "What does a negative index name?",
        "refuse",
        dict(
            [
                _option("negative_index", "from_end", "it counts from the end", _from_the_end, INDEXED),
                _option("negative_index", "drop", "what it names is not written", _dropped, INDEXED),
            ]
        ),
        ("IndexNegative",),
    ),
    Choice(
        "index_dtype",
        "Which integers may index, besides int32 and int64?",
        "refuse",
        dict([_option("index_dtype", "any", "all", _any_integer, INDEXED)]),
        ("IndexDtype",),
    ),
    Choice(
        "vectors",
        "May an operand of a product be a vector?",
        "refuse",
        dict([_option("vectors", "numpy", "as in NumPy", _vectors, ("matmul",))]),
        ("RankOne",),
    ),
    Choice(
        "unbatched",
        "Is an input with an axis less one image without a batch axis?",
        "refuse",
        dict([_option("unbatched", "one_image", "it is one image", _one_image, IMAGES)]),
        ("RankThree",),
    ),
    Choice(
        "padding_words",
        "May the words for padding be written in lower case?",
        "refuse",
        dict([_option("padding_words", "any_case", "in either case", _word_in_any_case, WORDS)]),
        ("PadUnknown",),
    ),
)


def choices_for(op: str) -> tuple[Choice, ...]:
    """The choices of ``op``."""
    return tuple(c for c in CHOICES if any(not o.ops or op in o.ops for o in c.options.values()))


PROGRAM_CHOICES = tuple(c for c in CHOICES if any(not o.ops for o in c.options.values()))
"""The choices of a program of several ops."""
