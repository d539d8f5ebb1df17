"""Where a variance in one pass may lose all: what is normalised together has a mean far beyond its spread."""

import pytest

from opassay.adapters.kernels.norms import far_from_zero
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill

EPS = {"eps": 1e-5}
FAR, NEAR = (1000.0, 1001.0), (-1.0, 1.0)


def case(op: str, shape: tuple[int, ...], values: tuple[float, ...], weights: tuple[int, ...], **more: object) -> Case:
    x = Tensor(shape, "float32", Fill("literal", values=values))
    return Case(op, (x, Tensor(weights, "float32"), Tensor(weights, "float32")), EPS | more)


@pytest.mark.parametrize(
    ("op", "shape", "weights", "more"),
    [
        ("layer_norm", (2, 2), (2,), {}),
        ("group_norm", (1, 4, 1), (4, 1), {"groups": 2}),
        ("instance_norm", (1, 2, 2), (2, 1), {}),
        ("batch_norm", (2, 2), (2,), {"training": True}),
    ],
)
def test_a_row_far_from_zero_is_found_among_others(op, shape, weights, more) -> None:
    rows, columns = (*NEAR, *FAR), (NEAR[0], FAR[0], NEAR[1], FAR[1])
    found = [far_from_zero(case(op, shape, values, weights, **more)) for values in (rows, columns)]
    assert found == ([False, True] if op == "batch_norm" else [True, False])


def test_given_statistics_and_no_elements_are_far_from_nothing() -> None:
    assert not far_from_zero(case("batch_norm", (2, 2), (*FAR, *FAR), (2,), training=False))
    assert not far_from_zero(Case("layer_norm", (Tensor((0, 2), "float32"), *[Tensor((2,), "float32")] * 2), EPS))
