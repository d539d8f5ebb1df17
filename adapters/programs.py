"""Ops composed of other ops: every adapter has them without code of its own, in every mode, with gradients.

``PROGRAMS`` names each program, the ops that it is composed of and its purpose; the case's attributes define its stages
(``opassay.harness.model.program``).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from opassay.harness.model.adapter import Adapter, as_tuple
from opassay.harness.model.program import Program, Stage


class Composed(NamedTuple):
    """The ops of a program, and a one-line description."""

    needs: tuple[str, ...]
    says: str


_NETWORK = ("conv2d", "relu", "max_pool2d_with_argmax", "max_unpool2d", "conv2d_transpose")


def _second_order(op: str) -> Composed:
    return Composed((op,), f"The gradient of the gradient of {op}.")


PROGRAMS: Mapping[str, Composed] = {
    "conv_relu_pool": Composed(("conv2d", "relu", "max_pool2d"), "A layer of a network."),
    "conv_autoencoder_step": Composed(_NETWORK, "A layer down and back up, by the positions of its maxima."),
    "deconvnet": Composed((*_NETWORK, "max_pool2d"), "Layers down, and their features back to the image."),
    "conv2d_input_gradient_law": Composed(
        ("conv2d", "conv2d_transpose"), "conv2d's input gradient beside conv2d_transpose: both are the same."
    ),
    "conv2d_vjp": _second_order("conv2d"),
    "conv2d_transpose_vjp": _second_order("conv2d_transpose"),
    "matmul_vjp": _second_order("matmul"),
    "avg_pool2d_vjp": _second_order("avg_pool2d"),
    "avg_unpool2d_vjp": _second_order("avg_unpool2d"),
    "scatter_nd_vjp": _second_order("scatter_nd"),
    "shared_inputs": Composed(("matmul",), "Several outputs, and tensors used twice: gradients add up."),
    "stopped_path": Composed(("matmul", "relu", "stop_gradient"), "One of two paths is cut by stop_gradient."),
    "transformer_block": Composed(
        ("rms_norm", "linear", "reshape", "transpose", "attention", "swiglu"),
        "Attention of heads and a gated layer, each after a norm and beside a way around it.",
    ),
    "mlp_step": Composed(
        ("linear", "gelu", "cross_entropy", "mul"), "Two layers, their losses, the gradients, and a step down them."
    ),
    "unused_input": Composed(("matmul", "stop_gradient"), "An input that no output depends on."),
}

_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {"add": operator.add, "subtract": operator.sub}


def available(ops: Sequence[str]) -> tuple[str, ...]:
    """The programs that an adapter with these ops can run."""
    return tuple(name for name, program in PROGRAMS.items() if set(program.needs) <= set(ops))


def run(adapter: Adapter, attributes: Mapping[str, Any], inputs: Sequence[Any]) -> tuple[Any, ...]:
    """Every value of the program, in order. ``inputs`` and the answer are the framework's own arrays."""
    program = Program.from_attributes(attributes)
    values = dict(zip(program.inputs, inputs, strict=True))
    for stage in program.stages:
        made = _step(adapter, stage, [values[name] for name in stage.inputs])
        values.update(zip(stage.outputs, made, strict=True))
    return tuple(values[name] for name in program.outputs)


def _step(adapter: Adapter, stage: Stage, inputs: Sequence[Any]) -> tuple[Any, ...]:
    function = _function(adapter, stage)
    if stage.vjp:
        count = len(stage.outputs)
        return adapter.vjp(function, inputs[:count], inputs[count:])
    return as_tuple(function(*inputs))


def _function(adapter: Adapter, stage: Stage) -> Callable[..., Any]:
    if stage.op in _OPERATORS:
        return _OPERATORS[stage.op]
    # A case may come from an untrusted file, and an adapter has other methods, too.
    if stage.op not in adapter.ops():
        raise ValueError(f"{adapter.name} has no op {stage.op!r} that a stage could be")
    op = getattr(adapter, stage.op)
    return lambda *inputs: as_tuple(op(*inputs, **stage.attributes))


def unsupported(
    adapter: Adapter, mode: str, dtypes: Sequence[str], attributes: Mapping[str, Any], gradient: bool
) -> str | None:
    """Why the framework lacks a stage of this program, or its ``gradient``; decided by the attributes alone."""
    stages = Program.from_attributes(attributes).stages
    if gradient and mode in adapter.first_order_modes and any(stage.vjp for stage in stages):
        return f"{adapter.name} cannot differentiate a gradient in {mode}"
    for stage in stages:
        if stage.op not in _OPERATORS:
            reason = adapter.lacks(stage.op, mode, dtypes, stage.attributes)
            if reason is not None:
                return reason
    return None
