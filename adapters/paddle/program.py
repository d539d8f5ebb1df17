"""Static graphs: a function traced by ``paddle.jit.to_static``, and one that is built for its shapes alone.

Sources: https://www.paddlepaddle.org.cn/documentation/docs/en/api/paddle/jit/to_static_en.html and
https://www.paddlepaddle.org.cn/documentation/docs/en/api/paddle/static/Program_en.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import paddle

from opassay.adapters.tracing import leaves, refilled
from opassay.harness.model.adapter import Unconnected, as_tuple
from opassay.harness.model.outcome import Inferred


def compiled(fn: Callable[..., Any]) -> Callable[..., Any]:
    """``fn`` as one static graph, never broken up (``full_graph``).

    ``not_to_static``: the graph is made of the ops that ``fn`` calls, since opassay's Python branches on no tensor and
    so needs no rewriting. ``Unconnected`` in an answer stays where it is.
    """
    answers: list[Any] = []

    @paddle.jit.not_to_static
    def traced(inputs: list[Any]) -> list[Any]:
        answers[:] = [fn(*inputs)]
        given = [y for y in leaves(answers[0]) if y is not Unconnected]
        for y in given:
            # Else Paddle differentiates the whole graph once more, in case that somebody asks.
            y.stop_gradient = True
        return given

    graph = paddle.jit.to_static(traced, full_graph=True)

    def run(*inputs: Any) -> Any:
        found = iter(as_tuple(graph(list(inputs))))
        return refilled(answers[0], (y if y is Unconnected else next(found) for y in leaves(answers[0])))

    return run


def inferred(fn: Callable[..., Any], inputs: Sequence[Any]) -> list[Inferred | None]:
    """Shape and dtype of each output of ``fn``, as a program of its own says before it is run."""
    shapes = [(list(x.shape), x.dtype) for x in inputs]
    paddle.enable_static()
    try:
        with paddle.static.program_guard(paddle.static.Program(), paddle.static.Program()):
            symbols = [paddle.static.data(f"x{i}", shape, dtype) for i, (shape, dtype) in enumerate(shapes)]
            return [_inferred(y) for y in leaves(fn(*symbols))]
    finally:
        paddle.disable_static()


def _inferred(y: Any) -> Inferred | None:
    """An extent of -1 is one that Paddle does not know."""
    if y is Unconnected:
        return None
    return tuple(None if n == -1 else n for n in y.shape), str(y.dtype).removeprefix("paddle.")
