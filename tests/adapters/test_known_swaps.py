"""Which second derivatives of transposed convolutions XLA is predicted to abort on: as tried out with JAX 0.10.2."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from opassay.adapters.geometry import output_extent
from opassay.adapters.jax.known_swaps import swapped_groups
from opassay.harness.find.registry import Registry
from opassay.harness.model.case import Case

(PIN,) = (k.pins[0] for k in Registry().known("jax") if k.id == "jax-swapped-groups")


def second_derivative(n: tuple[int, int], k: tuple[int, int], s: tuple[int, int], pads: Any) -> Case:
    """One channel each way; ``n`` are the extents that the transposed convolution makes."""
    made = [output_extent(a + sum(p), b, c, 1) for a, b, c, p in zip(n, k, s, pads, strict=True)]
    stage = PIN.attributes["stages"][0]
    how = {**stage["attributes"], "output_shape": (1, *n, 1), "stride": s, "padding": pads}
    x, w, dy = PIN.tensors
    return replace(
        PIN,
        tensors=(
            replace(x, shape=(1, *made, 1)),
            replace(w, shape=(*k, 1, 1)),
            replace(dy, shape=(1, *n, 1)),
        ),
        attributes={**PIN.attributes, "stages": [{**stage, "attributes": how}]},
    )


def test_the_pin_is_covered() -> None:
    assert swapped_groups(PIN)


@pytest.mark.parametrize(
    ("n", "k", "s", "pads", "aborts"),
    [
        ((1, 4), (2, 2), (3, 2), ((1, 1), (1, 1)), True),
        ((1, 6), (2, 2), (3, 2), ((1, 1), (1, 1)), True),
        ((3, 4), (3, 2), (2, 2), ((1, 1), (1, 1)), True),
        ((4, 4), (3, 2), (1, 2), ((0, 0), (1, 1)), True),
        # The axis of groups has the filter's extent.
        ((1, 2), (2, 2), (3, 2), ((1, 1), (1, 1)), False),
        # It is padded, or something is left over.
        ((1, 4), (2, 2), (3, 2), ((1, 1), (0, 0)), False),
        ((1, 5), (2, 2), (3, 2), ((1, 1), (1, 1)), False),
        # Nothing is gained by a swap: the image is as large as the filter, or one element with zeros all around.
        ((5, 4), (3, 2), (2, 2), ((1, 1), (1, 1)), False),
        ((2, 4), (2, 2), (2, 2), ((0, 0), (1, 1)), False),
        ((3, 4), (3, 2), (3, 2), ((0, 1), (1, 1)), False),
    ],
)
def test_swaps(n: tuple[int, int], k: tuple[int, int], s: tuple[int, int], pads: Any, aborts: bool) -> None:
    assert swapped_groups(second_derivative(n, k, s, pads)) is aborts
