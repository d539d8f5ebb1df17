"""Hands the tests the made-up records of ``records.py``, which is a script and in no package."""

import importlib.util
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def made():
    path = Path(__file__).with_name("records.py")
    spec = importlib.util.spec_from_file_location("opassay_made_records", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def realistic(made):
    return made.realistic()
