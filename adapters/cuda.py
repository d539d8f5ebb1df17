"""Rounding on NVIDIA's GPUs, the same for all frameworks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.numeric_model import NumericModel, NumericRule

ON_CPU = ("device=cpu",)
ON_CUDA = ("device=cuda",)
"""The ``needs`` of a known difference about CUDA's or the CPU's kernels: a setting of every target."""

CONVOLUTIONS = ("conv2d", "conv2d_transpose")
PRODUCTS = ("matmul",)

GPU_SHARE = 1 / 8
"""Share of a GPU's memory per worker: targets share a GPU, and an invalid case may allocate all of it."""

TF32_SINCE = 8.0
"""The compute capability of the first GPUs with TensorFloat-32, those of the Ampere generation.

Source: https://www.tensorflow.org/api_docs/python/tf/config/experimental/enable_tensor_float_32_execution
"""


def tf32_rules(convolutions: bool, products: bool) -> Sequence[NumericRule]:
    """Rules for float32 operands that may be rounded to TF32 on their way into convolutions or matrix products.

    Tensor cores truncate partial sums instead of rounding them (Fasi et al., "Numerical behavior of NVIDIA tensor
    cores", 2021, https://doi.org/10.7717/peerj-cs.330). The bound has room for it: it allows operands to be truncated
    to TF32, an error twice as large as that of the actual rounding.
    """
    ops = (*(CONVOLUTIONS if convolutions else ()), *(PRODUCTS if products else ()))
    return tuple(NumericRule(NumericModel("float32", inputs="tf32"), op, "", "float32") for op in ops)


def beyond_tf32(case: Case) -> bool:
    """Some finite float32 operand rounds to infinity in TF32, whose largest number is smaller than float32's."""
    edge = (2.0 - 2.0**-11) * 2.0**127
    values = (dtypes.widen(t.materialize()) for t in case.all_tensors if t.dtype == "float32")
    return any(bool(((np.abs(v) >= edge) & np.isfinite(v)).any()) for v in values)
