"""What Keras leaves to torch: threads, compilation, gradients."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# By default Keras computes on a GPU where there is one.
os.environ["KERAS_TORCH_DEVICE"] = "cpu"

import torch

from opassay.adapters import instructions
from opassay.adapters.onednn import own_convolutions
from opassay.harness.model.adapter import Unconnected, as_tuple

EXECUTOR = "ATen"


def limit_threads(count: int) -> None:
    """Applies to later computations."""
    torch.set_num_threads(count)


def onednn() -> frozenset[str]:
    """Dtypes that TensorFlow passes to oneDNN: none here."""
    return frozenset()


def settings() -> Mapping[str, str]:
    return {
        **instructions.onednn(),
        "torch": str(torch.__version__),
        "threads": str(torch.get_num_threads()),
        "own_convolutions": ",".join(own_convolutions(torch)),
    }


def compiled(fn: Callable[..., Any]) -> Callable[..., Any]:
    return fn


def value_and_vjp(
    fn: Callable[..., Any], inputs: Sequence[Any], cotangents: Sequence[Any]
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """By ``torch.autograd.grad``; inside another vjp, the gradient is itself recorded."""
    given = [c for c in cotangents if c is not None]
    nested = any(x.requires_grad for x in (*inputs, *given))
    leaves = [_leaf(x) for x in inputs]
    outputs = as_tuple(fn(*leaves))
    asked = [(y, c) for y, c in zip(outputs, cotangents, strict=True) if c is not None and _recorded(y)]
    sources = [leaf for leaf in leaves if leaf.requires_grad]
    if not asked or not sources:
        return outputs, (Unconnected,) * len(leaves)
    ys, cs = zip(*asked, strict=True)
    found = iter(torch.autograd.grad(ys, sources, cs, allow_unused=True, create_graph=nested))
    gradients = [next(found) if leaf.requires_grad else None for leaf in leaves]
    return outputs, tuple(Unconnected if g is None else g for g in gradients)


def _recorded(y: Any) -> bool:
    # The gradient of a function that records nothing is no tensor, and may be differentiated in turn.
    return y is not Unconnected and y.requires_grad


def _leaf(x: Any) -> Any:
    """``x`` as a separate input of the gradient, even if the same array is passed twice."""
    if not x.is_floating_point():
        return x
    return x.view_as(x) if x.requires_grad else x.detach().requires_grad_()
