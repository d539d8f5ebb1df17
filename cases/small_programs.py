"""Programs of few stages: laws, second derivatives, and gradients that add up, stop or are unconnected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from opassay.adapters.oracle import program_reference, program_vjp
from opassay.adapters.oracle.choices import PROGRAM_CHOICES
from opassay.adapters.oracle.hypotheses import PROGRAMS
from opassay.cases import conv, matmul, pool, program_pins, scatter, tables, unpool
from opassay.cases.conv_programs import GRADIENT_DTYPES, KINDS
from opassay.harness.model.case import Case, Geometry, Tensor
from opassay.harness.model.draw import Draw
from opassay.harness.model.fills import Fill
from opassay.harness.model.memory import Memory
from opassay.harness.model.op import Op, Pin
from opassay.harness.model.program import Program, Stage


def _second_order(
    name: str, gradients: Callable[[Sequence[str]], Draw], inputs: Sequence[str], floats: Sequence[int]
) -> Op:
    """The vector-Jacobian product of an op, ``name`` without its ``_vjp``, differentiated: a program of one stage."""

    def build(drawn: tuple[Geometry, tuple[str, ...]]) -> Geometry:
        case, kinds = drawn[0].case, drawn[1]
        (dy,) = case.cotangents
        assert dy is not None
        outputs = tuple(f"d{n}" if i in floats else "" for i, n in enumerate(inputs))
        stage = Stage(name.removesuffix("_vjp"), (*inputs, "dy"), outputs, dict(case.attributes), vjp=True)
        cotangents = tuple(replace(case.tensors[i], memory=Memory()) for i in floats)
        program = Program((*inputs, "dy"), (stage,))
        made = Case(name, (*case.tensors, dy), program.attributes(), "gradient", cotangents=cotangents)
        return Geometry(made, kinds)

    return Op(
        name=name,
        inputs=(*inputs, "dy"),
        outputs=tuple(f"d{inputs[i]}" for i in floats),
        numerics="program",
        differentiable=(*(inputs[i] for i in floats), "dy"),
        geometries=None,
        reference=program_reference,
        gradients=lambda: gradients(GRADIENT_DTYPES).beside(KINDS).map(build),
        vjp=program_vjp,
        staged=True,
        hypotheses=PROGRAMS,
        choices=PROGRAM_CHOICES,
    )


def _law(geometry: Geometry) -> Geometry:
    """conv2d's input gradient and conv2d_transpose of the same values."""
    case = geometry.case
    x, w = case.tensors
    attributes = dict(case.attributes)
    (dy,) = case.cotangents
    assert dy is not None
    stages = (
        Stage("conv2d", ("x", "w", "dy"), ("by_vjp", ""), attributes, vjp=True),
        Stage("conv2d_transpose", ("dy", "w"), ("by_transpose",), {**attributes, "output_shape": x.shape}),
    )
    program = Program(("x", "w", "dy"), stages)
    return Geometry(Case("conv2d_input_gradient_law", (x, w, dy), program.attributes()), geometry.kinds, geometry.share)


def law_geometries() -> Draw:
    """Float convolutions of every kind."""
    floats = tuple(d for d in tables.GRADIENT_DTYPES if d != "int32")
    return conv.conv2d_gradients(floats).map(_law)


conv2d_input_gradient_law = Op(
    name="conv2d_input_gradient_law",
    inputs=("x", "w", "dy"),
    outputs=("by_vjp", "by_transpose"),
    numerics="program",
    differentiable=(),
    geometries=law_geometries,
    reference=program_reference,
    staged=True,
    hypotheses=PROGRAMS,
    choices=PROGRAM_CHOICES,
)

conv2d_vjp = _second_order("conv2d_vjp", conv.conv2d_gradients, ("x", "w"), (0, 1))
conv2d_transpose_vjp = _second_order("conv2d_transpose_vjp", conv.transpose_gradients, ("x", "w"), (0, 1))
matmul_vjp = _second_order("matmul_vjp", matmul.matmul_gradients, ("a", "b"), (0, 1))
avg_pool2d_vjp = _second_order("avg_pool2d_vjp", pool.avg_pool_gradients, ("x",), (0,))
avg_unpool2d_vjp = _second_order("avg_unpool2d_vjp", unpool.avg_unpool_gradients, ("x",), (0,))
scatter_nd_vjp = _second_order("scatter_nd_vjp", scatter.scatter_gradients, ("indices", "updates"), (1,))


def _wired(
    op: str,
    wiring: Sequence[tuple[tuple[str, ...], tuple[Stage, ...], tuple[str, ...]]],
    *,
    kinds: tuple[str, ...],
    dtype: str,
    memory: Memory,
    which: int,
    extent: int,
    skipped: int,
) -> Geometry:
    """Square matrices connected as in one of ``wiring``: inputs, stages, and the outputs that have a cotangent."""
    inputs, stages, asked = wiring[which % len(wiring)]
    program = Program(inputs, stages)
    shape = (extent, extent)
    zeros = Tensor(shape, dtype, Fill("zeros"))
    if skipped and len(asked) > 1:
        asked = asked[1:]
    cotangents = tuple(tables.data(shape, dtype, Memory()) if n in asked else None for n in program.outputs)
    tensors = tuple(zeros if n.endswith("_probe") else tables.data(shape, dtype, memory) for n in inputs)
    return Geometry(Case(op, tensors, program.attributes(), "gradient", cotangents=cotangents), kinds)


def _stage(op: str, inputs: str, output: str, **attributes: Any) -> Stage:
    return Stage(op, tuple(inputs.split()), (output,), attributes)


SUMS = (
    ("w1", "w2", "w3", "w4"),
    (_stage("add", "w1 w2", "w12"), _stage("add", "w12 w3", "y1"), _stage("add", "w3 w4", "y2")),
    ("y1", "y2"),
)
SQUARE = (("a",), (_stage("matmul", "a a", "y"),), ("y",))
DOUBLED = (("a",), (_stage("add", "a a", "y"),), ("y",))
CUBE = (
    ("a", "b", "ab_probe", "y_probe"),
    (
        _stage("matmul", "a b", "ab_unprobed"),
        _stage("add", "ab_unprobed ab_probe", "ab"),
        _stage("matmul", "ab a", "y_unprobed"),
        _stage("add", "y_unprobed y_probe", "y"),
        _stage("add", "ab y", "z"),
    ),
    ("y", "z"),
)
HALF = (
    ("a", "b"),
    (_stage("matmul", "a b", "y"), _stage("stop_gradient", "y", "held"), _stage("add", "y held", "z")),
    ("z",),
)
GATED = (
    ("a", "b"),
    (
        _stage("relu", "a", "gate"),
        _stage("stop_gradient", "gate", "held"),
        _stage("matmul", "held b", "y"),
        _stage("add", "y gate", "z"),
    ),
    ("z",),
)
UNUSED = (("a", "b", "unused"), (_stage("matmul", "a b", "y"),), ("y",))
BEHIND = (("a", "b"), (_stage("stop_gradient", "b", "held"), _stage("matmul", "a held", "y")), ("y",))


def _wirings(op: str, wiring: Sequence[Any]) -> Draw:
    return tables.drawn(
        lambda **draws: _wired(op, wiring, **draws),
        kinds=KINDS,
        dtype=GRADIENT_DTYPES,
        memory=tables.MEMORIES,
        which=tuple(range(12)),
        extent=(1, 2, 3, 5, 8, 16, 33),
        skipped=(0, 0, 0, 1),
    )


def _wired_op(name: str, wiring: Sequence[Any], pins: Sequence[Pin]) -> Op:
    return Op(
        name=name,
        inputs=("matrices",),
        outputs=("every value made",),
        numerics="program",
        differentiable=("matrices",),
        geometries=None,
        reference=program_reference,
        gradients=lambda: _wirings(name, wiring),
        vjp=program_vjp,
        staged=True,
        hypotheses=PROGRAMS,
        choices=PROGRAM_CHOICES,
        pins=tuple(pins),
    )


shared_inputs = _wired_op("shared_inputs", (SUMS, SQUARE, DOUBLED, CUBE), program_pins.SHARED_INPUTS)
stopped_path = _wired_op("stopped_path", (HALF, GATED), program_pins.STOPPED_PATH)
unused_input = _wired_op("unused_input", (UNUSED, BEHIND), program_pins.UNUSED_INPUT)
