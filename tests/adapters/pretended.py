"""A plugin for torch whose device only pretends: its tensors hold those of the CPU, whose kernels answer.

It stands in for a vendor's: torch itself takes it for a device like any other. Source: the docstring of
``_setup_privateuseone_for_python_backend`` in ``torch.utils.backend_registration``.
"""

from __future__ import annotations

import os
from typing import Any

import torch
from torch.utils._python_dispatch import return_and_correct_aliasing
from torch.utils._pytree import tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

KIND = "pretended"
WRONG = os.environ.get("PRETENDED_WRONG", "")
"""The op of ATen whose answer the device gets wrong, or none."""

_setup_privateuseone_for_python_backend(KIND)


class Pretended(torch.Tensor):
    """What torch sees: a tensor of the device, laid out as ``held`` is."""

    __torch_function__ = torch._C._disabled_torch_function_impl
    held: torch.Tensor

    @classmethod
    def of(cls, held: torch.Tensor) -> Pretended:
        layout = {"strides": held.stride(), "storage_offset": held.storage_offset(), "dtype": held.dtype}
        seen: Pretended = cls._make_wrapper_subclass(cls, held.shape, device=torch.device(KIND, 0), **layout)
        seen.held = held
        return seen

    @classmethod
    def __torch_dispatch__(cls, op: Any, types: Any, values: Any = (), named: Any = None) -> Any:
        return return_and_correct_aliasing(op, values, named or {}, _answer(op, *values, **(named or {})))


def _answer(op: Any, *values: Any, **named: Any) -> Any:
    to = named.get("device")
    inside, options = tree_map(_inside, (values, named))
    answer = op(*inside, **options)
    if op.name() == WRONG:
        answer = answer + answer
    return answer if to is not None and to.type == "cpu" else tree_map(_outside, answer)


def _inside(value: Any) -> Any:
    if isinstance(value, torch.device):
        return torch.device("cpu")
    return value.held if isinstance(value, Pretended) else value


def _outside(value: Any) -> Any:
    return Pretended.of(value) if isinstance(value, torch.Tensor) else value


# What makes a tensor of the device from nothing; all else has one among its arguments.
_factories = torch.library.Library("_", "IMPL")
_factories.fallback(_answer, "PrivateUse1")
