"""What is told of a model that IREE's compiler refuses: its error, or the signal that ended it."""

from __future__ import annotations

import numpy as np
import pytest

from opassay.adapters.iree import hosts, refusal

TOLD = """Error invoking IREE compiler tool iree-compile
Error code: {code}
Diagnostics:
{said}

Invoked with:
 iree-compile /somewhere/iree-compile - --iree-input-type=stablehlo

Need more information? Set IREE_SAVE_TEMPS=/some/dir in your environment to save all artifacts and reproducers.
"""

LEGAL = (
    "a.py:cross_entropy:3:12: error: failed to legalize operation 'stablehlo.compare' that was explicitly marked "
    'illegal: %126 = "stablehlo.compare"(%124, %5) <{compare_type = 1}> : (tensor<5xi32>) -> tensor<5xi1>\n'
    "    return jnp.where(\n           ^\n"
    "b.py:65:19: note: called from"
)


@pytest.mark.parametrize(
    ("code", "said", "told"),
    [
        (
            1,
            "iree-lld: error: undefined symbol: tanh\n>>> referenced by -:75\niree-lld: error: undefined symbol: tanh",
            "iree-lld: error: undefined symbol: tanh",
        ),
        (
            1,
            "a.py:17:15: warning: reads uninitialized values\na.py:3:1: error: no such op",
            "no such op",
        ),
        (1, LEGAL, "failed to legalize operation 'stablehlo.compare' that was explicitly marked illegal"),
        (1, "<unknown>:0: error: LLVM Translation failed", "LLVM Translation failed"),
        (1, "it says nothing of errors", None),
        (2, "", "iree-compile ended with status 2"),
        (-8, "a.py:17:15: warning: reads uninitialized values", "iree-compile was ended by SIGFPE"),
        (-11, "", "iree-compile was ended by SIGSEGV"),
        (-99, "", "iree-compile was ended by signal 99"),
    ],
)
def test_of_a_refusal_the_cause_comes_first(code: int, said: str, told: str | None) -> None:
    assert refusal(TOLD.format(code=code, said=said)) == (said if told is None else told)


def test_another_message_is_kept() -> None:
    assert refusal("no compiler was found") == "no compiler was found"


class Buffer:
    """A buffer that writes over its memory when it is gone."""

    def __init__(self, values: list[float]) -> None:
        self.memory = np.array(values)

    def to_host(self) -> np.ndarray:
        return self.memory

    def __del__(self) -> None:
        self.memory[...] = 99


def test_answers_outlive_the_buffers_that_they_come_from() -> None:
    assert [answer.tolist() for answer in hosts([Buffer([1.0]), Buffer([2.0, 3.0])])] == [[1.0], [2.0, 3.0]]
    assert [answer.tolist() for answer in hosts(Buffer([4.0]))] == [[4.0]]
