"""What lies in memory in another order of axes, and what does not."""

import numpy as np
import pytest

from opassay.adapters.strides import aligned, permuted
from opassay.harness.model.dtypes import BFLOAT16

PLAIN = np.arange(24, dtype=np.float32).reshape(2, 3, 4)


@pytest.mark.parametrize("array", [PLAIN.T, PLAIN.transpose(0, 2, 1), PLAIN.reshape(2, 1, 3, 4).transpose(3, 1, 0, 2)])
def test_a_transposition_is_permuted(array):
    assert permuted(array)


@pytest.mark.parametrize(
    "array",
    [
        PLAIN,
        PLAIN[:, ::2],
        PLAIN[::-1],
        PLAIN[..., :2].transpose(0, 2, 1),
        np.broadcast_to(PLAIN[:1], (2, 3, 4)),
        PLAIN[:0].T,
        PLAIN.astype(np.uint16).view(BFLOAT16).T,
        np.float32(1).reshape(()),
    ],
)
def test_gaps_repetitions_and_what_dlpack_lacks_are_not(array):
    assert not permuted(array)


@pytest.mark.parametrize("array", [PLAIN.T, PLAIN.astype(np.float64).transpose(0, 2, 1)])
def test_an_aligned_copy_keeps_values_and_strides(array):
    for _ in range(5):
        copy = aligned(array, 64)
        assert copy.strides == array.strides
        assert copy.__array_interface__["data"][0] % 64 == 0
        assert not np.shares_memory(copy, array)
        np.testing.assert_array_equal(copy, array)
