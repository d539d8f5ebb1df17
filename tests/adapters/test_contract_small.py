"""Which ops the contract suite asks in any shape."""

from __future__ import annotations

from collections.abc import Sequence

from opassay.harness.contract.small import Calls
from opassay.harness.model.adapter import Adapter


class Some(Adapter):
    def devices(self) -> Sequence[str]:
        return ("cpu",)

    def relu(self, x: object) -> object:
        return x

    nonzero = unique = exp = relu


def test_ops_keep_the_shape_that_they_are_asked_in_unless_values_say_how_many_answers_there_are() -> None:
    asked = Calls(Some()).any_shape
    assert asked == ["exp", "relu"]
