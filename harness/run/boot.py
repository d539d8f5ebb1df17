"""Sent to a worker's interpreter as ``-c`` text: makes only our packages importable, then starts the worker.

A PYTHONPATH would put the parent's other packages (its NumPy, its frameworks) before those of the
worker's own interpreter, and silently test the wrong version.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from typing import Any


class OnlyOurs:
    """A meta-path finder that resolves exactly the packages it was given, each by its own path."""

    def __init__(self, roots: dict[str, str]) -> None:
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


CONFIG = json.loads(sys.argv[1])
sys.path[:] = [entry for entry in sys.path if entry]
sys.meta_path.insert(0, OnlyOurs(CONFIG["roots"]))

if __name__ == "__main__":
    from harness.run.worker import main

    main(CONFIG)
