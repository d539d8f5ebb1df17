"""tinygrad passes the suite that every adapter inherits. Asked where it is installed and finds its compiler."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec

from opassay.harness.contract.suite import AdapterContract

if find_spec("tinygrad") and shutil.which(os.environ.get("CC", "clang")):

    class TestTinygrad(AdapterContract):
        adapter = "opassay.adapters.tinygrad.adapter:TinygradAdapter"
        absent = ()
        zeros_for_unconnected = True
