"""Attention by one of torch's backends, where a target asks for it by name: never by another in its place."""

from __future__ import annotations

import os
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from opassay.harness.model.adapter import Unsupported

VARIABLE = "OPASSAY_ATTENTION"
"""A member of ``torch.nn.attention.SDPBackend``, such as FLASH_ATTENTION; without it torch chooses by itself."""


def functional() -> Any:
    """``torch.nn.functional``, or that with attention by the backend asked for. ``ValueError`` for an unknown name."""
    name = os.environ.get(VARIABLE, "")
    if not name:
        return F
    known = [member for member in SDPBackend.__members__ if member != "ERROR"]
    if name not in known:
        raise ValueError(f"{VARIABLE} is {name!r}; torch {torch.__version__} knows {', '.join(known)}")
    return ByBackend(SDPBackend.__members__[name])


class ByBackend:
    """``torch.nn.functional``, whose attention is computed by ``backend``."""

    def __init__(self, backend: SDPBackend) -> None:
        self.backend = backend

    def __getattr__(self, name: str) -> Any:
        return getattr(F, name)

    def scaled_dot_product_attention(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None, *rest: Any, **more: Any
    ) -> Tensor:
        """As torch's own; ``Unsupported`` where torch, left the backend and MATH, would not choose the former."""
        with sdpa_kernel([self.backend, SDPBackend.MATH]):
            chosen = torch._fused_sdp_choice(query, key, value, mask, *rest, **more)
        if chosen != int(self.backend.value):
            raise Unsupported(f"{self.backend.name} does not take this attention")
        with sdpa_kernel([self.backend]):
            return F.scaled_dot_product_attention(query, key, value, mask, *rest, **more)
