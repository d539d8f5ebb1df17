"""Whether a module belongs to the running interpreter and is new enough, so that the requested version answers.

Imported by workers: the standard library only.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import re
import site
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping

_HINT = "take PYTHONPATH out of its env, or install it there ('pip install -e' counts)"


def foreign_module(origins: Mapping[str, str], adapter_file: str) -> str:
    """One line about the first of ``origins`` (module names to their files) that is not installed here, or nothing.

    Installed is what lies in one of this interpreter's own folders of packages, or was put there as an editable
    install (https://packaging.python.org/en/latest/specifications/direct-url/). An adapter may answer itself.
    """
    for name, origin in origins.items():
        if os.path.abspath(origin) != os.path.abspath(adapter_file) and not _installed(origin):
            return f"{name} comes from {origin}, which is not of the interpreter that was asked for; {_HINT}"
    return ""


def too_old(package: str, least: str) -> str:
    """One line about a package that is older than its version ``least``, or nothing."""
    found = _version(package)
    if least and found and _numbers(found) < _numbers(least):
        return f"{package} {found.partition('-')[0]} is too old: opassay needs {package} {least} or newer"
    return ""


def _version(package: str) -> str:
    """As the package says or, where it cannot be imported or does not say, as its installation does."""
    told = getattr(sys.modules.get(package), "__version__", "")
    with contextlib.suppress(importlib.metadata.PackageNotFoundError, ValueError):
        return str(told or importlib.metadata.version(package))
    return ""


def _numbers(version: str) -> list[int]:
    """A release as numbers that compare; what follows it (``rc1``, ``+cpu``) is left out."""
    found = re.match(r"\d+(\.\d+)*", version)
    return [int(number) for number in found[0].split(".")] if found else [sys.maxsize]


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
