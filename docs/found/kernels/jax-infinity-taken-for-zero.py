# jax under jit: the gradient of logaddexp is off by more than rounding explains (expected 0, got 2.71828175)
#
# Seen with jax 0.10.2, mode jit, on cpu.
# There: da[0] expected 0, got 2.71828175 (allowed error 7.01e-46); 1 of 2 elements
# Exit status 1: the difference is there. 0: it is gone. 2: the script itself failed.
# Found by opassay, case c46a0cbbb2a28bf4.

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


a = np.full((2,), 1, dtype=np.float32)
b = np.array([np.inf, 1], dtype=np.float32)
dy = np.full((2,), 1, dtype=np.float32)

a = jnp.asarray(a)
b = jnp.asarray(b)
dy = jnp.asarray(dy)


def forward(a, b):
    return jnp.logaddexp(a, b)


def call(a, b, dy):
    _, pullback = jax.vjp(forward, a, b)
    return pullback(dy)


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


answers = call(a, b, dy)
answers = answers if isinstance(answers, (tuple, list)) else (answers,)
if len(answers) != 2:
    print(f"expected 2 answers\nactual: {len(answers)} answers")
    finish(True)
wrong = [
    check("da", answers[0], (2,), "float32", np.array([0, 0.5], dtype=np.float64), np.array([7.006492321624085e-46, 2.9802324968963855e-07], dtype=np.float64)),
    check("db", answers[1], (2,), "float32", np.array([1, 0.5], dtype=np.float64), np.array([0, 2.9802324968963855e-07], dtype=np.float64)),
]
finish(any(wrong))
