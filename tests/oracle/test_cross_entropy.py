"""The bound of a loss's gradient holds for both ways in which kernels make it, and for little more."""

from __future__ import annotations

import numpy as np
import pytest

from opassay.harness.find.registry import Registry
from opassay.harness.judge.verdict import judge
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.op import references
from opassay.harness.model.outcome import Returned

OP = Registry().op("cross_entropy")
WAYS = {
    "the share less 1, times the cotangent": lambda share, one, g: (share - one) * g,
    "the cotangent's share, less the cotangent": lambda share, one, g: share * g - one * g,
}


def asked(key: int) -> Case:
    target = Tensor((8,), "int64", Fill("labels", key, limits=(32, 0)))
    x, dy = Tensor((8, 32), "float32", Fill("ints", key)), Tensor((8,), "float32", Fill("ints", key + 100))
    return Case("cross_entropy", (target, x), {"ignore_index": False, "reduction": False}, "gradient", cotangents=(dy,))


def verdict(case: Case, way: str, off: float = 0) -> str:
    (target, x), (g,) = case.inputs(), case.cotangent_values()
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    share, one = powers / powers.sum(axis=1, keepdims=True), np.eye(32, dtype=np.float32)[target]
    answer = WAYS[way](share, one, g[:, None]) * np.float32(1 + off)
    found = references(OP, case)
    return judge(case, Returned((None, answer)), found, [NumericModel("float32")] * len(found)).verdict


@pytest.mark.parametrize("way", WAYS)
def test_either_way_is_within_the_bound_and_four_units_in_the_last_place_more_are_not(way: str) -> None:
    cases = [asked(key) for key in range(12)]
    assert {verdict(case, way) for case in cases} == {"pass"}
    assert {verdict(case, way, 2.0**-21) for case in cases} == {"numeric"}
