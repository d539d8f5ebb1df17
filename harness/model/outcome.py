"""Outcome: the result of one case on one target, before it is judged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Inferred = tuple[tuple[int | None, ...] | None, str]
"""What abstract evaluation says of one output: its shape and dtype. None stands for what it leaves unknown."""


@dataclass(frozen=True)
class Inference:
    """What became of the abstract evaluation of a case: one entry per output (None for ``Unconnected``), or why not.

    ``refusal``: the exception's type and message, where abstract evaluation refused the input.
    """

    outputs: tuple[Inferred | None, ...] = ()
    refusal: str = ""


@dataclass(frozen=True, eq=False)
class Returned:
    """The call returned. ``arrays`` holds the outputs in order; ``executor`` who computed them.

    bfloat16 arrays have ``dtypes.BFLOAT16``. An input that a gradient does not depend on gives None. ``fallback``
    says, if it is not empty, that somebody else computed than the target names.
    ``unsteady`` says what was different when the same call was made again in the same process, ``changed`` what the
    call did to its inputs.
    ``inference``: for the aspect ``shape``, what was inferred without executing anything.
    """

    arrays: tuple[np.ndarray | None, ...]
    executor: str = ""
    seconds: float = 0.0
    fallback: str = ""
    inference: Inference | None = None
    unsteady: str = ""
    changed: str = ""


@dataclass(frozen=True)
class TooLarge:
    """The call returned more than ``limit`` bytes, which a worker may not send; ``described`` says what it was."""

    described: str
    limit: int
    seconds: float = 0.0


@dataclass(frozen=True)
class Raised:
    """The call raised. ``origin`` says whose code did: ``framework``, ``adapter`` or ``harness``.

    ``fallback`` says, if it is not empty, that somebody else computed than the target names.
    """

    type: str
    message: str
    origin: str = "framework"
    seconds: float = 0.0
    fallback: str = ""


@dataclass(frozen=True)
class NotSupported:
    """The adapter declared, before calling the framework, that it lacks this. Counts as no answer."""

    reason: str
    seconds: float = 0.0


GREW = "memory"
"""The ``signal`` of a worker that was ended because it grew beyond its limit."""

OUTSIDE = (GREW, "SIGKILL")
"""How a worker ends for lack of memory: other cases or processes may have used it."""

DAMAGED = ("SIGSEGV", "SIGABRT", "SIGBUS")
"""How a process ends whose memory was corrupted; an earlier case may have done that."""


@dataclass(frozen=True)
class Crashed:
    """The worker process ended. ``signal`` names how: ``SIGABRT``, ``exit 3``, ``memory``.

    ``machine``: how large the worker and how busy the machine was just before.
    """

    signal: str
    seconds: float = 0.0
    message: str = ""
    machine: str = ""


@dataclass(frozen=True)
class TimedOut:
    """No answer within the limit, in seconds."""

    limit: float
    seconds: float = 0.0
    message: str = ""


Outcome = Returned | TooLarge | Raised | NotSupported | Crashed | TimedOut
