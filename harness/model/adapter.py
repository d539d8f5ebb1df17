"""Adapter: one framework behind the common op interface."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from opassay.harness.model.dtypes import DTYPES
from opassay.harness.model.numeric_model import NumericRule
from opassay.harness.model.outcome import Inferred


class Unsupported(Exception):
    """The framework lacks this; raised from the attributes, before the framework is called."""


class UnknownDevice(ValueError):
    """A device that this machine or framework does not have."""


def allowed_threads() -> int:
    """How many threads the framework may compute with in this process: ``OPASSAY_THREADS``, 1 unless it is set."""
    return int(os.environ.get("OPASSAY_THREADS", "1"))


class _UnconnectedType:
    """The gradient of an input that the outputs do not depend on."""

    def __repr__(self) -> str:
        return "Unconnected"


Unconnected = _UnconnectedType()


def as_tuple(value: Any) -> tuple[Any, ...]:
    """What a function returned, as a tuple of its outputs."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


class Adapter:
    """Base of every adapter. A subclass adds one method per op, named as the op.

    An op whose method is missing is *absent*. Methods take and return the framework's own arrays and
    must not validate on the framework's behalf: invalid input goes to the framework as it is.
    The framework is imported inside the subclass's module, which only a worker imports.

    ``name``: as in ``Target``. ``modes``: the first is the default. ``fused_modes``: those in which
    the engine may compile a batch of cases as one function, and ``fused_ops`` how many ops it then has at
    the most (a gradient counts thrice), for compilers whose time grows faster than what they compile.
    ``frameworks``: names of the modules whose functions may refuse input, such as ``("jax", "jaxlib")``; without any,
    the one whose file ``origin`` gives. What Python, NumPy or another library raises while the adapter calls it is a
    ``fault``, unless it is named here. Where the kernel stands in the adapter's own file, that is the module to name.
    ``first_order_modes``: those in which the framework cannot differentiate a gradient again. ``costly_modes``, a
    literal tuple: those whose compiling takes seconds, so that of invalid input, which is compiled case by case, they
    are asked one case per rule. ``dtypes``: those that the framework has, ``lacking``: by op, or by mode and op as in
    ``eager:abs``, those of them for which it has no kernel, with spaces between, and words that it does not know as
    attributes; of these it is asked nothing. ``threads_when_made``: whether it limits its threads to
    ``OPASSAY_THREADS`` when it is made, not when its module is imported: workers with one thread and with several then
    come of one import.
    """

    name: ClassVar[str]
    modes: ClassVar[tuple[str, ...]]
    frameworks: ClassVar[tuple[str, ...]] = ()
    fused_modes: ClassVar[frozenset[str]] = frozenset()
    fused_ops: ClassVar[int] = 10_000
    first_order_modes: ClassVar[frozenset[str]] = frozenset()
    costly_modes: ClassVar[tuple[str, ...]] = ()
    dtypes: ClassVar[tuple[str, ...]] = DTYPES
    lacking: ClassVar[Mapping[str, str]] = {}
    threads_when_made: ClassVar[bool] = False

    def __init__(self, device: str = "cpu") -> None:
        """Raises ``UnknownDevice`` naming ``devices()`` when ``device`` is not one of them."""
        self.device = device
        if device not in self.devices():
            raise UnknownDevice(f"{self.name} has no device {device!r}; it has: {', '.join(self.devices())}")

    def devices(self) -> Sequence[str]:
        """Devices of this machine by the names used in targets; ``cpu`` first."""
        raise NotImplementedError

    def version(self) -> str:
        """The framework's released version, as it says itself."""
        raise NotImplementedError

    def origin(self) -> str:
        """The file the framework was imported from: proof of which installation answers."""
        raise NotImplementedError

    def settings(self) -> Mapping[str, str]:
        """Switches that change arithmetic, and thread counts; printed in the report.

        ``withheld``, how the names of instruction sets begin that the framework is told not to use, with commas
        between, leaves the others in the setting ``instructions``.
        """
        return {}

    def numeric_rules(self) -> Sequence[NumericRule]:
        """How this framework accumulates, most specific first; none means partial sums in the output's format."""
        return ()

    def executor(self) -> str:
        """What computes (``oneDNN``, ``XLA:CPU``), as far as the framework tells."""
        return ""

    def location(self, value: Any) -> str:
        """The device on which a framework array lies, as ``devices()`` names it; elsewhere than asked is a fallback."""
        return self.device

    def fallback(self) -> str:
        """Why the last answers were not computed by what the mode promises (a graph was broken up), or nothing."""
        return ""

    def healthy(self) -> bool:
        """Whether the device still computes, asked after an exception: a CUDA error may corrupt the whole process."""
        return True

    def lacks(self, op: str, mode: str, dtypes: Sequence[str], attributes: Mapping[str, Any]) -> str | None:
        """Why this combination is not asked, or None: a missing dtype or kernel, or another limit."""
        words = [value for value in attributes.values() if isinstance(value, str)]
        named = [word for word in words if word in DTYPES]
        missing = next((dtype for dtype in (*dtypes, *named) if dtype not in self.dtypes), None)
        if missing is not None:
            return f"{self.name} has no dtype {missing}"
        without = self.without(op, mode)
        # A kernel is chosen by the dtype of its data, which come last: a condition is always bool.
        kernel = next((word for word in (*dtypes[-1:], *words) if word in without), None)
        if kernel is not None:
            return f"{self.name} has no kernel of {op} for {kernel}"
        return self.unsupported(op, mode, dtypes, attributes)

    def without(self, op: str, mode: str) -> list[str]:
        """Dtypes, and words of attributes, that ``op`` has no kernel for."""
        return f"{self.lacking.get(op, '')} {self.lacking.get(f'{mode}:{op}', '')}".split()

    def unsupported(self, op: str, mode: str, dtypes: Sequence[str], attributes: Mapping[str, Any]) -> str | None:
        """Why the framework lacks this combination, or None. Asked before the framework is called."""
        return None

    def to_native(self, array: np.ndarray) -> Any:
        """A framework array of the same shape, dtype and values, on ``self.device``.

        Keeps the memory layout where the framework can. ``dtypes.BFLOAT16`` arrays hold bfloat16 bits.
        """
        raise NotImplementedError

    def alias(self, array: np.ndarray) -> Any:
        """A framework array in the very memory of ``array``, None where the framework has its own.

        Asked only of a CPU, by ``opassay check``, which looks at the bytes around an array afterwards.
        """
        return None

    def damage(self) -> str:
        """What the last call wrote outside its arrays, in words. Only ``opassay check`` looks for it."""
        return ""

    def arguments(self, arrays: Sequence[np.ndarray], mode: str) -> Sequence[Any]:
        """What a function compiled for ``mode`` is given for ``arrays``, which nobody else holds.

        Override it where ``compile`` gives a function that takes something else at less cost than framework arrays.
        """
        return [self.to_native(array) for array in arrays]

    def to_numpy(self, value: Any) -> np.ndarray:
        """The values of a framework array; bfloat16 as ``dtypes.BFLOAT16``. Waits until it is computed."""
        raise NotImplementedError

    def compile(self, fn: Callable[..., Any], mode: str) -> Callable[..., Any]:
        """``fn`` in ``mode``. ``fn`` takes framework arrays and returns a (nested) tuple of them."""
        raise NotImplementedError

    def vjp(self, fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]) -> tuple[Any, ...]:
        """The vector-Jacobian product of ``fn`` at ``inputs``, one entry per input.

        ``fn`` returns as many outputs as there are ``cotangents``; None as a cotangent leaves that output
        out. An entry is ``Unconnected`` where no output depends on the input or it is an integer.
        """
        raise NotImplementedError

    def value_and_vjp(
        self, fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]
    ) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """What ``fn`` returned while it was differentiated, as a tuple, and the vector-Jacobian product.

        Here ``fn`` runs once more for its values. Override it where those may differ from what ``vjp`` computes
        within: gradients of programs are judged by these values.
        """
        gradients = self.vjp(fn, inputs, cotangents)
        return as_tuple(fn(*inputs)), gradients

    def infer(self, fn: Callable[..., Any], inputs: Sequence[Any], mode: str) -> Sequence[Inferred | None]:
        """Shape and dtype of what ``fn`` would return in ``mode``, by the framework's abstract evaluation.

        ``inputs`` are the framework's own arrays, of which only shapes, dtypes and strides may be used: nothing is
        computed. One entry per output: None for ``Unconnected``, and None within a shape, or for all of it, where the
        framework itself leaves that unknown. Raises what the framework raises.
        """
        raise Unsupported(f"{self.name} has no abstract evaluation")

    @classmethod
    def ops(cls) -> tuple[str, ...]:
        """Names of the ops this adapter has."""
        infrastructure = set(dir(Adapter))
        return tuple(
            sorted(
                n for n in dir(cls) if not n.startswith("_") and n not in infrastructure and callable(getattr(cls, n))
            )
        )
