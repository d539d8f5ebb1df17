"""What a target declares is what it is judged by: the answer under its choice passes, any other does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from opassay.harness.find.registry import Registry, UsageError
from opassay.harness.judge.compare import Judgement
from opassay.harness.judge.explain import Answered
from opassay.harness.judge.together import smallest_set
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.choice import Follows
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill
from opassay.harness.model.outcome import Outcome, Raised, Returned
from opassay.harness.model.program import Program, Stage
from opassay.harness.run.judging import Judging

REGISTRY = Registry()
OPS = REGISTRY.ops()
LANE: Any = SimpleNamespace(label="x", rules=(), target=SimpleNamespace(adapter="x", mode="eager"))
POOL = {"window": (1, 2), "stride": (1, 1), "padding": "VALID", "dilation": (1, 1), "layout": "NHWC"}
CONV = {"stride": (1, 1), "padding": "VALID", "dilation": (1, 1), "groups": 1, "layout": "NHWC"}
AVERAGE = {"window": (1, 2), "stride": (1, 1), "padding": "VALID", "count_padding": False, "layout": "NHWC"}
REFUSAL = Raised("ValueError", "no", "framework")


def tensor(shape: Sequence[int], values: Sequence[float], dtype: str = "float32") -> Tensor:
    return Tensor(tuple(shape), dtype, Fill("literal", values=tuple(values)))


def broken(op: str, rule: str, tensors: Sequence[Tensor], **attributes: Any) -> Case:
    return Case(op, tuple(tensors), attributes, "error", rule)


def image(*values: float) -> Tensor:
    return tensor((1, 1, len(values), 1), values)


def row(*values: float, dtype: str = "float32") -> np.ndarray:
    return np.array(values, dtype)


def wide(*values: float) -> np.ndarray:
    return row(*values).reshape(1, 1, -1, 1)


def judged(case: Case, outcome: Outcome, *follows: Follows) -> Judgement:
    op = next(op for op in OPS if op.name == case.op)
    return Judging({"x": [f.of(OPS) for f in follows]}).judge(LANE, op, case, outcome, 1)


INDICES = tensor((3, 1), (0, -1, 5), "int64")
UPDATES = tensor((3,), (1, 2, 3))
CLASSES = tensor((2, 2), (0, 1000, 1000, 0))
LOSS = {"ignore_index": False, "reduction": False}
SCATTER = broken("scatter_nd", "IndexOutOfRange", (tensor((2, 1), (0, 5), "int64"), tensor((2,), (1, 2))), shape=(3,))
NEGATIVE = broken("scatter_nd", "IndexNegative", (tensor((2, 1), (0, -1), "int64"), tensor((2,), (1, 2))), shape=(3,))
PLANTED: dict[str, tuple[Follows, Case, np.ndarray, np.ndarray]] = {
    "cropped": (
        Follows("negative_padding", "crop"),
        broken("max_pool2d", "PadNegative", (image(9, 1, 2, 3),), **{**POOL, "padding": ((0, 0), (-1, 0))}),
        wide(2, 3),
        wide(9, 3),
    ),
    "cropped filter": (
        Follows("negative_padding", "crop"),
        broken(
            "conv2d",
            "PadNegative",
            (image(9, 1, 2, 3), tensor((1, 2, 1, 1), (1, 10))),
            **{**CONV, "padding": ((0, 0), (-1, 1))},
        ),
        wide(21, 32, 3),
        wide(19, 21, 32),
    ),
    "padded by any amount": (
        Follows("wide_padding", "any"),
        broken(
            "avg_pool2d",
            "PadNotSmallerThanWindow",
            (image(1, 2),),
            **{**AVERAGE, "count_padding": True, "padding": ((0, 0), (2, 0))},
        ),
        wide(0, 0.5, 1.5),
        wide(0.5, 1.5, 2),
    ),
    "no window fits": (
        Follows("large_window", "empty"),
        broken("avg_pool2d", "WindowLargerThanInput", (image(1),), **AVERAGE),
        np.zeros((1, 1, 0, 1), np.float32),
        wide(1),
    ),
    "a window of 0": (
        Follows("empty_window", "nothing"),
        broken("avg_unpool2d", "WindowZero", (image(1, 2),), window=(1, 0), layout="NHWC"),
        np.zeros((1, 1, 0, 1), np.float32),
        wide(1, 2),
    ),
    "dropped": (Follows("large_index", "drop"), SCATTER, row(1, 0, 0), row(1, 0, 2)),
    "from the end": (Follows("negative_index", "from_end"), NEGATIVE, row(1, 0, 2), row(1, 0, 0)),
    "negative dropped": (Follows("negative_index", "drop"), NEGATIVE, row(1, 0, 0), row(1, 0, 2)),
    "unpooled in range": (
        Follows("large_index", "drop"),
        broken(
            "max_unpool2d",
            "IndexOutOfRange",
            (image(5, 7), tensor((1, 1, 2, 1), (1, 9), "int64")),
            output_shape=(1, 1, 4, 1),
            layout="NHWC",
        ),
        wide(0, 5, 0, 0),
        wide(0, 5, 0, 7),
    ),
    "indexed by bytes": (
        Follows("index_dtype", "any"),
        broken("scatter_nd", "IndexDtype", (tensor((1, 1), (1,), "int8"), tensor((1,), (4,))), shape=(2,)),
        row(0, 4),
        row(4, 0),
    ),
    "a vector": (
        Follows("vectors", "numpy"),
        broken("matmul", "RankOne", (tensor((2,), (1, 2)), tensor((2, 2), (1, 2, 3, 4)))),
        row(7, 10),
        row(5, 11),
    ),
    "one image": (
        Follows("unbatched", "one_image"),
        broken("max_pool2d", "RankThree", (tensor((1, 3, 1), (1, 3, 2)),), **POOL),
        row(3, 3).reshape(1, 2, 1),
        row(1, 3).reshape(1, 2, 1),
    ),
    "divided by 0": (
        Follows("zero_divisor", "any"),
        broken("remainder", "DivisorZero", tuple(tensor((3,), v, "int32") for v in ((5, 7, -7), (0, 3, 3)))),
        row(4, 1, 2, dtype="int32"),
        row(4, 1, -1, dtype="int32"),
    ),
    "over no axes, all": (
        Follows("no_axes", "all"),
        broken("sum", "NoAxes", (tensor((2, 2), (1, 2, 3, 4)),), axes=(), keepdims=True),
        np.full((1, 1), 10, np.float32),
        np.full((1, 1), 4, np.float32),
    ),
    "over no axes, none": (
        Follows("no_axes", "none"),
        broken("max", "NoAxes", (tensor((3,), (1, 3, 2)),), axes=(), keepdims=False),
        row(1, 3, 2),
        row(3, 3, 3),
    ),
    "the largest of nothing": (
        Follows("nothing_reduced", "worst"),
        broken("max", "NothingReduced", (tensor((2, 0), ()),), axes=(1,), keepdims=False),
        row(-np.inf, -np.inf),
        row(0, 0),
    ),
    "a word in lower case": (
        Follows("padding_words", "any_case"),
        broken("max_pool2d", "PadUnknown", (image(1, 3, 2),), **{**POOL, "padding": "same"}),
        wide(3, 3, 2),
        wide(3, 3, 3),
    ),
    "read past the end, the last": (
        Follows("index_beyond", "last"),
        broken("gather_nd", "IndexOutOfRange", (tensor((2, 1), (0, 7), "int64"), UPDATES)),
        row(1, 3),
        row(1, 1),
    ),
    "read past the end, no number": (
        Follows("index_beyond", "nowhere"),
        broken("gather", "IndexOutOfRange", (tensor((2,), (0, 3), "int64"), UPDATES), axis=0),
        row(1, np.nan),
        row(1, 3),
    ),
    "written past the end, nowhere": (
        Follows("index_beyond", "nowhere"),
        broken(
            "index_add", "IndexOutOfRange", (tensor((2,), (0, 3), "int64"), UPDATES, tensor((2,), (10, 20))), axis=0
        ),
        row(11, 2, 3),
        row(11, 2, 23),
    ),
    "one hot nowhere": (
        Follows("index_below", "nowhere"),
        broken("one_hot", "IndexNegative", (tensor((2,), (1, -1), "int64"),), axis=1, depth=2, to="float32"),
        np.array([[0, 1], [0, 0]], np.float32),
        np.array([[0, 1], [0, 1]], np.float32),
    ),
    "read from the end": (
        Follows("index_below", "from_end"),
        broken("gather_elements", "IndexNegative", (tensor((2,), (0, -1), "int64"), UPDATES), axis=0),
        row(1, 3),
        row(1, 1),
    ),
    "a part from the end": (
        Follows("index_below", "from_end_or_first"),
        broken("dynamic_slice", "IndexNegative", (tensor((1,), (-2,), "int64"), UPDATES), sizes=(2,)),
        row(2, 3),
        row(1, 2),
    ),
    "an axis kept": (
        Follows("long_axis_squeezed", "kept"),
        broken("squeeze", "ExtentNotOne", (tensor((2, 1), (1, 2)),), axes=(0, 1)),
        row(1, 2),
        row(2, 1),
    ),
    "less than nothing padded": (
        Follows("negative_pads", "crop"),
        broken("pad", "PadNegative", (UPDATES,), pads=((-1, 1),), mode="constant", fill=0),
        row(2, 3, 0),
        row(1, 2, 0),
    ),
    "mirrored again": (
        Follows("far_pads", "over_again"),
        broken("pad", "PadTooWide", (UPDATES,), pads=((0, 3),), mode="reflect", fill=0),
        row(1, 2, 3, 2, 1, 2),
        row(1, 2, 3, 2, 1, 1),
    ),
    "repeated along the last axis": (
        Follows("few_repeats", "last_axes"),
        broken("tile", "RepeatsMissing", (tensor((1, 2), (1, 2)),), repeats=(2,)),
        np.array([[1, 2, 1, 2]], np.float32),
        np.array([[1, 1, 2, 2]], np.float32),
    ),
    "no number for a class that there is not": (
        Follows("target_out_of_range", "nan"),
        broken("cross_entropy", "TargetOutOfRange", (tensor((2,), (0, 2), "int64"), CLASSES), **LOSS),
        row(1000, np.nan),
        row(1000, 0),
    ),
    "nothing for a class that there is not": (
        Follows("target_out_of_range", "nothing"),
        broken("cross_entropy", "TargetOutOfRange", (tensor((2,), (2, 2), "int64"), CLASSES), **LOSS),
        row(0, 0),
        row(0, np.nan),
    ),
}
"""A choice, a case that it makes valid, the right answer under it, and a wrong one."""


def test_every_option_about_invalid_input_is_planted() -> None:
    offered = {f"{c.name}={name}" for op in OPS for c in op.choices if c.rules for name in c.options}
    assert {follows.label for follows, *_ in PLANTED.values()} == offered


@pytest.mark.parametrize("name", PLANTED)
def test_the_answer_under_the_choice_passes(name: str) -> None:
    follows, case, right, _ = PLANTED[name]
    found = judged(case, Returned((right,)), follows)
    assert (found.verdict, found.choice) == ("pass", follows.label)


@pytest.mark.parametrize("name", PLANTED)
def test_another_answer_is_a_difference(name: str) -> None:
    follows, case, _, wrong = PLANTED[name]
    found = judged(case, Returned((wrong,)), follows)
    assert (found.verdict, found.choice) == ("accepts", follows.label)
    assert f"declares {follows.label}: " in found.message


@pytest.mark.parametrize("name", PLANTED)
def test_who_declares_it_must_answer_and_nobody_else_may(name: str) -> None:
    follows, case, right, _ = PLANTED[name]
    refused = judged(case, REFUSAL, follows)
    assert (refused.verdict, refused.choice) == ("rejects", follows.label)
    assert judged(case, REFUSAL).verdict == "pass"
    assert judged(case, Returned((right,))).verdict == "accepts"


def test_who_crops_refuses_to_crop_more_than_there_is() -> None:
    x = image(9, 1, 2, 3)
    case = broken("max_pool2d", "PadNegative", (x,), **{**POOL, "padding": ((0, 0), (-3, -2))})
    assert judged(case, REFUSAL, Follows("negative_padding", "crop")).verdict == "pass"
    assert judged(case, Returned((wide(9),)), Follows("negative_padding", "crop")).verdict == "accepts"


CROSSED = Case("clamp", (tensor((3,), (-9, 0, np.nan)),), {"low": 2, "high": -1})
SLOPE = replace(CROSSED, aspect="gradient", cotangents=(tensor((3,), (5, 5, 5)),))
HIGH = Follows("crossed_limits", "high")
POSITIVE = Follows("zero_order", "positive")
BFLOATS = tuple(dtypes.narrow(np.array(values), "bfloat16") for values in ((0, 0, -0.0), (0, -0.0, -0.0)))
ANY_ORDER = Follows("order_of_equals", "any", ops=("argsort",))
TIED = Case("argsort", (tensor((3,), (2, 1, 1)),), {"axis": 0, "descending": False})
ZEROS = Case("maximum", (tensor((3,), (-0.0, 0.0, -0.0)), tensor((3,), (0.0, -0.0, -0.0))))


@pytest.mark.parametrize(
    ("follows", "case", "right", "wrong", "undeclared"),
    [
        (HIGH, CROSSED, row(-1, -1, np.nan), row(2, -1, np.nan), "undefined"),
        (HIGH, SLOPE, row(0, 0, 7), row(0, 5, 0), "undefined"),
        (POSITIVE, ZEROS, row(0, 0, -0.0), row(0, -0.0, -0.0), "pass"),
        (POSITIVE, Case("maximum", tuple(replace(t, dtype="bfloat16") for t in ZEROS.tensors)), *BFLOATS, "pass"),
        (
            POSITIVE,
            replace(ZEROS, op="minimum"),
            row(-0.0, -0.0, -0.0),
            row(-0.0, 0, -0.0),
            "pass",
        ),
        (ANY_ORDER, TIED, row(2, 1, 0, dtype="int64"), row(0, 2, 1, dtype="int64"), "structural"),
    ],
)
def test_valid_input_of_which_the_contract_says_little_is_judged_by_what_is_declared(
    follows: Follows, case: Case, right: np.ndarray, wrong: np.ndarray, undeclared: str
) -> None:
    found = judged(case, Returned((right,)), follows)
    assert (found.verdict, found.choice) == ("pass", follows.label)
    assert judged(case, Returned((wrong,)), follows).bad_elements == 1
    for answer in (right, wrong):
        assert judged(case, Returned((answer,))).verdict == undeclared


def test_what_stays_invalid_must_be_refused() -> None:
    follows = Follows("index_dtype", "any")
    case = broken("scatter_nd", "IndexDtype", (tensor((1, 1), (1,)), tensor((1,), (4,))), shape=(2,))
    assert judged(case, REFUSAL, follows).verdict == "pass"
    assert judged(case, Returned((row(0, 4),)), follows).verdict == "accepts"


def test_two_choices_decide_together() -> None:
    crop, empty = Follows("negative_padding", "crop"), Follows("large_window", "empty")
    case = broken("max_pool2d", "PadNegative", (image(1, 2),), **{**POOL, "padding": ((0, 0), (-1, 0))})
    nothing = Returned((np.zeros((1, 1, 0, 1), np.float32),))
    found = judged(case, nothing, crop, empty)
    assert (found.verdict, found.choice) == ("pass", "negative_padding=crop; large_window=empty")
    assert judged(case, nothing, crop).verdict == "accepts"


def test_indices_of_a_cropped_image_count_in_the_whole_one() -> None:
    x = tensor((1, 2, 3, 1), (9, 1, 2, 3, 4, 5))
    case = broken("max_pool2d_with_argmax", "PadNegative", (x,), **{**POOL, "padding": ((0, 0), (-1, 0))})
    values = np.array([2, 5], np.float32).reshape(1, 2, 1, 1)
    whole, cropped = (np.array(found).reshape(1, 2, 1, 1) for found in ([2, 5], [1, 3]))
    assert judged(case, Returned((values, whole)), Follows("negative_padding", "crop")).verdict == "pass"
    assert judged(case, Returned((values, cropped)), Follows("negative_padding", "crop")).verdict == "accepts"


STOPPED = Case("stop_gradient", (tensor((2,), (1, 2)),), aspect="gradient", cotangents=(tensor((2,), (3, 4)),))


@pytest.mark.parametrize(
    ("follows", "zeros", "none"), [([Follows("unconnected", "zeros")], "pass", "shape"), ([], "shape", "pass")]
)
def test_a_gradient_of_nothing_is_judged_by_what_is_declared(follows: list[Follows], zeros: str, none: str) -> None:
    assert judged(STOPPED, Returned((row(0, 0),)), *follows).verdict == zeros
    assert judged(STOPPED, Returned((None,)), *follows).verdict == none
    assert judged(STOPPED, Returned((row(0, 1),)), *follows).verdict != "pass"


def test_a_fact_explains_what_differs_under_a_choice() -> None:
    program = Program(("x", "y"), (Stage("relu", ("x",), ("a",)),))
    tiny = 1e-42
    tensors = (tensor((2,), (tiny, 2)), tensor((2,), (1, 1)))
    cotangents = (tensor((2,), (3, tiny)),)
    case = Case("unused_input", tensors, program.attributes(), "gradient", cotangents=cotangents)
    op = REGISTRY.op("unused_input")
    outcome = Returned((row(0, 2), row(0, 0), row(0, 0)))
    judging = Judging({"x": [Follows("unconnected", "zeros").of(OPS)]})
    right = judging.under(LANE, op, case, outcome)
    assert right is not None
    flush = Fact("flush", "by design", "why", aspects=("gradient",), reproduces="subnormals_flushed")
    asked = Answered(case, outcome, right.references, judging.models(LANE, op, right.references), right.options)
    assert [fact.id for fact in smallest_set([flush], op, asked)] == ["flush"]
    wrong = replace(asked, outcome=Returned((row(0, 2), row(0, 0), row(0, 1))))
    assert smallest_set([flush], op, wrong) == ()


def test_modes_and_ops_are_told_apart() -> None:
    _, case, right, _ = PLANTED["dropped"]
    for other in (Follows("large_index", "drop", modes=("jit",)), Follows("large_index", "drop", ops=("unpools",))):
        assert judged(case, Returned((right,)), other).verdict == "accepts"
    narrowed = Follows("large_index", "drop", when=lambda case: False)
    assert judged(case, Returned((right,)), narrowed).verdict == "accepts"


@pytest.mark.parametrize(
    ("follows", "words"),
    [
        (Follows("large_indexes", "drop"), "no op has a choice 'large_indexes'; choices are crossed_limits, "),
        (Follows("large_index", "clip"), "'large_index' has no option 'clip'; options are drop"),
        (Follows("large_index", "drop", ops=("scater",)), "no op has the name or trait 'scater'"),
    ],
)
def test_what_does_not_exist_is_named(follows: Follows, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        follows.of(OPS)


def test_a_url_is_quoted_with_its_title() -> None:
    with pytest.raises(ValueError, match="quoted with its title"):
        Follows("large_index", "drop", url="https://example.org")


def test_a_declaration_that_cannot_be_read_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from opassay.adapters.jax import choices

    monkeypatch.setattr(choices, "FOLLOWS", (Follows("nothing", "ever"),))
    with pytest.raises(UsageError, match=r"the choices of 'jax' cannot be read: .*no op has a choice 'nothing'"):
        REGISTRY.follows("jax")


@pytest.mark.parametrize("adapter", REGISTRY.adapters)
def test_what_an_adapter_declares_is_about_some_op(adapter: str) -> None:
    assert [f.label for f in REGISTRY.follows(adapter) if not f.ops] == []
