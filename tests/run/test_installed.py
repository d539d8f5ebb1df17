"""Where a framework was imported from, and whose mistake a missing attribute is."""

import datetime
import json
import site
import sys
import types

import numpy as np
import pytest

from opassay.harness.worker.installed import foreign_module
from opassay.harness.worker.origin import Watch

FRAMEWORK = """
import math


def __getattr__(name):
    raise AttributeError(f"module 'fakeapi' has no attribute {name!r}")


def inner():
    return math.nothing


def outer():
    return inner()
"""
ADAPTER = """
import math


def through_getattr(api):
    return api.axis_size("c")


def plainly(api):
    return math.axis_size("c")


def within(api):
    return api.outer()
"""


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """A folder that counts as this interpreter's only one of packages."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.setattr(site, "getsitepackages", lambda: [str(folder)])
    monkeypatch.setattr(site, "ENABLE_USER_SITE", False)
    return folder


def module(folder, name="fake"):
    (folder / name).mkdir(parents=True)
    file = folder / name / "__init__.py"
    file.touch()
    return str(file)


def test_what_lies_in_the_interpreters_own_folder_is_its_own(packages):
    assert foreign_module({"fake": module(packages)}, "adapter.py") == ""


def test_also_as_a_link_to_elsewhere(packages, tmp_path):
    module(tmp_path / "store")
    (packages / "fake").symlink_to(tmp_path / "store" / "fake")
    assert foreign_module({"fake": str(packages / "fake" / "__init__.py")}, "adapter.py") == ""


def test_what_lies_elsewhere_is_not(packages, tmp_path):
    inside, outside = module(packages, "numpy"), module(tmp_path / "site-packages-of-another")
    assert foreign_module({"numpy": inside, "fake": outside}, "adapter.py").startswith(f"fake comes from {outside}, ")


@pytest.mark.parametrize("editable", [True, False])
def test_an_editable_install_is_the_interpreters_own(editable, packages, tmp_path):
    origin = module(tmp_path / "source tree" / "src")
    (packages / "fake-1.dist-info").mkdir()
    told = {"url": (tmp_path / "source tree").as_uri(), "dir_info": {"editable": editable}}
    (packages / "fake-1.dist-info" / "direct_url.json").write_text(json.dumps(told))
    assert (foreign_module({"fake": origin}, "adapter.py") == "") is editable


def test_an_adapter_may_answer_itself(packages, tmp_path):
    origin = module(tmp_path / "project")
    assert foreign_module({"fake": origin}, origin) == ""


def test_the_numpy_of_these_tests_is_their_own():
    assert foreign_module({"numpy": np.__file__}, "adapter.py") == ""


@pytest.mark.parametrize(
    ("function", "origin"), [("through_getattr", "adapter"), ("plainly", "adapter"), ("within", "framework")]
)
def test_an_attribute_that_a_version_lacks_is_no_refusal(function, origin, tmp_path, monkeypatch):
    (tmp_path / "fakeapi.py").write_text(FRAMEWORK)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "fakeops.py").write_text(ADAPTER)
    monkeypatch.syspath_prepend(str(tmp_path / "own"))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "fakeapi", raising=False)
    monkeypatch.delitem(sys.modules, "fakeops", raising=False)
    import fakeapi
    import fakeops

    assert isinstance(fakeapi, types.ModuleType)
    watch = Watch((str(tmp_path / "own"),), ("fakeapi",))
    with pytest.raises(AttributeError) as caught:
        watch.call(lambda: getattr(fakeops, function)(fakeapi))
    assert watch.origin(caught.value) == origin


@pytest.mark.parametrize(("function", "origin"), [("added", "framework"), ("rooted", "adapter")])
def test_what_the_operands_of_an_operator_refuse_is_the_frameworks(function, origin, tmp_path, monkeypatch):
    (tmp_path / "addops.py").write_text(
        "import math, operator\n"
        "def added(day, less):\n    return operator.add(day, less)\n"
        "def rooted(day, less):\n    return math.sqrt(-1.0)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "addops", raising=False)
    import addops

    watch = Watch((str(tmp_path),), ("datetime",))
    with pytest.raises((OverflowError, ValueError)) as caught:
        watch.call(lambda: getattr(addops, function)(datetime.date.min, datetime.timedelta(-1)))
    assert watch.origin(caught.value) == origin
