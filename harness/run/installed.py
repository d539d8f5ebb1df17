"""Whether a module comes from the interpreter that runs: proof that the version asked for is the one that answers.

Imported by workers: the standard library only.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import site
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping

_HINT = "take PYTHONPATH out of its env, or install it there ('pip install -e' counts)"


def strangers(origins: Mapping[str, str], adapter_file: str) -> str:
    """One line about the first of ``origins`` (module names to their files) that is not installed here, or nothing.

    Installed is what lies in one of this interpreter's own folders of packages, or was put there as an editable
    install (https://packaging.python.org/en/latest/specifications/direct-url/). An adapter may answer itself.
    """
    for name, origin in origins.items():
        if os.path.abspath(origin) != os.path.abspath(adapter_file) and not _installed(origin):
            return f"{name} comes from {origin}, which is not of the interpreter that was asked for; {_HINT}"
    return ""


def _installed(origin: str) -> bool:
    return any(_within(origin, folder) for folder in (*_folders(), *_editable()))


def _folders() -> list[str]:
    """Where this interpreter keeps packages, whatever the environment adds to its path."""
    return [*site.getsitepackages(), *([site.getusersitepackages()] if site.ENABLE_USER_SITE else [])]


def _editable() -> Iterator[str]:
    for found in importlib.metadata.distributions(path=_folders()):
        told = json.loads(found.read_text("direct_url.json") or "{}")
        if told.get("dir_info", {}).get("editable"):
            yield urllib.request.url2pathname(urllib.parse.urlsplit(told["url"]).path)


def _within(file: str, folder: str) -> bool:
    """Also where the folder, or what lies in it, is a link."""
    pairs = ((os.path.abspath(file), os.path.abspath(folder)), (os.path.realpath(file), os.path.realpath(folder)))
    return any(inner.startswith(outer.rstrip(os.sep) + os.sep) for inner, outer in pairs)
