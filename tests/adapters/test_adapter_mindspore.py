"""MindSpore passes the suite that every adapter inherits. Asked where it is installed beside what the suite needs."""

from __future__ import annotations

from importlib.util import find_spec

from opassay.harness.contract.suite import AdapterContract

if find_spec("mindspore"):

    class TestMindspore(AdapterContract):
        adapter = "opassay.adapters.mindspore.adapter:MindsporeAdapter"
        zeros_for_unconnected = True
