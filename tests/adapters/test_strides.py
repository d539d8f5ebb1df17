"""What lies in memory in another order of axes, and what does not."""

import numpy as np
import pytest

from adapters.strides import permuted
from harness.model.dtypes import BFLOAT16

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
