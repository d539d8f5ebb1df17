"""A persistent cache of programs that TensorFlow's XLA compiled, in the folder ``OPASSAY_CACHE``."""

from __future__ import annotations

import hashlib
import os
from importlib.metadata import PackageNotFoundError, version

FLAGS = "TF_XLA_FLAGS"


def xla_variables(user: str) -> dict[str, str]:
    """The variables to set before TensorFlow is imported; ``user``: whose programs, since two adapters may run at once.

    TensorFlow writes each file under another name first, so an existing file is complete. Its keys include neither
    version nor XLA flags, and its flags are split at spaces. Source: tensorflow/compiler/jit/flags.cc,
    ``tf_xla_persistent_cache_directory``.
    """
    folder = os.environ.get("OPASSAY_CACHE", "off")
    if folder == "off" or " " in folder:
        return {}
    try:
        kept = os.path.join(folder, "tensorflow", version("tensorflow"), user + _given())
        os.makedirs(kept, exist_ok=True)
    except (PackageNotFoundError, OSError):
        return {}
    own = f"--tf_xla_persistent_cache_directory={kept} --tf_xla_persistent_cache_read_only=false"
    return {FLAGS: f"{own} {os.environ.get(FLAGS, '')}".strip()}


def _given() -> str:
    """A name for the XLA flags, to keep programs compiled with others apart; empty without flags."""
    flags = os.environ.get("XLA_FLAGS", "")
    return f"-{hashlib.sha256(flags.encode()).hexdigest()[:8]}" if flags else ""
