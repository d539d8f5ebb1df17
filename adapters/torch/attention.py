"""Attention by one backend of torch that a target names, with no fallback to another."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from opassay.adapters.attention import Replaced, asked
from opassay.harness.model.adapter import Unsupported

NAME = asked([member for member in SDPBackend.__members__ if member != "ERROR"], f"torch {torch.__version__}")


def functional() -> Any:
    """``torch.nn.functional``, with attention by the requested backend, if any."""
    return Replaced(F, scaled_dot_product_attention=partial(attention, NAME)) if NAME else F


def attention(
    name: str, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None, *rest: Any, **more: Any
) -> Tensor:
    """torch's own; ``Unsupported`` where torch, restricted to the backend and MATH, would not choose the former."""
    backend = SDPBackend.__members__[name]
    with sdpa_kernel([backend, SDPBackend.MATH]):
        chosen = torch._fused_sdp_choice(query, key, value, mask, *rest, **more)
    if chosen != int(backend.value):
        raise Unsupported(f"{name} does not take this attention")
    with sdpa_kernel([backend]):
        return F.scaled_dot_product_attention(query, key, value, mask, *rest, **more)
