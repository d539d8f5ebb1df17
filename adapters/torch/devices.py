"""The devices of torch here: the CPU, and any accelerator that it was built for or that a plugin registers.

Source: https://docs.pytorch.org/docs/stable/accelerator.html
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

CPU = torch.device("cpu")

WITHOUT = {"mps": ("float64",)}
"""Dtypes that a kind of device does not support.

Source: https://docs.pytorch.org/docs/stable/notes/mps.html
"""


def names() -> tuple[str, ...]:
    """``cpu``, and each kind of accelerator with and without a number: ``npu``, ``npu:0``, ``npu:1``."""
    return ("cpu", *(name for kind in _kinds() for name in _numbered(kind)))


def device(name: str) -> torch.device:
    """The device of this name; without a number, the first of its kind."""
    kind, _, number = name.partition(":")
    return CPU if name == "cpu" else torch.device(kind, int(number or 0))


def _kinds() -> dict[str, None]:
    """A plugin in torch's slot for private backends need not be the current accelerator."""
    current = torch.accelerator.current_accelerator()
    own = [current.type] if current is not None else []
    return dict.fromkeys([*own, torch._C._get_privateuse1_backend_name()])


def _numbered(kind: str) -> Iterator[str]:
    module = getattr(torch, kind, None)
    count = module.device_count() if module is not None and module.is_available() else 0
    if count:
        yield kind
    yield from (f"{kind}:{number}" for number in range(count))
