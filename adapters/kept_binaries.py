"""What a backend's compiler made of a model, kept between runs in the folder ``OPASSAY_CACHE``."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence


def kept(compiler: str, version: str, flags: Sequence[str], model: bytes, compiled: Callable[[], bytes]) -> bytes:
    """The binary of ``model``: what an earlier run kept, else what ``compiled`` returns. Raises what that raises.

    Binaries of other models, flags and versions are other files; a refusal is not kept. A file that cannot be written
    costs time only.
    """
    folder = os.environ.get("OPASSAY_CACHE", "off")
    if folder == "off":
        return compiled()
    told = "\0".join([version, *flags, ""]).encode() + model
    file = os.path.join(folder, compiler, hashlib.sha256(told).hexdigest())
    with contextlib.suppress(OSError), open(file, "rb") as stream:
        return stream.read()
    binary = compiled()
    with contextlib.suppress(OSError):
        _write(file, binary)
    return binary


def _write(file: str, content: bytes) -> None:
    """A file that is there is complete: other workers read it meanwhile."""
    folder = os.path.dirname(file)
    os.makedirs(folder, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as stream:
        stream.write(content)
    os.replace(stream.name, file)
