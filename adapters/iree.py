"""IREE's flags, its answers, and what its compiler says of a model that it refuses. Does not import IREE."""

from __future__ import annotations

import re
import signal
from typing import Any

import numpy as np

NAME = "iree-base-compiler"
FLAGS = ("--iree-llvmcpu-target-cpu=host", "--iree-input-demote-f64-to-f32=false")
"""For the CPU of this machine. By default it narrows float64, also the module's inputs."""

_CODE = re.compile(r"Error code: (-?\d+)")
_PLACE = re.compile(r"^.*?:\d+(?::\d+)?: error: ")
_PRINTED = re.compile(r":\s+(?:%\S+ = )?\"?\w+\.\w+\"?\(.*$")
"""The operation itself, which MLIR prints behind its message."""

_DIAGNOSTICS = re.compile(r"Diagnostics:\s*(.*?)\s*(?:Invoked with:|$)", re.DOTALL)


def refusal(message: str) -> str:
    """The message of a ``CompilerToolError`` in short: the signal that ended the compiler, else its first error.

    Without warnings, without what follows from that error, and without its place in JAX's and opassay's source: two ops
    with one error have one message.
    """
    found, told = _CODE.search(message), _DIAGNOSTICS.search(message)
    code = int(found[1]) if found else 0
    if code < 0:
        return f"iree-compile was ended by {_name(-code)}"
    lines = (told[1] if told else message).splitlines()
    error = next((line for line in lines if "error:" in line), "")
    return _PRINTED.sub("", _PLACE.sub("", error)) or "\n".join(lines) or f"iree-compile ended with status {code}"


def hosts(answer: Any) -> list[np.ndarray]:
    """The arrays of one or several buffers of IREE's, copied: it frees their memory together with the buffers."""
    several = answer if isinstance(answer, (list, tuple)) else [answer]
    return [np.array(buffer.to_host()) for buffer in several]


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
