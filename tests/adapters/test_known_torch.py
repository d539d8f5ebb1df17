"""torch: which max pools send a gradient outside the image."""

from __future__ import annotations

from typing import Any

import pytest

from opassay.harness.find.registry import Registry
from opassay.harness.model.case import Case, Tensor


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
