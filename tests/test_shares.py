"""A share is of the size that its mark says, the same in every run, and never empty."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from shares import left_out, wants_all

OPS = [f"op{number}" for number in range(300)]


def item(op, n, function="test_it", file="test_a.py", whole=False):
    mark = pytest.mark.share(n).mark if n else None
    return SimpleNamespace(
        path=Path(file),
        parent=None,
        originalname=function,
        callspec=SimpleNamespace(id=op),
        get_closest_marker={"share": mark, "whole": whole}.get,
    )


def out(ops, n, **more):
    items = [item(op, n, **more) for op in ops]
    return {one.callspec.id for one in left_out(items)}


@pytest.mark.parametrize("n", [2, 3, 4])
def test_one_in_n_is_asked_and_what_is_added_changes_nothing_of_that(n):
    rest = out(OPS, n)
    assert abs(len(OPS) - len(rest) - len(OPS) / n) < 0.1 * len(OPS)
    assert out(OPS[::2], n) == rest & set(OPS[::2])


def test_functions_of_a_file_ask_the_same_and_of_another_file_others():
    assert out(OPS, 3, function="test_other") == out(OPS, 3)
    assert len({frozenset(out(OPS, 3, file=f"test_{name}.py")) for name in "abcdefgh"}) == 3


def test_a_function_has_one_of_its_parameters_at_least_and_all_without_the_mark():
    assert all(out([op], 3) == set() for op in OPS)
    assert out(OPS, 0) == set()


def test_what_is_whole_is_left_out_as_one():
    assert out(OPS[:9], 3, whole=True) == set(OPS[:9])


@pytest.mark.parametrize(
    ("chosen", "words", "everything"),
    [
        ({}, ["tests"], False),
        ({"whole": True}, [], True),
        ({"keyword": "softmax"}, [], True),
        ({"markexpr": "slow"}, [], True),
        ({}, ["tests/test_a.py::test_it"], True),
    ],
)
def test_who_names_tests_gets_all_of_them(chosen, words, everything):
    option = SimpleNamespace(**{"whole": False, "keyword": "", "markexpr": "", **chosen})
    assert wants_all(option, words) == everything
