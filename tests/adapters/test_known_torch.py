"""torch: which max pools send a gradient outside the image."""

from __future__ import annotations

from typing import Any

import pytest

from opassay.adapters.engines.inductor import dense_filters_of_no_batch
from opassay.adapters.torch.known_empty import no_filters_compiled
from opassay.harness.find.registry import Registry
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.memory import Memory


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


@pytest.mark.parametrize(
    ("layout", "padding", "refused"),
    [
        ("NCHW", "VALID", False),
        ("NHWC", "VALID", True),
        ("NCHW", ((0, 1), (0, 0)), True),
        ("NHWC", ((0, 1), (0, 0)), True),
    ],
)
def test_compiled_it_refuses_no_filters_unless_the_answer_is_the_convolution_itself(
    layout: str, padding: Any, refused: bool
) -> None:
    rows = 4 if padding == "VALID" else 3
    out, x = ((2, 0, rows, 4), (2, 3, 3, 2)) if layout == "NCHW" else ((2, rows, 4, 0), (2, 3, 2, 3))
    how = {"stride": (1, 2), "padding": padding, "dilation": (1, 1), "groups": 1, "layout": layout}
    tensors = (Tensor(x, "float32"), Tensor((2, 2, 0, 3), "float32"))
    case = Case("conv2d_transpose", tensors, {**how, "output_shape": out})
    assert no_filters_compiled(case) is refused
    assert not no_filters_compiled(Case("conv2d_transpose", tensors[:1] * 2, {**how, "output_shape": out}))


@pytest.mark.parametrize(
    ("batch", "filters", "memory", "refused"),
    [
        (0, (3, 2, 5, 3), "contiguous", True),
        (0, (3, 2, 5, 3), "transposed", True),
        (0, (3, 2, 5, 3), "sliced", False),
        (0, (1, 1, 5, 3), "contiguous", False),
        (0, (1, 3, 5, 3), "contiguous", True),
        (0, (3, 2, 1, 3), "contiguous", False),
        (0, (3, 2, 5, 1), "contiguous", False),
        (2, (3, 2, 5, 3), "contiguous", False),
    ],
)
def test_compiled_it_refuses_filter_gradients_of_no_batch(
    batch: int, filters: tuple[int, ...], memory: str, refused: bool
) -> None:
    tensors = (Tensor((batch, 5, 6, 7), "float32"), Tensor(filters, "float32", memory=Memory(memory)))
    assert dense_filters_of_no_batch(Case("conv2d", tensors, {}, "gradient", cotangents=(None,))) is refused
