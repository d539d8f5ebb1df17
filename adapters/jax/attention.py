"""Attention by the implementation of ``jax.nn.dot_product_attention`` that a target names."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax

from opassay.adapters.attention import Replaced, asked

CUDNN = "cudnn"
NAMES = ("xla", CUDNN)
NARROW = ("float16", "bfloat16")

NAME = asked(NAMES, f"jax {jax.__version__}")


def named(name: str = NAME) -> Any:
    """``jax``, with attention by the implementation ``name``, if any."""
    if not name:
        return jax
    chosen = partial(jax.nn.dot_product_attention, implementation=name)
    return Replaced(jax, nn=Replaced(jax.nn, dot_product_attention=chosen))


def refused(op: str, platform: str, dtypes: Sequence[str], name: str = NAME) -> str | None:
    """Why ``name`` does not take this attention, by JAX's documentation; None if it may.

    Source: https://docs.jax.dev/en/latest/_autosummary/jax.nn.dot_product_attention.html
    """
    if name != CUDNN or not op.endswith("attention"):
        return None
    if platform != "gpu":
        return "cudnn takes attention on a GPU only"
    wide = next((dtype for dtype in dtypes if dtype not in (*NARROW, "bool")), None)
    return wide and f"cudnn takes no attention of {wide}"
