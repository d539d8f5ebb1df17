"""Programs of layers as in language models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from opassay.adapters.oracle import program_reference, program_vjp
from opassay.adapters.oracle.choices import PROGRAM_CHOICES
from opassay.adapters.oracle.hypotheses import PROGRAMS
from opassay.cases import tables
from opassay.cases.program_builder import Builder
from opassay.harness.model.case import Geometry
from opassay.harness.model.draw import Draw
from opassay.harness.model.fills import Fill
from opassay.harness.model.memory import Memory
from opassay.harness.model.op import Op

KINDS = (("normal", "ints"), ("ties", "normal"), ("ints", "ones"), ("normal", "ties"))
"""No wide values: after three layers the bound would exceed any answer."""

DTYPE = "float32"
"""Other formats are tested per op."""

EACH: Mapping[str, Any] = {"ignore_index": False, "reduction": False}
"""Attributes of a loss per sample: some frameworks have no other."""

Shape = tuple[int, ...]


class Layers:
    """Builds a program of layers, whose weights are drawn with the data."""

    def __init__(self, probes: bool) -> None:
        self.build = Builder(probes)

    def data(self, name: str, *shape: int) -> str:
        return self.build.input(name, tables.data(shape, DTYPE, Memory()))

    def shape(self, name: str) -> Shape:
        return self.build.shapes[name]

    def op(
        self, op: str, inputs: Sequence[str], made: str, shape: Shape | None = None, probe: bool = True, **more: Any
    ) -> str:
        """A stage with its attributes; its answer has the first input's shape by default."""
        shapes = (self.shape(inputs[0]) if shape is None else shape,)
        self.build.stage(op, inputs, (made,), shapes, probe=probe, **more)
        return made

    def linear(self, x: str, made: str, width: int, probe: bool = True) -> str:
        weight = self.data(f"w_{made}", width, self.shape(x)[-1])
        bias = self.data(f"b_{made}", width)
        return self.op("linear", (x, weight, bias), made, (*self.shape(x)[:-1], width), probe)

    def norm(self, x: str, made: str, eps: float = 1e-5) -> str:
        return self.op("rms_norm", (x, self.data(f"w_{made}", self.shape(x)[-1])), made, eps=eps)

    def moved(self, x: str, made: str, probe: bool = True) -> str:
        """[batch, length, heads, size] with heads before length, or the inverse."""
        a, b, c, d = self.shape(x)
        return self.op("transpose", (x,), made, (a, c, b, d), probe, axes=(0, 2, 1, 3))

    def heads(self, x: str, made: str, count: int, size: int) -> str:
        """A linear layer of x, [batch, length, features], split into heads."""
        batch, length, _ = self.shape(x)
        flat = self.linear(x, f"{made}_flat", count * size, probe=False)
        split = (batch, length, count, size)
        return self.moved(self.op("reshape", (flat,), f"{made}_split", split, False, new_shape=split), made)

    def joined(self, x: str, made: str) -> str:
        """Heads joined into features again."""
        back = self.moved(x, f"{made}_back", probe=False)
        batch, length, heads, size = self.shape(back)
        shape = (batch, length, heads * size)
        return self.op("reshape", (back,), made, shape, new_shape=shape)


def _block(net: Layers, heads: int, size: int, hidden: int, causal: str | bool) -> str:
    """Attention of heads, then a gated layer, each after a norm and with a residual connection.

    The input of an op that passes gradients unchanged has no probe: its gradient is not rounded.
    """
    width = net.shape("x")[-1]
    seen = net.norm("x", "seen")
    taken = [net.heads(seen, name, heads, size) for name in ("query", "key", "value")]
    mixed = net.op("attention", taken, "mixed", probe=False, scale=False, causal=causal)
    attended = net.linear(net.joined(mixed, "joined"), "attended", width, probe=False)
    between = net.op("add", ("x", attended), "between")
    again = net.norm(between, "again")
    gated = net.op("swiglu", [net.linear(again, name, hidden) for name in ("gate", "up")], "gated")
    return net.op("add", (between, net.linear(gated, "down", width, probe=False)), "y", probe=False)


def _transformer(
    probes: bool,
    *,
    kinds: tuple[str, ...],
    memory: Memory,
    batch: int,
    length: int,
    heads: int,
    size: int,
    width: int,
    hidden: int,
    causal: str | bool,
) -> Geometry:
    net = Layers(probes)
    net.build.input("x", tables.data((batch, length, width), DTYPE, memory))
    last = _block(net, heads, size, hidden, causal)
    return Geometry(net.build.case("transformer_block", (last,) if probes else ()), kinds)


def transformer_geometries(probes: bool) -> Draw:
    return tables.drawn(
        partial(_transformer, probes),
        kinds=KINDS,
        memory=tables.MEMORIES,
        batch=(1, 2),
        length=(1, 3, 5, 8, 17),
        heads=(1, 2, 3),
        size=(1, 2, 4, 8, 16),
        width=(2, 5, 8, 16),
        hidden=(3, 8, 16, 33),
        causal=(False, "upper_left"),
    )


def _forward(net: Layers, batch: int, hidden: int, classes: int, approximate: bool) -> str:
    """Two layers with gelu between them, and the losses of their answers."""
    net.linear("x", "hidden", hidden)
    net.op("gelu", ("hidden",), "active", approximate=approximate)
    net.linear("active", "logits", classes)
    labels = tables.index((batch,), "int64", Fill("labels", limits=(classes, 0)), Memory())
    target = net.build.input("target", labels)
    return net.op("cross_entropy", (target, "logits"), "losses", probe=False, **EACH)


def _step(net: Layers, approximate: bool) -> None:
    """The gradient of the weighted losses by every weight, stage by stage, and the weights after one descent step."""
    back = partial(net.build.stage, vjp=True)
    weights, rate = net.data("weights", *net.shape("losses")), net.data("rate")
    back("cross_entropy", ("target", "logits", weights), ("", "d_logits"), (net.shape("logits"),) * 2, **EACH)
    _layer_back(net, "active", "logits")
    back("gelu", ("hidden", "d_active"), ("d_hidden",), (net.shape("hidden"),), approximate=approximate)
    _layer_back(net, "x", "hidden")
    for weight in ("w_logits", "b_logits", "w_hidden", "b_hidden"):
        change = net.op("mul", (rate, f"d_{weight}"), f"{weight}_change", net.shape(weight))
        net.op("subtract", (weight, change), f"{weight}_next")


def _layer_back(net: Layers, x: str, y: str) -> None:
    taken = (x, f"w_{y}", f"b_{y}")
    made, shapes = [f"d_{name}" for name in taken], [net.shape(name) for name in taken]
    net.build.stage("linear", (*taken, f"d_{y}"), made, shapes, vjp=True)


def _mlp(
    probes: bool,
    *,
    kinds: tuple[str, ...],
    memory: Memory,
    batch: int,
    features: int,
    hidden: int,
    classes: int,
    approximate: bool,
) -> Geometry:
    net = Layers(probes)
    net.build.input("x", tables.data((batch, features), DTYPE, memory))
    losses = _forward(net, batch, hidden, classes, approximate)
    if not probes:
        _step(net, approximate)
    return Geometry(net.build.case("mlp_step", (losses,) if probes else ()), kinds)


def mlp_geometries(probes: bool) -> Draw:
    return tables.drawn(
        partial(_mlp, probes),
        kinds=KINDS,
        memory=tables.MEMORIES,
        batch=(1, 2, 3, 5, 8, 16),
        features=(1, 2, 5, 8, 17),
        hidden=(1, 3, 8, 16, 33),
        classes=(1, 2, 5, 10),
        approximate=(False, True),
    )


def _op(name: str, geometries: Callable[[bool], Draw]) -> Op:
    return Op(
        name=name,
        inputs=("x", "weights"),
        outputs=("every value made",),
        numerics="program",
        differentiable=("x", "weights"),
        geometries=partial(geometries, False),
        reference=program_reference,
        gradients=partial(geometries, True),
        vjp=program_vjp,
        staged=True,
        hypotheses=PROGRAMS,
        choices=PROGRAM_CHOICES,
    )


transformer_block = _op("transformer_block", transformer_geometries)
mlp_step = _op("mlp_step", mlp_geometries)
