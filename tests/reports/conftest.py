"""Hands the tests what ``records.py`` and ``browser.py`` hold, which are in no package."""

import importlib.util
import sys
from pathlib import Path

import pytest


def _loaded(name):
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"opassay_made_{name}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def made():
    return _loaded("records")


@pytest.fixture(scope="session")
def realistic(made):
    return made.realistic()


@pytest.fixture(scope="session")
def browsers():
    return _loaded("browser")


@pytest.fixture(scope="session")
def chromium(browsers):
    """One headless Chromium for all tests of this process."""
    with browsers.started() as browser:
        yield browser
