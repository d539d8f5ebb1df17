"""An adapter of NumPy and the oracle, and others that each break one promise of the contract."""

import os

import numpy as np

from opassay.adapters import oracle
from opassay.harness.model import dtypes
from opassay.harness.model.adapter import Adapter, Unconnected, Unsupported

FEW = 64
"""The elements of which it takes finite differences: more than any worked example of the contract has."""


class Fake(Adapter):
    """What a correct one looks like."""

    name = "fake"
    modes = ("plain",)
    frameworks = ("opassay.adapters.oracle",)

    def devices(self):
        return ("cpu",)

    def version(self):
        return np.__version__

    def origin(self):
        return np.__file__

    def to_native(self, array):
        return np.array(array)

    def to_numpy(self, value):
        return np.array(value)

    def compile(self, fn, mode):
        return fn

    def vjp(self, fn, inputs, cotangents):
        if sum(x.size for x in inputs) > FEW:
            raise Unsupported("finite differences of so many elements take minutes")
        return tuple(self._gradient(fn, inputs, cotangents, i) for i in range(len(inputs)))

    def _gradient(self, fn, inputs, cotangents, i):
        moved, x, touched = np.zeros(inputs[i].shape), inputs[i], False
        if x.dtype.kind != "f":
            return Unconnected
        for at in np.ndindex(x.shape):
            bumped = [np.array(v) for v in inputs]
            bumped[i][at] += x.dtype.type(0.25)
            for old, new, c in zip(fn(*inputs), fn(*bumped), cotangents, strict=True):
                if c is not None and not isinstance(old, Stopped):
                    moved[at] += ((new - old) * c).sum() / 0.25
                    touched |= bool((new != old).any())
        return moved.astype(x.dtype) if touched else Unconnected


class Stopped(np.ndarray):
    pass


def _op(name):
    def method(self, *arrays, **attributes):
        answer, *places = oracle.OPS[name].values(*arrays, **attributes)
        data = dtypes.dtype_name(arrays[1 if name == "scatter_nd" else 0])
        if places:
            return dtypes.narrow(answer, data), *places
        narrow = dtypes.narrow(answer, data)
        return narrow.view(Stopped) if name == "stop_gradient" else narrow

    return method


for _name in oracle.OPS:
    setattr(Fake, _name, _op(_name))


class Aliasing(Fake):
    def to_native(self, array):
        return array


class Converting(Fake):
    def to_native(self, array):
        return dtypes.narrow(dtypes.widen(array), dtypes.dtype_name(array))


class Writing(Fake):
    def relu(self, x):
        x[...] = super().relu(x)
        return x


class Widening(Fake):
    def matmul(self, a, b):
        return oracle.matmul(a, b)


class Lifting(Fake):
    def relu(self, x):
        return np.atleast_1d(super().relu(x))


class Padding(Fake):
    name = "fake"
    modes = ("plain",)

    def conv2d(self, x, w, **k):
        return super().conv2d(x, w, **{**k, "padding": "SAME" if k["stride"][0] > 1 else k["padding"]})


class Swallowing(Fake):
    def conv2d_transpose(self, x, w, *, output_shape, **k):
        try:
            return super().conv2d_transpose(x, w, output_shape=output_shape, **k)
        except Exception:
            return np.zeros(output_shape, x.dtype)


class Validating(Fake):
    name = "fake"
    modes = ("plain",)

    def matmul(self, a, b):
        if a.shape[-1] != b.shape[-2]:
            raise ValueError("checked on the framework's behalf")
        return super().matmul(a, b)


class Leaving(Fake):
    def matmul(self, a, b):
        try:
            return super().matmul(a, b)
        except Exception:
            raise SystemExit("this is no error of the framework") from None


class Elsewhere(Fake):
    def location(self, value):
        return "cuda:0"


class Anywhere(Fake):
    def __init__(self, device="cpu"):
        self.device = device


class Overcautious(Fake):
    def unsupported(self, op, mode, dtypes, attributes):
        return "we did not care to try this" if op == "relu" and dtypes[0] == "int8" else None


class Terse(Fake):
    def relu(self, x):
        if x.dtype == np.int8:
            raise Unsupported("no")
        return super().relu(x)


class Hiding(Fake):
    def relu(self, x):
        try:
            return np.maximum(x, x.dtype.type(0))
        except TypeError:
            raise Unsupported("the framework has no such dtype at all") from None


class Honest(Hiding):
    def relu(self, x):
        if x.dtype == dtypes.BFLOAT16:
            raise Unsupported("the framework has no such dtype at all")
        return super().relu(x)


class Zeros(Fake):
    def vjp(self, fn, inputs, cotangents):
        found = super().vjp(fn, inputs, cotangents)
        lacks = [g is Unconnected and x.dtype.kind == "f" for x, g in zip(inputs, found, strict=True)]
        return tuple(np.zeros_like(x) if none else g for x, g, none in zip(inputs, found, lacks, strict=True))


class Summing(Fake):
    def vjp(self, fn, inputs, cotangents):
        return super().vjp(fn, inputs, [None if c is None else np.ones_like(c) for c in cotangents])


class Remembering(Fake):
    """Takes a program for another that took the same shapes."""

    modes, fused_modes = ("plain", "fast"), frozenset({"fast"})

    def __init__(self, device="cpu"):
        super().__init__(device)
        self._programs = {}

    def compile(self, fn, mode):
        if mode == "plain":
            return fn

        def program(*arrays):
            key = tuple((a.shape, a.dtype.str) for a in arrays)
            return self._programs.setdefault(key, fn)(*arrays)

        return program


class Nameless(Fake):
    version = Adapter.version


class Extended(Fake):
    no_op_of_ours = Fake.relu


class OneOp(Adapter):
    """All that a first adapter has."""

    name = "oneop"
    modes = ("plain",)
    devices, version, origin, compile = Fake.devices, Fake.version, Fake.origin, Fake.compile
    to_native, to_numpy = Fake.to_native, Fake.to_numpy
    relu = Fake.relu

    def vjp(self, fn, inputs, cotangents):
        raise Unsupported("this framework computes no gradients")


class Crashing(OneOp):
    def relu(self, x):
        if x.dtype == np.int8:
            os.abort()
        return super().relu(x)


class Quitting(OneOp):
    def relu(self, x):
        if x.dtype == np.int8:
            os._exit(0)
        return super().relu(x)


class Cautious(Crashing):
    lacking = {"relu": "int8"}  # noqa: RUF012


class CrashingTogether(OneOp):
    """Ends its process by any program, and answers each case alone."""

    modes, fused_modes = ("plain", "fast"), frozenset({"fast"})

    def compile(self, fn, mode):
        return fn if mode == "plain" else lambda *arrays: os.abort()


class Unread(OneOp):
    """Its arrays have elements."""

    def to_numpy(self, value):
        if not value.size:
            raise ValueError("nothing to read")
        return super().to_numpy(value)


class Filled(Converting):
    """Refuses arrays without elements, as a limit, and changes others."""

    def to_native(self, array):
        if not array.size:
            raise Unsupported("its arrays have elements")
        return super().to_native(array)


class Wordless(OneOp):
    """Has no float16, nor a word for it, and says so twice."""

    dtypes = ("float32", "float64")

    def cast(self, x, *, to):
        if to not in self.dtypes:
            raise Unsupported(f"this framework has no word for {to}")
        return x.astype(to)
