# jax under jit: the gradient of max_pool2d handles NaN, infinity or subnormals differently
#
# Seen with jax 0.10.2, mode jit, on cpu.
# There: NaN dropped: dx[0,6,0,16] expected nan, got 0 (allowed error 0); 10 of 272 elements
# Exit status 1: the difference is there. 0: it is gone.
# Found by opassay, case f8d2c326e2792419.

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


x = (special(5778820455630311582, 272, 1.401298464324817e-45, 3.4028234663852886e+38)).astype(np.float32).reshape((1, 8, 2, 17))
dy = (special(5778821555141939359, 288, 1.401298464324817e-45, 3.4028234663852886e+38)).astype(np.float32).reshape((1, 8, 2, 18))

x = jnp.asarray(x)
dy = jnp.asarray(dy)


def forward(x):
    return lax.reduce_window(x, np.array(-np.inf, np.float32), lax.max, (1, 1, 5, 2), (1, 1, 3, 1), ((0, 0), (0, 0), (4, 4), (1, 1)), window_dilation=(1, 1, 1, 1))


def call(x, dy):
    _, pullback = jax.vjp(forward, x)
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


answers = call(x, dy)
answers = answers if isinstance(answers, (tuple, list)) else (answers,)
if len(answers) != 1:
    print(f"expected 1 answers\nactual: {len(answers)} answers")
    finish(True)
wrong = [
    check("dx", answers[0], (1, 8, 2, 17), "float32", np.array([0.3942156434059143, 0.6070817112922668, 0.8745207190513611, 0.7996231913566589, 0, 0,
    -0.25529807806015015, np.nan], dtype=np.float64), np.array([2.8975505211693043e-07, 7.236979251054978e-08, 2.606275776349224e-07, 3.089984369514396e-07, 0, 0,
    3.0433907979580666e-08, 0], dtype=np.float64), places=[(0, 2, 1, 7), (0, 2, 1, 8), (0, 5, 0, 16), (0, 5, 1, 12), (0, 5, 1, 13), (0, 5, 1, 16), (0, 6, 0, 15), (0, 6, 0, 16)]),
]
finish(any(wrong))
