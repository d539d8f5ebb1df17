"""What torch does differently in normalisations. Free of torch."""

from __future__ import annotations

from opassay.adapters.kernels.norms import far_from_zero, one_pass
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill
from opassay.harness.model.memory import Memory


def _channels_last(case: Case) -> bool:
    """Whether a sample alone has a cotangent whose channels lie last."""
    return case.tensors[0].shape[0] == 1 and case.cotangents[0].memory.kind == "channels_last"


def _backward() -> Case:
    x = Tensor((1, 2, 2, 2), "float32", Fill("ints", 3))
    weights = [Tensor((2, 1, 1), "float32")] * 2
    last = Tensor((1, 2, 2, 2), "float32", Fill("ints", 7), Memory("channels_last"))
    return Case("instance_norm", (x, *weights), {"eps": 1e-5}, "gradient", cotangents=(last,))


def _groups_last(case: Case) -> bool:
    """Whether channels lie last, and one pass over them loses digits."""
    return case.tensors[0].memory.kind == "channels_last" and far_from_zero(case)


NORMS = (
    one_pass(
        "torch",
        ("group_norm",),
        "where channels lie last, the variance of group_norm is E[x²] - E[x]²",
        when=_groups_last,
        versions="torch 2.13.0, CPU",
    ),
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
)
