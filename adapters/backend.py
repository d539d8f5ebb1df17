"""Backends: what runs a model in a common format, as a Python callable or a command.

An error of a backend is never a fault: the adapters declare this module as the framework's own, so that exceptions
raised here count as refusals.
"""

from __future__ import annotations

import importlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

PLACES = ("{model}", "{inputs}", "{outputs}")
TOLD = 300
"""Characters kept of a command's last output."""

Arrays = Sequence[np.ndarray]
Run = Callable[[Arrays], Arrays]
Made = TypeVar("Made", bound=Callable[..., Any])


class Refused(Exception):
    """The backend rejects a model, or does not return arrays for it."""


class Unusable(ImportError):
    """The named backend does not exist or is not a backend: no case can run."""


def is_command(text: str) -> bool:
    """Whether a backend of this name reads and writes files."""
    return "{model}" in text


def named(text: str, file: str) -> Callable[[bytes], Run]:
    """The backend of this name; a command finds the model in ``file``. Raises ``Unusable`` with a one-line message."""
    return _command(text, file) if is_command(text) else _callable(text)


def with_version(text: str) -> str:
    """The backend's name and the version of its ``package``: the installed one that a callable names, if it does."""
    module, _, name = text.partition(":")
    function = None if is_command(text) else getattr(sys.modules.get(module), name, None)
    try:
        return f"{text} {version(function.package)}"  # type: ignore[union-attr]
    except (AttributeError, PackageNotFoundError):
        return text


def of_package(name: str) -> Callable[[Made], Made]:
    """Decorates a backend: ``name`` is the package whose version says which backend answered."""

    def named(function: Made) -> Made:
        function.package = name  # type: ignore[attr-defined]
        return function

    return named


def _callable(text: str) -> Callable[[bytes], Run]:
    module, _, name = text.partition(":")
    if not module or not name:
        raise Unusable(f"not a backend: {text!r}; expected module:function, or a command with {', '.join(PLACES)}")
    sys.path.append(os.getcwd())
    try:
        found: Callable[[bytes], Run] = getattr(importlib.import_module(module), name)
    except (Exception, SystemExit) as error:
        raise Unusable(f"the backend {text!r} cannot be imported: {type(error).__name__}: {error}") from None
    if not callable(found):
        raise Unusable(f"the backend {text!r} is of type {type(found).__name__}; expected a function of a model")
    return lambda model: _watched(_refusing(found)(model))


def _watched(run: Any) -> Run:
    if not callable(run):
        raise Refused(f"the backend made {type(run).__name__} of a model; expected a function of arrays")
    return _refusing(run)


def _refusing(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """``function``, with all its exceptions as refusals."""

    def call(given: Any) -> Any:
        try:
            return function(given)
        except Exception as error:
            raise Refused(f"{type(error).__name__}: {error}") from error

    return call


def _command(text: str, file: str) -> Callable[[bytes], Run]:
    missing = [place for place in PLACES if place not in text]
    if missing:
        raise Unusable(f"the command {text!r} has no {', '.join(missing)}")
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise Unusable(f"the command {text!r} cannot be read: {error}") from None
    if shutil.which(words[0]) is None:
        raise Unusable(f"there is no command {words[0]!r}")
    return lambda model: lambda arrays: _called(words, file, model, arrays)


def _called(words: Sequence[str], file: str, model: bytes, arrays: Arrays) -> list[np.ndarray]:
    """Writes model and arrays to files, ``arr_0`` first, and returns the contents of the file for outputs."""
    with tempfile.TemporaryDirectory() as folder:
        files = {"{model}": file, "{inputs}": "inputs.npz", "{outputs}": "outputs.npz"}
        paths = {place: os.path.join(folder, name) for place, name in files.items()}
        Path(paths["{model}"]).write_bytes(model)
        np.savez(paths["{inputs}"], *arrays)
        done = subprocess.run([_filled(word, paths) for word in words], capture_output=True, check=False)
        if done.returncode:
            _ended(done)
        return _read(paths["{outputs}"])


def _filled(word: str, paths: dict[str, str]) -> str:
    for place, path in paths.items():
        word = word.replace(place, path)
    return word


def _ended(done: subprocess.CompletedProcess[bytes]) -> None:
    """Pass on the signal that ended the command: it ends this process, and the case is a crash by that signal."""
    if done.returncode < 0:
        signal.signal(-done.returncode, signal.SIG_DFL) if -done.returncode != signal.SIGKILL else None
        os.kill(os.getpid(), -done.returncode)
    said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()[-TOLD:]
    raise Refused(f"the command ended with status {done.returncode}: {said or 'it said nothing'}")


def _read(path: str) -> list[np.ndarray]:
    if not os.path.exists(path):
        raise Refused("the command ended well and wrote no outputs")
    unreadable = "what the command wrote as outputs cannot be read:"
    if not zipfile.is_zipfile(path):
        raise Refused(f"{unreadable} it is no .npz, the format of numpy.savez")
    try:
        with np.load(path, allow_pickle=False) as found:
            return [found[name] for name in sorted(found.files, key=_number)]
    except Exception as error:
        raise Refused(f"{unreadable} {type(error).__name__}: {error}") from None


def _number(name: str) -> int:
    """The position that ``arr_10`` names; files need not list them in order."""
    number = name.removeprefix("arr_")
    return int(number) if number.isdecimal() else 0


def checked(answers: Any, outputs: int, dtypes: Sequence[str]) -> list[np.ndarray]:
    """As many arrays, of dtypes known to opassay, as the model has outputs; raises ``Refused`` for anything else."""
    if not isinstance(answers, (list, tuple)) or len(answers) != outputs:
        count = len(answers) if isinstance(answers, (list, tuple)) else type(answers).__name__
        raise Refused(f"expected a list of {outputs} arrays, one for each output of the model, got {count}")
    found = []
    for answer in answers:
        array = answer if isinstance(answer, np.ndarray) else np.asarray(answer)
        if array.dtype.name not in dtypes:
            raise Refused(f"answered an array of {array.dtype.name}; expected one of {', '.join(dtypes)}")
        found.append(array)
    return found
