"""Whose an exception is: the framework's where a module that the adapter declares raised it, in Python or compiled."""

import functools
import math
import operator
import os
import subprocess
import sys
from collections import UserDict
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from opassay.harness.model.adapter import Adapter
from opassay.harness.worker.origin import Watch, framework_modules

ROWS = np.ones((2, 3))
TABLE = {"maximum": np.maximum}


def ufunc():
    return np.maximum(ROWS, np.ones(4))


def ufunc_by_table():
    return TABLE["maximum"](ROWS, np.ones(4))


def ufunc_by_partial():
    added = functools.partial(np.add, np.ones(4))
    return added(ROWS)


def ufunc_method():
    np.add.at(ROWS, (5, 5), 1)


def product():
    return ROWS @ ROWS


def product_of_results():
    return (ROWS + 1) @ np.abs(ROWS)


def entry():
    return ROWS[7]


def assignment():
    ROWS[7] = 1.0


def in_place():
    rows = np.ones(2)
    rows += np.ones(3)


def compiled():
    return np.concatenate([ROWS, np.ones(4)])


def python_function():
    return np.pad(ROWS, -1)


def method():
    return ROWS.reshape(7)


def method_of_a_part_of_a_result():
    return np.stack((ROWS, ROWS)).T[0].__matmul__(np.ones(5))


def by_operator():
    return operator.matmul(ROWS, ROWS)


def by_operator_of_many():
    both = (ROWS, ROWS)
    return operator.matmul(*both)


@pytest.mark.parametrize(
    "call",
    [
        ufunc,
        ufunc_by_table,
        ufunc_by_partial,
        ufunc_method,
        product,
        product_of_results,
        entry,
        assignment,
        in_place,
        compiled,
        python_function,
        method,
        method_of_a_part_of_a_result,
        by_operator,
        by_operator_of_many,
    ],
)
def test_what_numpy_raises_is_its_own_where_it_is_the_framework_and_else_a_fault(call):
    assert origin(call, "numpy") == "framework"
    assert origin(call, "torch") == "adapter"


CALLS = iter(int, 1)


def function_without_module():
    return sys.modules["fakeframework"].join(7)


def method_of_a_type_without_module():
    return CALLS.__reduce__(7)


@pytest.mark.parametrize("call", [function_without_module, method_of_a_type_without_module])
def test_what_names_no_module_is_whose_module_holds_it(call, monkeypatch):
    made = ModuleType("fakeframework")
    made.join, made.callable_iterator = "".join, type(CALLS)
    monkeypatch.setitem(sys.modules, "fakeframework.absent", object())
    monkeypatch.setitem(sys.modules, "fakeframework", made)
    assert {made.join.__module__, made.callable_iterator.__module__} == {None, "builtins"}
    assert origin(call, "fakeframework") == "framework"
    assert origin(call, "numpy") == "adapter"
    monkeypatch.setitem(sys.modules, "elsewhere", made)
    assert origin(call, "fakeframework") == "adapter"


NANOBIND = """
import sys
from jaxlib import _jax
from opassay.harness.worker.origin import Watch

assert type(_jax.pjrt_plugin_loaded).__module__ == "nanobind"

def of_a_module():
    _jax.pjrt_plugin_loaded(7)

def of_a_class():
    _jax.CompileOptions().SerializeAsString(7)

for call in (of_a_module, of_a_class):
    for framework in ("jaxlib", "numpy"):
        watch = Watch((__file__,), (framework,))
        try:
            watch.call(call)
        except TypeError as error:
            assert watch._last is None, "it made an event for the profiler: find one that makes none"
            print(watch.origin(error))
"""


def test_what_nanobind_binds_is_told_by_its_module(tmp_path):
    (tmp_path / "bound.py").write_text(NANOBIND)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, str(tmp_path / "bound.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout.split() == ["framework", "adapter"] * 2, done.stderr


def raises():
    raise ValueError("an adapter may not validate")


def raises_what_numpy_raised():
    try:
        return ROWS @ ROWS
    except ValueError as error:
        raise ValueError(str(error)) from None


def builtin():
    return int("nothing")


def absent():
    return ROWS.no_such_method


def library():
    return math.sqrt(-1.0)


def of_its_own():
    return {}["nothing"]


@pytest.mark.parametrize("call", [raises, raises_what_numpy_raised, builtin, absent, library, of_its_own])
def test_what_the_adapter_or_python_raises_is_a_fault(call):
    assert origin(call, "numpy") == "adapter"


def calls_back():
    return functools.reduce(lambda a, b: raises(), [1, 2])


def through_a_library():
    return UserDict()["nothing"]


def test_a_library_is_whose_who_called_it():
    assert origin(calls_back, "functools") == "adapter"
    assert origin(through_a_library, "numpy") == "adapter"
    assert origin(through_a_library, "collections") == "framework"


def test_an_adapters_own_file_may_be_the_framework():
    assert origin(raises, __name__) == "framework"
    assert origin(raises, __name__[:-1]) == "adapter"


class Bare(Adapter):
    name = "bare"
    modes = ("eager",)

    def devices(self):
        return ("cpu",)


class OfNumpy(Bare):
    def origin(self):
        return np.__file__


class Declared(OfNumpy):
    frameworks = ("a", "b.c")


def test_the_framework_is_what_is_declared_or_what_origin_names():
    assert framework_modules(Bare()) == ()
    assert framework_modules(OfNumpy()) == ("numpy",)
    assert framework_modules(Declared()) == ("a", "b.c")


def origin(call, framework):
    watch = Watch((__file__,), (framework,))
    with pytest.raises(Exception) as caught:  # noqa: PT011 - each of another type
        watch.call(call)
    return watch.origin(caught.value)
