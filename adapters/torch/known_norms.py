"""What torch does differently in normalisations. Free of torch."""

from __future__ import annotations

import math

from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill
from opassay.harness.model.memory import Memory


def _single(case: Case) -> bool:
    """Whether a channel, or one of a sample, has a single value, whose variance would be 0."""
    shape = case.tensors[0].shape
    batch = shape[0] if case.attributes.get("training") else 1
    asked = case.op != "batch_norm" or case.attributes["training"]
    return asked and batch * math.prod(shape[2:]) == 1


def _case(op: str, shape: tuple[int, ...], count: int, **attributes: object) -> Case:
    channels = Tensor((shape[1], *(1,) * (len(shape) - 2)), "float32")
    return Case(op, (Tensor(shape, "float32"), *[channels] * count), attributes)


def _channels_last(case: Case) -> bool:
    """Whether a sample alone has a cotangent whose channels lie last."""
    return case.tensors[0].shape[0] == 1 and case.cotangents[0].memory.kind == "channels_last"


def _backward() -> Case:
    x = Tensor((1, 2, 2, 2), "float32", Fill("ints", 3))
    weights = [Tensor((2, 1, 1), "float32")] * 2
    last = Tensor((1, 2, 2, 2), "float32", Fill("ints", 7), Memory("channels_last"))
    return Case("instance_norm", (x, *weights), {"eps": 1e-5}, "gradient", cotangents=(last,))


NORMS = (
    Fact(
        "torch-instance_norm-channels_last",
        "upstream",
        "the gradient of a batch of one reads a cotangent whose channels lie last as if they lay first",
        ops=("instance_norm",),
        aspects=("gradient",),
        verdicts=("numeric", "structural", "special"),
        when=_channels_last,
        versions="torch 2.13.0, CPU",
        pins=(_backward(),),
    ),
    Fact(
        "torch-instance_norm-nothing",
        "upstream",
        "instance_norm asks for the first image of none",
        ops=("instance_norm",),
        aspects=("value", "gradient"),
        verdicts=("rejects",),
        when=lambda case: case.tensors[0].shape[0] == 0,
        versions="torch 2.13.0, CPU",
    ),
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
