"""Which cases of a batch share a compiled program."""

from __future__ import annotations

from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.worker.fuse import parts


def case(size: int, fill: str = "ones", stages: int = 0, aspect: str = "value") -> Case:
    tensor = Tensor((size,), "float32", Fill(fill))
    attributes = {"stages": [{"op": "relu"}] * stages} if stages else {}
    return Case("relu", (tensor,), attributes, aspect=aspect, cotangents=(tensor,) if aspect == "gradient" else ())


def split(cases: list[Case], limit: int) -> list[list[int]]:
    return list(parts(range(len(cases)), cases, limit))


def test_each_layer_holds_every_geometry_once() -> None:
    cases = [case(1), case(1, "iota"), case(2), case(2, "iota")]
    assert split(cases, 100) == [[0, 2], [1, 3]]


def test_geometries_of_one_layer_are_no_part_of_what_serves_several() -> None:
    cases = [case(1), case(1, "iota"), case(2), case(2, "iota"), case(3)]
    assert split(cases, 100) == [[4], [0, 2], [1, 3]]


def test_more_ops_than_the_limit_are_several_programs() -> None:
    assert split([case(n) for n in range(1, 6)], 2) == [[0, 1], [2, 3], [4]]
    assert split([case(n, stages=2) for n in range(1, 4)], 4) == [[0, 1], [2]]
    assert split([case(n, aspect="gradient") for n in range(1, 4)], 6) == [[0, 1], [2]]


def test_a_geometry_is_in_the_same_program_in_every_layer() -> None:
    cases = [case(n, fill) for n in range(1, 4) for fill in ("ones", "iota")]
    assert split(cases, 2) == [[0, 2], [4], [1, 3], [5]]


def test_a_case_alone_may_have_more_than_the_limit() -> None:
    assert split([case(1, stages=9), case(2)], 4) == [[0], [1]]


def test_nothing_is_nothing() -> None:
    assert split([], 4) == []
