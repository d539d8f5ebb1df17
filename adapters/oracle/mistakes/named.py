"""The hypotheses that explain differences, each as a mistake: its first answer that is not correct."""

from __future__ import annotations

from collections.abc import Iterator

from opassay.adapters.oracle.hypotheses import ALL
from opassay.harness.model.hypothesis import Hypothesis, Question
from opassay.harness.model.mistake import Arrays, Kernel, Mistake, Source, right, same

OF_ANY_OP = {
    "zeros_for_no_gradient": ("stop_gradient",),
    "no_gradient_for_one": ("matmul",),
    "cotangent_ignored": ("matmul", "conv2d"),
    "subnormals_flushed": ("relu", "max_pool2d"),
    "all_zeros": ("conv2d", "matmul"),
    "inputs_in_tf32": ("matmul",),
    "inputs_in_bfloat16": ("matmul", "conv2d"),
}
"""Modules of the hypotheses that concern any op; those that only widen a bound have no answer to return."""

SOURCES = {
    ("max_pool2d", "nan_first_only"): Source(
        "https://github.com/Theano/Theano/issues/3060", "Make sure max pool propagate NaN"
    ),
    ("max_pool2d", "nan_dropped"): Source(
        "https://github.com/pytorch/pytorch/issues/7645", "Max pooling behavior for nan values"
    ),
    ("max_pool2d", "starts_from_lowest"): Source(
        "https://github.com/tensorflow/tensorflow/issues/2501", "nan values management in max_pool"
    ),
    ("max_pool2d_with_argmax", "last_nan"): Source(
        "https://github.com/tracel-ai/burn/pull/5662", "fix(flex): propagate NaN through max pooling"
    ),
    ("avg_pool2d", "end_counted_as_start"): Source(
        "https://github.com/microsoft/onnxruntime/pull/27375",
        "Fix incorrect pad indices in AveragePool count_include_pad computation",
    ),
    ("avg_pool2d", "count_padding_swapped"): Source(
        "https://github.com/VeriSilicon/TIM-VX/issues/423", "avgeragepool compute error"
    ),
    ("matmul", "operand_transposed"): Source(
        "https://github.com/pytorch/pytorch/issues/84736",
        "[Mac M1 MPS] Incorrect matrix multiplication results for n-by-n matrices",
    ),
    ("relu", "nan_to_zero"): Source(
        "https://github.com/pytorch/pytorch/issues/7999", "ReLU with NaN as input gives 0 as output"
    ),
}


NO_MISTAKE = {
    ("conv2d", "gradient"): ("groups_interleaved", "first_group_only"),
    ("conv2d_transpose", "gradient"): ("groups_interleaved", "first_group_only"),
    ("max_pool1d", "value"): ("last_nan", "last_maximum"),
    ("max_pool2d", "value"): ("last_nan", "last_maximum", "counted_by_columns"),
    ("max_pool3d", "value"): ("last_nan", "last_maximum"),
    ("ceil_max_pool2d", "value"): ("last_nan", "last_maximum"),
    ("avg_unpool2d", "gradient"): ("window_swapped", "layout_confused"),
    ("hard_sigmoid", "value"): ("constants_in_float32",),
    ("erf", "value"): ("exp_from_least",),
    ("erf", "gradient"): ("erf_by_difference",),
    ("gelu", "value"): ("erf_by_difference",),
    ("max", "value"): ("nan_passed_over",),
    ("min", "value"): ("nan_passed_over",),
    ("asin", "value"): ("asin_of_parts",),
    ("atan", "value"): ("reciprocal_estimated",),
    ("atan", "gradient"): ("reciprocal_estimated",),
    ("celu", "gradient"): ("exp_less_one",),
    ("cos", "value"): ("pi_in_one_part",),
    ("elu", "gradient"): ("exp_less_one",),
    ("erfc", "value"): ("erfc_by_exp",),
    ("digamma", "value"): ("lgamma_by_lanczos",),
    ("digamma", "gradient"): ("lgamma_by_lanczos",),
    ("lgamma", "value"): ("lgamma_by_lanczos", "angle_times_pi"),
    ("lgamma", "gradient"): ("lgamma_by_lanczos",),
    ("abs", "value"): ("minus_zero_lost",),
    ("log", "value"): ("reciprocal_estimated",),
    ("log", "gradient"): ("reciprocal_estimated",),
    ("log10", "gradient"): ("divisors_multiplied",),
    ("log1p", "value"): ("reciprocal_estimated",),
    ("log1p", "gradient"): ("reciprocal_estimated",),
    ("reciprocal", "value"): ("reciprocal_estimated",),
    ("reciprocal", "gradient"): ("reciprocal_estimated",),
    ("selu", "gradient"): ("exp_less_one",),
    ("sin", "value"): ("pi_in_one_part",),
    ("tanh", "value"): ("one_too_early",),
}
"""Hypotheses that change nothing there: the aspect is not theirs, indices are not inputs, no shape allows it, or they
depend on a given answer.

Or formulas whose rounding errors appear in their bound only: the value computed here is correct.
"""


def _made(hypothesis: Hypothesis) -> Kernel:
    def kernel(question: Question, told: Arrays) -> Arrays:
        try:
            return next((found for found in _answers(hypothesis, question) if not same(found, told)), told)
        except ValueError:
            # The changed question has no answer.
            return told

    return kernel


def _answers(hypothesis: Hypothesis, question: Question) -> Iterator[Arrays]:
    yield from (right(found) for found in hypothesis.answers(question))


def _mistakes(hypothesis: Hypothesis) -> Iterator[Mistake]:
    for op in hypothesis.ops or OF_ANY_OP.get(hypothesis.name, ()):
        for aspect in hypothesis.aspects:
            yield Mistake(
                hypothesis.name,
                op,
                aspect,
                hypothesis.says,
                lambda: _made(hypothesis),
                SOURCES.get((op, hypothesis.name)),
                declares=hypothesis.name.startswith("inputs_in_"),
                hypothesis=hypothesis,
            )


def _changes_nothing(mistake: Mistake) -> bool:
    return mistake.name in NO_MISTAKE.get((mistake.op, mistake.aspect), ())


STATED = tuple(m for hypothesis in ALL if not hypothesis.looser for m in _mistakes(hypothesis))
NOTHING = tuple(m for m in STATED if _changes_nothing(m))
MISTAKES = tuple(m for m in STATED if not _changes_nothing(m))
