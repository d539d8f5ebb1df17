"""Cases as functions: what a mode calls, or compiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from opassay.harness.model.adapter import Adapter, as_tuple
from opassay.harness.model.case import Case

Function = Callable[..., tuple[Any, ...]]


class Programs(Protocol):
    """What the module of composed ops offers."""

    PROGRAMS: Mapping[str, Any]

    def available(self, ops: Sequence[str]) -> tuple[str, ...]: ...

    def run(self, adapter: Adapter, attributes: Mapping[str, Any], inputs: Sequence[Any]) -> tuple[Any, ...]: ...

    def unsupported(
        self, adapter: Adapter, mode: str, dtypes: Sequence[str], attributes: Mapping[str, Any], gradient: bool
    ) -> str | None: ...


class Functions:
    """The functions of cases on one adapter, which call its ops and its ``vjp``."""

    def __init__(self, adapter: Adapter, programs: Programs) -> None:
        self._adapter, self._programs = adapter, programs

    def of(self, case: Case) -> Function:
        """From the values of ``case.all_tensors`` to a tuple of answers."""
        forward = self._forward(case)
        if case.aspect != "gradient":
            return forward
        count, given = len(case.tensors), [t is not None for t in case.cotangents]
        program = case.op in self._programs.PROGRAMS

        def gradient(*arrays: Any) -> tuple[Any, ...]:
            inputs, rest = arrays[:count], iter(arrays[count:])
            cotangents = [next(rest) if there else None for there in given]
            if not program:
                return self._adapter.vjp(forward, inputs, cotangents)
            # A program is judged stage by stage, for which its own intermediate values are needed.
            values, gradients = self._adapter.value_and_vjp(forward, inputs, cotangents)
            return (*values, *gradients)

        return gradient

    def _forward(self, case: Case) -> Callable[..., tuple[Any, ...]]:
        if case.op in self._programs.PROGRAMS:
            return lambda *inputs: self._programs.run(self._adapter, case.attributes, inputs)
        op, attributes = getattr(self._adapter, case.op), dict(case.attributes)
        return lambda *inputs: as_tuple(op(*inputs, **attributes))

    def together(self, cases: Sequence[Case]) -> Function:
        """From the values of all tensors of all ``cases``, in order, to the answers of each."""
        functions = [self.of(case) for case in cases]
        counts = [len(case.all_tensors) for case in cases]

        def batch(*inputs: Any) -> tuple[Any, ...]:
            results, start = [], 0
            for function, count in zip(functions, counts, strict=True):
                results.append(function(*inputs[start : start + count]))
                start += count
            return tuple(results)

        return batch
