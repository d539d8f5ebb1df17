"""An adapter that does to its worker what frameworks do: one fault per mode, on products of int32."""

import ctypes
import os
import signal
import subprocess
import sys
import time

import numpy as np

from opassay.adapters import oracle
from opassay.harness.model.adapter import Adapter
from opassay.harness.model.dtypes import dtype_name, narrow

FRAMEWORK = {}
exec(
    compile(
        "class Unprintable(Exception):\n"
        "    def __str__(self):\n"
        "        raise RuntimeError('no words')\n"
        "def refuse(error):\n"
        "    raise error\n",
        "framework.py",
        "exec",
    ),
    FRAMEWORK,
)
"""Code that is not the adapter's: what raises here is the framework's."""


NOTHING = object()
"""Stands for the answer None, since a fault that returns None lets the right answer stand."""


class Elsewhere(np.ndarray):
    """An answer that lies on another device than the one asked for."""


HOARD = []
"""What is kept of earlier cases."""

DAMAGED = []
"""Not empty once memory of other cases was written to."""

LOST = []
"""Not empty once the device no longer computes."""


def wire_descriptors():
    """The descriptors that the worker made for itself, as a library that closes or writes to all of them finds them."""
    return [number for number in range(3, 64) if os.path.exists(f"/proc/self/fd/{number}")]


def sound(answer):
    """Nothing happens."""


def segfaults(answer):
    ctypes.string_at(0)


def aborts(answer):
    os.abort()


def exits(answer):
    os._exit(7)


def raises_system_exit(answer):
    sys.exit(3)


def kills_itself(answer):
    os.kill(os.getpid(), signal.SIGKILL)


def leaves_child(answer):
    """Ends while a child of its own, in another session, holds all its descriptors open."""
    for descriptor in wire_descriptors():
        os.set_inheritable(descriptor, True)
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(20)"], close_fds=False, start_new_session=True)
    os.abort()


def loops_in_python(answer):
    while True:
        time.sleep(0.01)


def loops_in_native_code(answer):
    """Never gives the interpreter back: a call through PyDLL keeps its lock."""
    ctypes.PyDLL(None).sleep(10**6)


def stops(answer):
    os.kill(os.getpid(), signal.SIGSTOP)


def damages(answer):
    """Answers rightly; the next other case ends the process."""
    DAMAGED.append(answer)


def hoards(answer):
    """Keeps a little of each case: no case alone takes too much."""
    HOARD.append(np.ones(200 * 2**17))
    time.sleep(0.4)


def grows(answer):
    held = []
    while True:
        held.append(np.ones(2**21))
        time.sleep(0.005)


def answers_hugely(answer):
    """More than a worker may send, without the memory for it."""
    return np.broadcast_to(np.zeros(1, answer.dtype), (2**20, 2**20))


def prints_garbage(answer):
    print("\x1b[31m\0garbage", flush=True)
    os.write(1, b"\xff\xfeopa1" * 20_000)
    os.write(2, b"\xff" * 200_000)


def writes_on_the_wire(answer):
    for descriptor in wire_descriptors():
        try:
            os.write(descriptor, b"garbage" * 10)
        except OSError:
            continue


def speaks_nonsense(answer):
    """A message of the right form that says nothing a worker could mean."""
    text = b'{"type": "start", "batch": {}, "positions": [null, "a"], "buffers": []}'
    message = b"opa1" + len(text).to_bytes(4, "big") + (0).to_bytes(8, "big") + text
    for descriptor in wire_descriptors():
        try:
            os.write(descriptor, message)
        except OSError:
            continue


def closes_descriptors(answer):
    """Closes everything, as a library that turns itself into a daemon does, and lives on."""
    os.closerange(0, 256)
    time.sleep(10**6)


def returns_none(answer):
    return NOTHING


def returns_objects(answer):
    return np.array([object()], dtype=object)


def returns_ragged(answer):
    return [[1.0], [2.0, 3.0]]


def returns_two(answer):
    return answer, answer


def raises_unprintable(answer):
    FRAMEWORK["refuse"](FRAMEWORK["Unprintable"]())


def raises_unstorable(answer):
    """A message that no text file can hold as it is: a lone surrogate, a NUL, a megabyte."""
    FRAMEWORK["refuse"](ValueError("\ud800\0\x1b[31m" + "x" * 10**6))


def computes_elsewhere(answer):
    return answer.view(Elsewhere)


def loses_its_device(answer):
    """An error after which every call fails, as some of CUDA's."""
    LOST.append(True)
    FRAMEWORK["refuse"](RuntimeError("an illegal memory access was encountered"))


def loses_its_device_to_all(answer):
    """The same, where many cases are one program."""
    loses_its_device(answer)


class Faulty(Adapter):
    """A fault gets the right answer, and returns nothing or what to answer instead."""

    name = "faulty"
    modes = (
        "sound",
        "segfaults",
        "aborts",
        "exits",
        "raises_system_exit",
        "kills_itself",
        "leaves_child",
        "loops_in_python",
        "loops_in_native_code",
        "stops",
        "grows",
        "hoards",
        "answers_hugely",
        "prints_garbage",
        "writes_on_the_wire",
        "speaks_nonsense",
        "closes_descriptors",
        "returns_none",
        "returns_objects",
        "returns_ragged",
        "returns_two",
        "raises_unprintable",
        "raises_unstorable",
        "computes_elsewhere",
        "loses_its_device",
        "loses_its_device_to_all",
        "damages",
    )
    fused_modes = frozenset({"loses_its_device_to_all"})

    def __init__(self, device="cpu"):
        super().__init__(device)
        self._fault = sound

    def devices(self):
        return ("cpu",)

    def version(self):
        return "1"

    def origin(self):
        return __file__

    def to_native(self, array):
        return array.copy()

    def to_numpy(self, value):
        return value

    def location(self, value):
        return "cpu:1" if isinstance(value, Elsewhere) else self.device

    def healthy(self):
        return not LOST

    def compile(self, fn, mode):
        self._fault = globals()[mode]
        return fn

    def matmul(self, a, b):
        if LOST:
            FRAMEWORK["refuse"](RuntimeError("an illegal memory access was encountered"))
        answer = narrow(oracle.matmul(a, b), dtype_name(a))
        if dtype_name(a) != "int32":
            if DAMAGED:
                os.abort()
            return answer
        instead = self._fault(answer)
        if instead is NOTHING:
            return None
        return answer if instead is None else instead


class CannotStart(Faulty):
    name = "cannot_start"
    modes = ("sound",)

    def version(self):
        FRAMEWORK["refuse"](ImportError("libframework.so.7: cannot open shared object file"))


class DiesAtStart(Faulty):
    name = "dies_at_start"
    modes = ("sound",)

    def __init__(self, device="cpu"):
        os.abort()


class GreetsWithNonsense(Faulty):
    name = "greets_with_nonsense"
    modes = ("sound",)

    def version(self):
        return 7
