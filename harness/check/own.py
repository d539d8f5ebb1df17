"""Whether the function itself computed an answer, or the framework's own op. Needs torch's dispatch mode."""

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
"""Names of ATen ops that compute nothing: views, copies, allocations."""


def computed_by(call: Callable[[], Any]) -> tuple[Any, frozenset[str]]:
    """What ``call`` returns, and the ATen ops that computed during it."""
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
    """Why an answer is the framework's own: the function called all that the framework's op calls. Empty if it is
    not."""
    if not own or not own <= seen:
        return ""
    return f"the framework's own op computed it: aten::{', aten::'.join(sorted(own))}"
