"""What Paddle's known differences say of a case. The framework is not needed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from opassay.adapters.paddle import known_masks as masks
from opassay.adapters.paddle import known_pools as pools
from opassay.adapters.paddle import known_scatters
from opassay.adapters.paddle.known import KNOWN
from opassay.adapters.paddle.known_convs import undilated
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill

NAN, INF, LARGEST = math.nan, math.inf, 3.4028234663852886e38


def row(values: list[float]) -> Tensor:
    return Tensor((1, 1, len(values), 1), "float32", Fill("literal", values=tuple(values)))


def pool(op: str, values: list[float], window: int = 2, padding: object = "VALID", **more: object) -> Case:
    how = {"window": (1, window), "stride": (1, 1), "padding": padding, "layout": "NHWC", **more}
    return Case(op, (row(values),), how)


def test_each_entry_covers_its_own_pin() -> None:
    assert [entry.id for entry in KNOWN if not all(map(entry.covers, entry.pins))] == []


@pytest.mark.parametrize(
    ("values", "with_positions", "without"),
    [
        ([1.0, 2.0], False, False),
        ([1.0, NAN], True, False),  # a NaN that comes last stays, unless positions are told
        ([NAN, 1.0], True, True),
        ([-INF, -INF], True, True),
        ([-INF, -LARGEST], False, False),
    ],
)
def test_which_maxima_are_lost(values: list[float], with_positions: bool, without: bool) -> None:
    assert pools.maximum_lost(pool("max_pool2d_with_argmax", values, dilation=(1, 1))) == with_positions
    assert pools.maximum_lost(pool("max_pool2d", values, dilation=(1, 1))) == without


@pytest.mark.parametrize(
    ("padding", "counted", "covered"),
    [
        (((0, 0), (0, 1)), True, True),
        (((0, 0), (0, 1)), False, False),
        (((0, 0), (1, 1)), True, False),
        (((0, 0), (1, 0)), True, False),
        ("SAME", True, True),
    ],
)
def test_which_averages_are_divided_by_too_little(padding: object, counted: bool, covered: bool) -> None:
    case = pool("avg_pool2d", [1.0, 2.0, 3.0], padding=padding, count_padding=counted)
    assert pools.cut("structural")(case) == covered


@pytest.mark.parametrize(
    ("extent", "window", "stride", "verdict"),
    [(3, 2, 1, "shape"), (4, 2, 2, ""), (2, 3, 2, ""), (1, 3, 1, "rejects"), (2, 3, 1, "shape")],
)
def test_what_becomes_of_same_where_positions_are_told(extent: int, window: int, stride: int, verdict: str) -> None:
    case = pool("max_pool2d_with_argmax", [1.0] * extent, window, "SAME", dilation=(1, 1), stride=(1, stride))
    assert masks.ignored(case) == (verdict == "shape")
    assert masks.none_left(case) == (verdict == "rejects")


@pytest.mark.parametrize(
    ("dilation", "padding", "covered"), [(2, "SAME", True), (1, "SAME", False), (2, "VALID", False)]
)
def test_dilation_is_ignored_with_same_only(dilation: int, padding: str, covered: bool) -> None:
    filters = Tensor((1, 2, 1, 1), "float32", Fill("literal", values=(1.0, 2.0)))
    how = {"stride": (1, 1), "padding": padding, "dilation": (1, dilation), "groups": 1, "layout": "NHWC"}
    case = Case("conv2d", (row([1.0, 2.0, 4.0]), filters), how)
    assert any(undilated(verdict)(case) for verdict in ("structural", "numeric")) == covered


@pytest.mark.parametrize(
    ("indices", "updates", "shape", "foretold"),
    [
        ((0, 3, 3), (0, 3), (3, 2, 31), "refused"),
        ((0, 1), (0,), (16,), "refused"),
        ((0, 3, 1), (0, 3), (1,), "misshapen"),
        ((0, 1, 3, 1), (0, 1, 3, 3, 2, 3), (1, 3, 2, 3), "misshapen"),
        ((2, 1), (2,), (16,), ""),
    ],
)
def test_scatters_without_indices_broadcast_their_updates(indices, updates, shape, foretold):
    tensors = (Tensor(indices, "int64", Fill("zeros")), Tensor(updates, "float32", Fill("ones")))
    case = Case("scatter_nd", tensors, {"shape": shape})
    said = {"refused": known_scatters.refused(case), "misshapen": known_scatters.misshapen(case)}
    assert [name for name, holds in said.items() if holds] == ([foretold] if foretold else [])


@pytest.mark.parametrize(
    ("a", "b", "refused"),
    [
        ((2, 0, 2), (2, 2, 2), True),
        ((1, 0, 2), (2, 2, 2), True),
        ((5, 0, 5), (1, 5, 5, 31), True),
        ((2, 2, 0, 3), (2, 3, 4), True),
        ((0, 3), (2, 3, 4), True),
        ((2, 1, 0, 3), (1, 2, 3, 4), False),
        ((2, 0, 3), (3, 4), False),
        ((2, 5, 3), (2, 3, 4), False),
    ],
)
def test_compiled_products_without_elements_are_refused_unless_both_operands_are_repeated(a, b, refused):
    (entry,) = (entry for entry in KNOWN if entry.id == "paddle-matmul_vjp-gradient-nothing")
    several = np.broadcast_shapes(a[:-2], b[:-2])
    shapes = (a, b, (*several, a[-2], b[-1]))
    assert entry.covers(Case("matmul_vjp", tuple(Tensor(s, "float32", Fill("ones")) for s in shapes), {})) is refused
    assert entry.flaky == ""
