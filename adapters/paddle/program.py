"""Static graphs: a function traced by ``paddle.jit.to_static``, and one that is built for its shapes only.

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
    """``fn`` as one static graph, without graph breaks (``full_graph``).

    ``not_to_static``: the graph consists of the ops that ``fn`` calls; opassay's Python branches on no tensor, and
    needs no rewriting. ``Unconnected`` in an answer stays in place.
    """
    answers: list[Any] = []

    @paddle.jit.not_to_static
    def traced(inputs: list[Any]) -> list[Any]:
        answers[:] = [fn(*inputs)]
        given = [y for y in leaves(answers[0]) if y is not Unconnected]
        for y in given:
            # By default Paddle differentiates the whole graph once more, in case a gradient is needed.
            y.stop_gradient = True
        return given

    graph = paddle.jit.to_static(traced, full_graph=True)

    def run(*inputs: Any) -> Any:
        found = iter(as_tuple(graph(list(inputs))))
        return refilled(answers[0], (y if y is Unconnected else next(found) for y in leaves(answers[0])))

    return run


def inferred(fn: Callable[..., Any], inputs: Sequence[Any]) -> list[Inferred | None]:
    """Shape and dtype of each output of ``fn``, from a separate program that is not run."""
    shapes = [(list(x.shape), x.dtype) for x in inputs]
    paddle.enable_static()
    try:
        with paddle.static.program_guard(paddle.static.Program(), paddle.static.Program()):
            symbols = [paddle.static.data(f"x{i}", shape, dtype) for i, (shape, dtype) in enumerate(shapes)]
            return [_inferred(y) for y in leaves(fn(*symbols))]
    finally:
        paddle.disable_static()


def _inferred(y: Any) -> Inferred | None:
    """Paddle reports an unknown extent as -1."""
    if y is Unconnected:
        return None
    return tuple(None if n == -1 else n for n in y.shape), str(y.dtype).removeprefix("paddle.")
