"""Recipes read in bulk and values drawn by a shared generator are those of recipes and generators of their own."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from opassay.harness.model import fill_values
from opassay.harness.model.case import Case, Tensor, load_cases
from opassay.harness.model.fills import Fill

X = Tensor((2, 3), "float32", Fill("ints", 7))
CASES = (
    Case("matmul", (X, Tensor((3, 4), "float32", Fill("normal", 1 << 70)))),
    Case("matmul", (X, Tensor((3, 4), "float32", Fill("literal", values=(1.5, -0.0, float("nan")) * 4)))),
    Case("matmul", (X, Tensor((3, 5), "float32"))),
    Case("avg_pool2d", (X,), {"window": (1, 2), "padding": "SAME"}, aspect="gradient", cotangents=(None, X)),
    Case("relu", (), {"stages": ({"op": "add", "size": [1, (2,)]},)}, aspect="error", rule="Rank"),
)


def test_cases_read_together_are_those_read_alone() -> None:
    texts = [case.dumps() for case in CASES]
    together, alone = load_cases(texts), [Case.loads(text) for text in texts]
    assert together == alone == list(CASES)
    assert [c.dumps() for c in together] == texts
    assert [c.geometry_key for c in together] == [c.geometry_key for c in alone]


def test_only_cases_that_differ_in_values_alone_share_a_geometry() -> None:
    keys = [case.geometry_key for case in load_cases([case.dumps() for case in CASES])]
    assert keys[0] == keys[1]
    assert len(set(keys)) == len(CASES) - 1


@pytest.mark.parametrize("case", CASES)
def test_the_text_of_a_case_is_its_canonical_json(case: Case) -> None:
    assert case.dumps() == json.dumps(case.to_json(), sort_keys=True, separators=(",", ":"), allow_nan=False)


def test_a_case_with_other_tensors_has_another_identity() -> None:
    case = CASES[0]
    known = case.id, case.dumps(), case.geometry_key
    other = case.with_tensors([X, Tensor((3, 5), "float64")])
    assert other == replace(case, tensors=(X, Tensor((3, 5), "float64")))
    assert all(new != old for new, old in zip((other.id, other.dumps(), other.geometry_key), known, strict=True))


def test_attributes_that_json_cannot_hold_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="JSON"):
        Case("relu", (X,), {"scale": float("nan")})


def test_values_do_not_depend_on_what_was_drawn_before_or_in_which_thread() -> None:
    keys = [0, 1, 2**62 + 5, 2**64 - 1, 2**64, 2**127 + 2**63, 2**128 + 9] * 40

    def drawn(number: int) -> bool:
        got = fill_values.values(Fill("wide", keys[number]), "int64", (1 + number % 7,))
        fresh = np.random.Philox(key=keys[number] & (2**128 - 1)).random_raw(1 + number % 7)
        return bool((got == fresh.view(np.int64)).all())

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(drawn, range(len(keys))))


def test_truth_values_of_a_condition_are_read_as_they_are_written():
    case = Case("logical_not", (Tensor((2,), "bool", Fill("literal", values=(True, False))),), {})
    read = Case.loads(case.dumps())
    assert read == case
    assert read.id == case.id
    assert read.inputs()[0].tolist() == [True, False]
