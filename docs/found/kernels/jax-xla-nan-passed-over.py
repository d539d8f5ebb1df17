# jax under jit: min loses NaN (expected nan, got -inf)
#
# Seen with jax 0.10.2, mode jit, on cpu.
# There: NaN dropped: y[0,0,0,0,0] expected nan, got -inf (allowed error 0); 1 of 1 elements
# Exit status 1: the difference is there. 0: it is gone. 2: the script itself failed.
# Found by opassay, case f044692b2966e341.

import os
import platform
import sys


def failed(kind, error, trace):
    sys.__excepthook__(kind, error, trace)
    sys.stdout.flush()
    os._exit(2)


sys.excepthook = failed


os.environ.setdefault("NPROC", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

import numpy as np
import jax
import jax.numpy as jnp
from jax import lax

jax.config.update("jax_enable_x64", True)

print("jax", jax.__version__, "NumPy", np.__version__, "Python", platform.python_version(), platform.machine())


def raw(key, count):
    """Random 64-bit integers: raw Philox bits, the same on every machine."""
    return np.random.Philox(key=key).random_raw(count)


def normal(key, count):
    """A sum of four uniforms, in (-2, 2)."""
    parts = (raw(key, 4 * count) >> np.uint64(11)).reshape(4, count).sum(axis=0, dtype=np.uint64)
    return np.ldexp(parts.astype(np.int64) - np.int64(2**54), -53)


def special(key, count, tiny, huge):
    """Every eighth value is NaN, an infinity, a zero, subnormal, or the largest."""
    table = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, tiny, -3 * tiny, huge, -huge])
    pick = raw(key ^ (1 << 63), count)
    return np.where(pick % np.uint64(8) == 0, table[(pick >> np.uint64(32)) % np.uint64(9)], normal(key, count))


x = (special(880273976899021220, 49158, 1.401298464324817e-45, 3.4028234663852886e+38)).astype(np.float32).reshape((8193, 2, 3, 1, 1))

x = jnp.asarray(x)


def call(x):
    return jnp.min(x, (0, 1, 2, 3, 4), keepdims=True)


call = jax.jit(call)


def to_numpy(answer):
    answer = np.asarray(answer)
    return answer.astype(np.float32) if answer.dtype == jnp.bfloat16 else answer


def dtype_name(answer):
    return answer.dtype.name


def check(name, answer, shape, dtype, expected, allowed, places=None):
    """Print what is expected of an output and what came; whether they differ (at `places`, if these are given)."""
    actual, got = (None, None) if answer is None else (to_numpy(answer), dtype_name(answer))
    if actual is None or actual.shape != shape or got != dtype:
        print(f"expected {name}: {dtype} of shape {shape}")
        print(f"actual {name}: None" if actual is None else f"actual {name}: {got} of shape {actual.shape}")
        return True
    if places is not None:
        actual = np.array([actual[place] for place in places], dtype=actual.dtype)
    with np.errstate(all="ignore"):
        same = actual == expected
        if actual.dtype.kind == "f":
            same |= (np.isnan(actual) & np.isnan(expected)) | (np.abs(actual - expected) <= allowed)
    if places is None:
        print(f"expected {name}:\n{expected}\nactual {name}:\n{actual}")
    else:
        for place, want, have in zip(places, expected, actual):
            print(f"expected {name}[{', '.join(map(str, place))}] = {want}")
            print(f"actual {name}[{', '.join(map(str, place))}] = {have}")
    return not same.all()


def finish(differs):
    print("the difference is there" if differs else "the difference is gone")
    sys.exit(1 if differs else 0)


answers = call(x)
answers = answers if isinstance(answers, (tuple, list)) else (answers,)
if len(answers) != 1:
    print(f"expected 1 answers\nactual: {len(answers)} answers")
    finish(True)
wrong = [
    check("y", answers[0], (1, 1, 1, 1, 1), "float32", np.array([np.nan], dtype=np.float64).reshape((1, 1, 1, 1, 1)), 0),
]
finish(any(wrong))
