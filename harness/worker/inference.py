"""Runs a framework's abstract evaluation on a case that was executed, inside the worker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from opassay.harness.model.adapter import Adapter, Unsupported
from opassay.harness.model.outcome import Inference, Inferred, NotSupported, Outcome, Raised, Returned
from opassay.harness.worker.origin import Watch


def with_inference(
    executed: Returned,
    adapter: Adapter,
    mode: str,
    watch: Watch,
    fn: Callable[..., Any],
    inputs: Sequence[Any],
) -> Outcome:
    """``executed`` and what abstract evaluation of the same ``fn`` and ``inputs`` says.

    A refusal of the framework's is part of it. An exception of the adapter's is not: ``watch`` tells.
    """
    try:
        return replace(executed, inference=Inference(_checked(adapter.infer(fn, inputs, mode))))
    except Unsupported as reason:
        return NotSupported(str(reason), executed.seconds)
    except Exception as error:
        return _refused(executed, error, watch, lambda: _checked(adapter.infer(fn, inputs, mode)))


def _refused(executed: Returned, error: Exception, watch: Watch, again: Callable[[], object]) -> Outcome:
    """Asks again under watch: only then is it known which compiled function raised."""
    try:
        watch.call(again)
    except Exception as second:
        error = second
    origin = watch.origin(error)
    if origin == "framework":
        return replace(executed, inference=Inference(refusal=f"{type(error).__name__}: {error}"))
    return Raised(type(error).__name__, f"while inferring: {error}", origin, executed.seconds)


def _checked(outputs: Sequence[Inferred | None]) -> tuple[Inferred | None, ...]:
    """``outputs`` as plain numbers and names, which is all that the wire carries."""
    return tuple(None if output is None else _plain(*output) for output in outputs)


def _plain(shape: Sequence[int | None] | None, dtype: str) -> Inferred:
    if not isinstance(dtype, str):
        raise TypeError(f"infer gave {type(dtype).__name__} as the name of a dtype")
    return (None if shape is None else tuple(None if n is None else int(n) for n in shape)), dtype
