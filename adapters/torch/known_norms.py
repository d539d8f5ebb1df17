"""What torch does differently in normalisations. Does not import torch."""

from __future__ import annotations

import math

from opassay.adapters.cuda import ON_CPU
from opassay.adapters.kernels.norms import far_from_zero, one_pass
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill
from opassay.harness.model.memory import Memory


def _channels_last(case: Case) -> bool:
    """Whether the cotangent of a single sample is channels last."""
    return case.tensors[0].shape[0] == 1 and case.cotangents[0].memory.kind == "channels_last"


def _backward() -> Case:
    x = Tensor((1, 2, 2, 2), "float32", Fill("ints", 3))
    weights = [Tensor((2, 1, 1), "float32")] * 2
    last = Tensor((1, 2, 2, 2), "float32", Fill("ints", 7), Memory("channels_last"))
    return Case("instance_norm", (x, *weights), {"eps": 1e-5}, "gradient", cotangents=(last,))


def _groups_last(case: Case) -> bool:
    """Whether channels are last, and one pass over them loses precision."""
    return case.tensors[0].memory.kind == "channels_last" and far_from_zero(case)


def _strided_parameters(case: Case) -> bool:
    """One value per channel and sample, and a parameter whose elements are not contiguous.

    Of 72 gradients with one strided parameter (ranks 2 to 5, float32 and bfloat16, training or not) these were wrong,
    and no others. Reversed parameters are copied.
    """
    x, mean, variance, weight = case.tensors[:4]
    read = (weight,) if case.attributes["training"] else (weight, mean, variance)
    apart = any(p.memory.kind in ("sliced", "broadcast") and p.size > 1 for p in read)
    return apart and math.prod(x.shape[2:]) == 1 and x.dtype in ("float32", "float64")


def _strided() -> Case:
    x = Tensor((3, 2), "float32", Fill("ints", 3))
    parameters = [Tensor((2,), "float32", Fill("literal", values=values)) for values in ((0, 0), (1, 1))]
    weight = Tensor((2,), "float32", Fill("literal", values=(2, 3)), Memory("sliced", step=3))
    tensors = (x, *parameters, weight, parameters[0])
    cotangent = Tensor((3, 2), "float32", Fill("ints", 7))
    return Case("batch_norm", tensors, {"eps": 1e-5, "training": True}, "gradient", cotangents=(cotangent,))


NORMS = (
    one_pass(
        "torch",
        ("group_norm",),
        "where channels lie last, the variance of group_norm is E[x²] - E[x]²",
        when=_groups_last,
        versions="torch 2.13.0, CPU",
    ),
    Fact(
        "torch-batch_norm-strided",
        "upstream",
        "the gradient for one value per channel reads weight, mean and variance as if their elements lay side by side",
        ops=("batch_norm",),
        aspects=("gradient",),
        verdicts=("numeric", "structural", "special"),
        when=_strided_parameters,
        modes=("eager",),
        versions="torch 2.13.0, CPU",
        needs=ON_CPU,
        pins=(_strided(),),
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
