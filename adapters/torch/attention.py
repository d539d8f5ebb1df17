"""Attention by one backend of torch that a target names, with no fallback to another."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from opassay.adapters.attention import asked
from opassay.harness.model.adapter import Unsupported

NAME = asked([member for member in SDPBackend.__members__ if member != "ERROR"], f"torch {torch.__version__}")


def functional() -> Any:
    """``torch.nn.functional``, with attention by the requested backend, if any."""
    return ByBackend(SDPBackend.__members__[NAME]) if NAME else F


class ByBackend:
    """``torch.nn.functional``, with attention computed by ``backend``."""

    def __init__(self, backend: SDPBackend) -> None:
        self.backend = backend

    def __getattr__(self, name: str) -> Any:
        return getattr(F, name)

    def scaled_dot_product_attention(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None, *rest: Any, **more: Any
    ) -> Tensor:
        """torch's own; ``Unsupported`` where torch, restricted to the backend and MATH, would not choose the former."""
        with sdpa_kernel([self.backend, SDPBackend.MATH]):
            chosen = torch._fused_sdp_choice(query, key, value, mask, *rest, **more)
        if chosen != int(self.backend.value):
            raise Unsupported(f"{self.backend.name} does not take this attention")
        with sdpa_kernel([self.backend]):
            return F.scaled_dot_product_attention(query, key, value, mask, *rest, **more)
