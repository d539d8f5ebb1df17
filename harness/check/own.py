"""Who computed an answer: the function itself, or the framework's own op. Only where torch can be watched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opassay.harness.check.binding import Misfit

MOVES = frozenset(
    (
        *("view", "_unsafe_view", "clone", "copy_", "empty", "empty_like", "empty_strided", "new_empty", "as_strided"),
        *("detach", "expand", "permute", "transpose", "t", "_to_copy", "slice", "select", "unsqueeze", "squeeze"),
        *("alias", "lift_fresh", "zeros", "zeros_like", "full", "ones"),
    )
)
"""Names of ATen ops that compute nothing: views, copies, new memory."""


def computed_by(call: Callable[[], Any]) -> tuple[Any, frozenset[str]]:
    """What ``call`` returns, and the ops of ATen that computed meanwhile."""
    try:
        from torch.utils._python_dispatch import TorchDispatchMode
    except ImportError:
        raise Misfit("--own watches what torch dispatches: it needs a function of torch tensors") from None
    seen: set[str] = set()

    base: Any = TorchDispatchMode

    class Watching(base):  # type: ignore[misc]
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            seen.add(func._schema.name.removeprefix("aten::"))
            return func(*args, **(kwargs or {}))

    with Watching():
        returned = call()
    return returned, frozenset(seen) - MOVES


def borrowed(own: frozenset[str], seen: frozenset[str]) -> str:
    """Why an answer is not the function's own, empty where it is: all that the framework's op does was called."""
    if not own or not own <= seen:
        return ""
    return f"the framework's own op computed it: aten::{', aten::'.join(sorted(own))}"
