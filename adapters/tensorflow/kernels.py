"""Which kernels this build of TensorFlow has on this processor, as TensorFlow itself reports."""

from __future__ import annotations

from functools import cache

import tensorflow as tf

from opassay.adapters import onednn


@cache
def onednn_dtypes() -> frozenset[str]:
    """Dtypes whose convolutions TensorFlow passes to oneDNN."""
    return frozenset(onednn.onednn_dtypes(tf))
