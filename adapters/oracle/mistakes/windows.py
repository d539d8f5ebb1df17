"""Windows over one axis and over three: mistakes on an axis that images lack."""

from __future__ import annotations

import numpy as np

from opassay.adapters.oracle.average import AVERAGES
from opassay.adapters.oracle.conv import CONVOLUTIONS, TRANSPOSES
from opassay.adapters.oracle.hypotheses.question import pads_of
from opassay.adapters.oracle.mistakes.made import asked, mistakes, only, reading
from opassay.adapters.oracle.pool import MAXIMA
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.mistake import Arrays

IMAGES = "2d"
ALL = tuple(op for op in (*CONVOLUTIONS, *TRANSPOSES, *MAXIMA, *AVERAGES) if IMAGES not in op)
FILTERED = tuple(op for op in ALL if op.startswith("conv"))
VOLUMES = tuple(op for op in ALL if op.endswith("3d"))
"""Images have mistakes of their own."""
DILATED = (*CONVOLUTIONS, *MAXIMA)


def _explicit(question: Question) -> bool:
    return not isinstance(question.attributes["padding"], str)


def _ends_exchanged(question: Question, told: Arrays) -> Arrays:
    return asked(question, told, padding=tuple((after, before) for before, after in question.attributes["padding"]))


def _starts_late(question: Question, told: Arrays) -> Arrays:
    return asked(question, told, padding=tuple((after, before) for before, after in pads_of(question)))


def _first_filters(w: np.ndarray, question: Question) -> np.ndarray:
    groups = question.attributes["groups"]
    return np.tile(w[..., : w.shape[-1] // groups], groups)


def _not_dilated(question: Question, told: Arrays) -> Arrays:
    return asked(question, told, dilation=(1,) * len(question.attributes["dilation"]))


def _alike(question: Question, told: Arrays) -> Arrays:
    """All axes have the dilation of the first."""
    dilation = question.attributes["dilation"]
    return asked(question, told, dilation=dilation[:1] * len(dilation))


MISTAKES = (
    *mistakes("ends_exchanged", "padding before and after are exchanged", only(_explicit, _ends_exchanged), ALL),
    *mistakes(
        "odd_pad_first",
        "the odd element of SAME comes first",
        only(lambda q: q.attributes["padding"] == "SAME", _starts_late),
        ALL,
    ),
    *mistakes(
        "filter_turned", "the filter is turned round along its first axis", reading(1, lambda w, _: w[::-1]), FILTERED
    ),
    *mistakes(
        "filters_of_first_group",
        "every group has the filters of the first",
        only(lambda q: q.attributes["groups"] > 1, reading(1, _first_filters)),
        FILTERED,
    ),
    *mistakes("dilation_ignored", "windows are not dilated", _not_dilated, tuple(op for op in ALL if op in DILATED)),
    *mistakes(
        "dilated_alike",
        "the dilation of the first axis is that of all",
        _alike,
        tuple(op for op in VOLUMES if op not in AVERAGES),
    ),
    *mistakes(
        "padding_always_counted",
        "padding counts in the divisor, whatever is asked",
        lambda question, told: asked(question, told, count_padding=True),
        tuple(op for op in AVERAGES if op in ALL),
    ),
)
