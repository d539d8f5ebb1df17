"""Sent to a worker's interpreter as ``-c`` text: makes only our packages importable, then starts the worker.

A PYTHONPATH would put the parent's other packages (its NumPy, its frameworks) before those of the
worker's own interpreter, and silently test the wrong version. This file alone is kept readable for any
Python 3, so that one that is too old can say so.
"""

import sys

# The current folder, before any import: it may hold a file named like a module of Python's.
sys.path[:] = [entry for entry in sys.path if entry]

import importlib.util  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import struct  # noqa: E402
from typing import Any  # noqa: E402

OLDEST = (3, 10)
"""The oldest Python that can read the worker's code: it has ``A | B`` of types and ``zip(strict=)``."""


class OnlyOurs:
    """A meta-path finder that resolves exactly the packages it was given, each by its own path."""

    def __init__(self, roots: "dict[str, str]") -> None:
        self.roots = roots

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        root = self.roots.get(name)
        if root is None:
            return None
        if root.endswith(".py"):
            return importlib.util.spec_from_file_location(name, root)
        return importlib.util.spec_from_file_location(
            name, os.path.join(root, "__init__.py"), submodule_search_locations=[root]
        )


def obstacle() -> str:
    """Why this interpreter cannot run a worker; empty if it can."""
    version = ".".join(str(n) for n in sys.version_info[:3])
    if sys.version_info < OLDEST:
        return f"its Python {version} is too old; a worker needs {'.'.join(str(n) for n in OLDEST)} or newer"
    try:
        import numpy  # noqa: F401
    except ModuleNotFoundError as error:
        missing = "NumPy" if error.name == "numpy" else f"module {error.name!r}, which NumPy imports"
        return f"its Python {version} has no {missing}; install numpy there, and the framework"
    except Exception as error:
        return f"the NumPy of its Python {version} cannot be imported: {type(error).__name__}: {error}"
    return ""


def refuse(why: str) -> None:
    """Say why in the framing of ``wire.py``, which this interpreter may be unable to import."""
    text = json.dumps({"type": "failed", "why": why[:2000], "usage": False, "buffers": []}).encode()
    os.write(1, struct.pack(">4sIQ", b"opa1", len(text), 0) + text)


CONFIG = json.loads(sys.argv[1])
sys.meta_path.insert(0, OnlyOurs(CONFIG["roots"]))
# Appended, so that nothing there hides a module of this Python.
sys.path.extend(entry for entry in CONFIG.get("search_path", ()) if entry not in sys.path)

if __name__ == "__main__":
    problem = obstacle()
    if problem:
        refuse(problem)
    else:
        from opassay.harness.worker.fork_server import forked
        from opassay.harness.worker.worker import main

        if "control" not in CONFIG or forked(CONFIG):
            main(CONFIG)
        # Finalizing writes to every object, and so copies all that a fork shares: a third of a second of a core.
        sys.stderr.flush()
        os._exit(0)
