"""What torch does differently in normalisations. Free of torch."""

from __future__ import annotations

import math

from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact


def _single(case: Case) -> bool:
    """Whether a channel, or one of a sample, has a single value, whose variance would be 0."""
    shape = case.tensors[0].shape
    batch = shape[0] if case.attributes.get("training") else 1
    asked = case.op != "batch_norm" or case.attributes["training"]
    return asked and batch * math.prod(shape[2:]) == 1


def _case(op: str, shape: tuple[int, ...], count: int, **attributes: object) -> Case:
    channels = Tensor((shape[1], *(1,) * (len(shape) - 2)), "float32")
    return Case(op, (Tensor(shape, "float32"), *[channels] * count), attributes)


NORMS = (
    Fact(
        "torch-norm-single",
        "by design",
        "torch refuses to normalise a channel of a single value, which others answer with the bias",
        ops=("batch_norm", "instance_norm"),
        aspects=("value", "gradient", "shape"),
        verdicts=("rejects",),
        when=_single,
        versions="torch 2.13.0, CPU",
        pins=(
            _case("batch_norm", (1, 2), 4, eps=1e-5, training=True),
            _case("instance_norm", (1, 2, 1), 2, eps=1e-5),
        ),
    ),
)
