# jax under jit: conv2d handles NaN, infinity or subnormals differently
#
# Seen with jax 0.10.2, mode jit, on cpu.
# There: NaN appeared: y[0,0,0,1] expected 1, got nan (allowed error 2.22e-16); 1 of 2 elements
# Exit status 1: the difference is there. 0: it is gone.
# Found by opassay, case 7214c833e758cd9f.

import os
import platform
import sys

os.environ.setdefault("NPROC", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

import numpy as np
import jax
import jax.numpy as jnp
from jax import lax

jax.config.update("jax_enable_x64", True)

print("jax", jax.__version__, "NumPy", np.__version__, "Python", platform.python_version(), platform.machine())


x = np.array([np.inf, 1], dtype=np.float64).reshape((1, 1, 1, 2))
w = np.full((1, 1, 1, 2), 1, dtype=np.float64)

x = jnp.asarray(x)
w = jnp.asarray(w)


def call(x, w):
    return lax.conv_general_dilated(
        x, w, window_strides=(1, 1), padding='VALID', rhs_dilation=(1, 1),
        dimension_numbers=('NHWC', 'HWIO', 'NHWC'), feature_group_count=2,
    )


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


answers = call(x, w)
answers = answers if isinstance(answers, (tuple, list)) else (answers,)
if len(answers) != 1:
    print(f"expected 1 answers\nactual: {len(answers)} answers")
    finish(True)
wrong = [
    check("y", answers[0], (1, 1, 1, 2), "float64", np.array([np.inf, 1], dtype=np.float64).reshape((1, 1, 1, 2)), np.array([0, 2.2209881503365563e-16], dtype=np.float64).reshape((1, 1, 1, 2))),
]
finish(any(wrong))
