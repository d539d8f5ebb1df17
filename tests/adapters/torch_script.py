"""What only the torch adapter promises, as JSON on the last line. Run in a process of its own."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch._dynamo.utils import counters

from opassay.adapters import oracle
from opassay.adapters.torch import windows
from opassay.adapters.torch.adapter import TorchAdapter
from opassay.adapters.torch.attention import attention as by_backend
from opassay.harness.model import memory
from opassay.harness.model.adapter import Unconnected, Unsupported
from opassay.harness.model.memory import Memory
from opassay.harness.model.op import ContractError


def strides(adapter: TorchAdapter) -> dict[str, list[Any]]:
    """Per memory kind: NumPy's strides and the tensor's, in elements, and whether both starts are aligned alike."""
    values = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
    found = {}
    for kind in memory.KINDS:
        source = values[:1] if kind == "broadcast" else values
        array = memory.lay_out(source, Memory(kind, 0, 3), (2, 3, 4, 5))
        tensor = adapter.to_native(array)
        alike = tensor.data_ptr() % 16 == array.__array_interface__["data"][0] % 16
        found[kind] = [[s // 4 for s in array.strides], list(tensor.stride()), alike]
    return found


def geometries() -> Iterator[tuple[tuple[int, int], dict[str, Any]]]:
    """Small pools: every window up to 3 by 2, stride, dilation, and padding below the window."""
    for kh, kw, sh, d, n in itertools.product((1, 2, 3), (1, 2), (1, 2, 3), (1, 2), (3, 4)):
        for top, bottom in itertools.product(range((kh - 1) * d + 1), repeat=2):
            pads = ((top, bottom), (0, (kw - 1) * d))
            yield (n, 3), {"window": (kh, kw), "stride": (sh, 1), "padding": pads, "dilation": (d, 1)}


def pools(adapter: TorchAdapter) -> dict[str, Any]:
    """How many pools went each way, and those that differ from the oracle; int8's minimum is everywhere."""
    ways, wrong = {"own": 0, "stack": 0}, []
    for number, (extents, attributes) in enumerate(geometries()):
        x = np.random.default_rng(number).choice(np.array([-128, -128, 5], dtype=np.int8), (1, 2, *extents))
        call = {**attributes, "layout": "NCHW"}
        try:
            expected = oracle.OPS["max_pool2d_with_argmax"].reference(call, (x,))
        except ContractError:
            continue
        own = windows.own_padding(extents, *(call[k] for k in ("window", "stride", "dilation", "padding")))
        ways["stack" if own is None else "own"] += 1
        answer = adapter.max_pool2d_with_argmax(adapter.to_native(x), **call)
        for got, reference in zip(answer, expected, strict=True):
            free = np.zeros(got.shape, bool) if reference.free is None else reference.free
            if (got.numpy()[~free] != reference.exact[~free]).any():
                wrong.append(f"{extents} {call} {reference.name}")
    return {"ways": ways, "wrong": wrong}


def compiled_vjp(adapter: TorchAdapter) -> list[Any]:
    """Worked example 8 and an input that nothing depends on, inside ``torch.compile``."""
    inputs = [torch.ones(2) for _ in range(5)]

    def product(*tensors: torch.Tensor) -> tuple[Any, ...]:
        return adapter.vjp(lambda a, b, c, d, e: (a + b + c, c + d), tensors[:5], tensors[5:])

    cotangents = (torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))
    found = adapter.compile(product, "compile")(*inputs, *cotangents)
    return ["Unconnected" if g is Unconnected else g.tolist() for g in found]


def programs(adapter: TorchAdapter, count: int) -> int:
    """How many programs dynamo makes of the gradients of ``count`` shapes, compiled as one function."""

    def gradient(x: torch.Tensor) -> Any:
        return adapter.vjp(lambda a: (adapter.relu(a),), (x,), (torch.ones_like(x),))[0]

    inputs = [torch.ones(n) for n in range(1, count + 1)]
    found = adapter.compile(lambda *tensors: tuple(gradient(x) for x in tensors), "compile")(*inputs)
    assert [g.tolist() for g in found] == [[1.0] * n for n in range(1, count + 1)]
    return int(counters["stats"]["unique_graphs"])


def attention() -> dict[str, str]:
    """By the backend asked for: what computed the gradient, or why it was not asked."""
    query = torch.ones(1, 2, 3, 4, requires_grad=True)
    found = {}
    for name in ("MATH", "FLASH_ATTENTION", "EFFICIENT_ATTENTION"):
        try:
            found[name] = by_backend(name, query, query, query, scale=0.5).grad_fn.name()
        except Unsupported as reason:
            found[name] = str(reason)
    return found


if __name__ == "__main__":
    torch_adapter = TorchAdapter()
    answers = {
        "strides": strides(torch_adapter),
        "pools": pools(torch_adapter),
        "vjp": compiled_vjp(torch_adapter),
        "programs": [programs(torch_adapter, count) for count in (2, 4)],
        "attention": attention(),
    }
    print("\n" + json.dumps(answers))
