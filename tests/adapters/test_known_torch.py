"""torch: which max pools send a gradient outside the image, what a scalar index names, how ties are counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from opassay.adapters.models import model_rules
from opassay.adapters.torch.choices import FOLLOWS
from opassay.adapters.torch.models import MODELS
from opassay.harness.find.registry import Registry
from opassay.harness.judge.verdict import judge
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.numeric_model import NumericModel, find_model
from opassay.harness.model.op import references
from opassay.harness.model.outcome import Returned


def _covers(case: Case) -> bool:
    (found,) = [k for k in Registry().known("torch") if k.id == "torch-window-of-padding"]
    return found.covers(case)


def _pool(
    op: str, shape: tuple[int, ...] = (1, 1, 1, 8), dilation: tuple[int, int] = (2, 2), padding: Any = "SAME"
) -> Case:
    how = {"window": (2, 2), "stride": (3, 3), "dilation": dilation, "padding": padding, "layout": "NCHW"}
    return Case(op, (Tensor(shape, "float32"),), how, "gradient", cotangents=(None,))


@pytest.mark.parametrize("op", ["max_pool2d", "max_pool2d_with_argmax"])
def test_a_window_that_holds_padding_alone_is_covered(op: str) -> None:
    assert _covers(_pool(op))
    assert not _covers(_pool(op, shape=(1, 1, 4, 8)))
    assert not _covers(_pool(op, dilation=(1, 1)))
    assert not _covers(_pool(op, shape=(1, 1, 3, 8), padding="VALID"))
    assert not _covers(_pool(op, shape=(0, 1, 1, 8)))


def test_only_a_scalar_index_counts_from_the_end() -> None:
    (select,) = [f.of(Registry().ops()) for f in FOLLOWS if f.choice == "index_below" and f.ops == ("gather",)]
    found = [Case("gather", (Tensor(shape, "int64"), Tensor((3, 2), "float32")), {"axis": 0}) for shape in ((), (1,))]
    assert [select.applies(case, "eager") for case in found] == [True, False]


def test_ties_are_counted_in_float16() -> None:
    # As torch 2.13 answered: 159 is shared by 2741 elements, of which float16 makes 2740.
    shared = np.float16(np.float32(159) / np.float32(np.float16(2741)))
    case = Case(
        "min",
        (Tensor((2741,), "float16", Fill("ones")),),
        {"axes": (0,), "keepdims": True},
        "gradient",
        cotangents=(Tensor((1,), "float16", Fill("literal", values=(159.0,))),),
    )
    outcome = Returned((np.full(2741, shared),))
    (op,) = [op for op in Registry().ops() if op.name == "min"]
    found = references(op, case, outcome.arrays)
    declared = find_model(tuple(model_rules(MODELS)), "min", "dx", "float16")
    assert judge(case, outcome, found, [declared]).verdict == "pass"
    assert judge(case, outcome, found, [NumericModel("float32")]).verdict == "numeric"


def test_the_word_same_is_torchs_own_without_a_stride() -> None:
    (words,) = [f.of(Registry().ops()) for f in FOLLOWS if f.choice == "padding_words"]
    tensors = (Tensor((1, 4, 1), "float32"), Tensor((3, 1, 1), "float32"))
    found = [
        Case("conv1d", tensors, {"padding": word, "stride": (stride,)})
        for word, stride in (("same", 1), ("same", 2), ("FULL", 1))
    ]
    assert [words.applies(case, "eager") for case in found] == [True, False, False]
