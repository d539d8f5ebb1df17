"""Valid cases that torch refuses, by its messages. Does not import torch."""

from __future__ import annotations

from opassay.adapters.engines import aten_refusals
from opassay.adapters.kernels.refusals import refused
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.memory import Memory

_SEEN = "torch 2.13.0, CPU"


def _stored(aspect: str, memory: Memory) -> Case:
    x = Tensor((3, 3), "float32", Fill("ones"), memory)
    return Case("matmul_float8", (x, x), {"to": "float8_e5m2"}, aspect)


def _chosen(dtype: str) -> Case:
    x = Tensor((2,), dtype, Fill("ones"))
    return Case("where", (Tensor((2,), "bool", Fill("ones")), x, x), {})


REFUSALS = (
    *aten_refusals.facts("torch", _SEEN),
    refused(
        "torch-unsigned-sorted",
        "long tensors are sorted by a kernel that has no unsigned integers of more than 8 bits",
        '"parallel_sort1d_kernel" not implemented',
        ops=("unique",),
        versions=_SEEN,
    ),
    refused(
        "torch-scaled-mm-on-meta",
        "scaled_mm on the meta device asks for the extents and strides that kernels of CUDA need",
        "divisible by 16",
        "must be row_major, got stride (",
        "must be col_major, got stride (",
        owner="by design",
        ops=("matmul_float8",),
        aspects=("shape",),
        modes=("eager",),
        versions=_SEEN,
        pins=(_stored("shape", Memory()),),
    ),
    refused(
        "torch-scaled-mm-lowered",
        "Inductor's lowering of scaled_mm takes no operand that lies in memory by columns, or has a single one",
        "must be row_major, got stride [",
        "must be col_major, got stride [",
        ops=("matmul_float8",),
        aspects=("value", "shape"),
        modes=("compile",),
        versions=_SEEN,
        pins=(_stored("value", Memory("transposed")),),
    ),
    refused(
        "torch-where-lowered",
        "Inductor's lowering of where promotes the condition with the operands, which long unsigned integers refuse",
        "Promotion for uint16, uint32, uint64 types is not supported",
        ops=("where",),
        modes=("compile",),
        versions=_SEEN,
        pins=(_chosen("uint16"),),
    ),
    refused(
        "torch-sized-on-meta",
        "tensors on the meta device have no extents that depend on values",
        "attempted to run this operator with Meta tensors",
        "The register_meta function for torch.nonzero() raises unimplemented by default",
        owner="by design",
        ops=("sized_by_values",),
        aspects=("shape",),
        modes=("eager",),
        versions=_SEEN,
    ),
)
