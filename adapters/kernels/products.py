"""Where TensorFlow's batched products with one matrix read out of bounds. Imports no framework."""

from __future__ import annotations

import math

from opassay.harness.model.case import Case

URL = "https://github.com/tensorflow/tensorflow/issues/123109"
TITLE = "Heap corruption (SIGABRT/SIGSEGV) in eager tf.matmul with rank-4 lhs and broadcast rhs on CPU (oneDNN)"
CHANCE = "what lies behind the operands in memory"
"""What decides whether a product of ``one_matrix_for_a_batch`` goes wrong, and how."""

NEEDS = ("instructions=avx512f",)
"""On a processor with AVX2 only, no failure was observed, whatever TensorFlow leaves to oneDNN."""


def one_matrix_for_a_batch(case: Case) -> bool:
    """Batches [n, 1] of matrices, all times one matrix.

    The memory read differs from run to run: garbage, NaN or a crash, or by chance the correct answer. It occurs in
    float32 only, which the caller must check.
    """
    a, b = case.tensors[:2]
    batch = a.shape[:-2]
    return len(batch) == 2 and batch[0] > 1 and batch[1] == 1 and math.prod(b.shape[:-2]) == 1


def einsum_by_one_matrix(case: Case) -> bool:
    """An ellipsis, which TensorFlow multiplies as a batch of rows by one matrix, in 16-bit dtypes.

    Rows after the first are multiplied by the memory behind the matrix. With TensorFlow 2.21 on a processor with AMX
    and AVX512-FP16 all were wrong in float16; in bfloat16 those whose extents are odd.
    """
    return case.tensors[0].dtype in ("float16", "bfloat16") and "..." in case.attributes["equation"]
