"""Resizing with other coordinates, weights, or edges."""

from __future__ import annotations

from collections.abc import Mapping

from opassay.adapters.oracle.mistakes.made import asked, attributed, mistakes
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.mistake import Arrays, Kernel

ALL = ("resize_nearest", "resize_linear", "resize_cubic")
SMOOTH = ALL[1:]


def _words(name: str, change: Mapping[str, str]) -> Kernel:
    """One value of an attribute is taken for another."""
    return attributed(**{name: lambda value: change.get(value, value)})


def _by_ratio(question: Question, told: Arrays) -> Arrays:
    """Scales that are attributes are replaced by the ratios of the sizes."""
    answer = told[0]
    return told if answer is None else asked(question, told, size=answer.shape[2:], scales=False)


def _one_for_all(question: Question, told: Arrays) -> Arrays:
    """The first image is used for the whole batch."""
    x = question.inputs[0]
    return asked(question, told, inputs=(x[:1].repeat(len(x), axis=0),))


MISTAKES = (
    *mistakes(
        "half_pixel_for_asymmetric",
        "pixels are points at their corners, or squares, the other way round",
        _words("coordinates", {"half_pixel": "asymmetric", "asymmetric": "half_pixel"}),
        ALL,
        ("value", "gradient"),
    ),
    *mistakes(
        "corners_not_aligned",
        "corners are aligned by the ratio of the sizes",
        _words("coordinates", {"align_corners": "asymmetric"}),
        ALL,
    ),
    *mistakes("scale_of_the_sizes", "scales that are given are made anew of the sizes", _by_ratio, ALL),
    *mistakes("first_image_for_all", "the first image stands for the batch", _one_for_all, ALL),
    *mistakes(
        "half_rounded_down",
        "a half is rounded down",
        _words("rounding", {"round_prefer_ceil": "round_prefer_floor"}),
        ALL[0],
    ),
    *mistakes(
        "rounded_for_cut",
        "a coordinate is rounded to the nearest",
        _words("rounding", {"floor": "round_prefer_ceil"}),
        ALL[0],
        ("value", "gradient"),
    ),
    *mistakes("antialias_ignored", "what shrinks is read at points", attributed(antialias=lambda _: False), SMOOTH),
    *mistakes(
        "edges_exchanged",
        "beyond its edges the image ends, or goes on, the other way round",
        _words("edges", {"clamped": "excluded", "excluded": "clamped"}),
        SMOOTH,
    ),
    *mistakes(
        "other_coefficient",
        "the coefficient is -0.5 for -0.75, or the other way round",
        attributed(coefficient=lambda a: -1.25 - a),
        ALL[2],
        ("value", "gradient"),
    ),
)
