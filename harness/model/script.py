"""What a standalone script has to ask of a framework, and the framework's part of its text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from opassay.harness.model.case import Case


@dataclass(frozen=True)
class Asked:
    """One case on one target, as far as a script must know.

    ``names``: of all tensors of the case, inputs before cotangents, as Python identifiers. ``outputs``: of what
    the op returns. ``shapes`` and ``dtypes``: of every value by name, also of those that a program makes on its
    way. ``parameters``: what each op of a program calls its inputs. ``settings``: what the worker said of itself.
    """

    case: Case
    mode: str
    names: tuple[str, ...]
    outputs: tuple[str, ...]
    shapes: Mapping[str, tuple[int, ...]]
    dtypes: Mapping[str, str]
    device: str = "cpu"
    threads: int = 1
    settings: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.names[: len(self.case.tensors)]

    @property
    def cotangents(self) -> tuple[str | None, ...]:
        """One name per output of the op, None where it has no cotangent."""
        given = iter(self.names[len(self.case.tensors) :])
        return tuple(None if tensor is None else next(given) for tensor in self.case.cotangents)


@dataclass(frozen=True)
class Idiom:
    """A framework's part of a script, as Python source.

    ``environment``: variables to set before ``imports``. ``setup``: before anything is computed. ``version``: an
    expression. ``tensors``: turns each NumPy array into the framework's own, under the same name (bfloat16 comes as
    uint16 bits). ``functions``: defines ``call``, which takes all tensors and returns one answer or a tuple.
    ``answers``: defines ``to_numpy(answer)`` and ``dtype_name(answer)``; the former gives float32 for bfloat16.
    ``alive``: a statement that raises where the device no longer computes, empty for a CPU.
    """

    environment: Mapping[str, str]
    imports: str
    setup: str
    version: str
    tensors: str
    functions: str
    answers: str
    alive: str = ""
