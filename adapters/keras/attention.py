"""``keras.ops``, with flash attention switched on or off by the target."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from opassay.adapters.attention import Replaced, asked
from opassay.harness.model.adapter import Unsupported

FLASH = "flash"
NAME = asked((FLASH, "plain"), f"keras {keras.__version__}")


def named(name: str = NAME) -> Any:
    """``keras.ops``, with attention as ``name`` has it, if any."""
    if not name:
        return ops

    def attention(*inputs: Any, **more: Any) -> Any:
        # Each backend raises: keras/src/backend/*/nn.py, dot_product_attention.
        if name == FLASH:
            raise Unsupported("Keras has no flash attention on the CPU")
        return ops.dot_product_attention(*inputs, flash_attention=False, **more)

    return Replaced(ops, dot_product_attention=attention)
