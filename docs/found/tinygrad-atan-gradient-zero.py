# tinygrad under realize: the gradient of atan is off by more than rounding explains (expected 3, got 0)
#
# Seen with tinygrad 0.14.0, mode realize, on cpu.
# There: dx[0] expected 3, got 0 (allowed error 1.25e-06); 1 of 2 elements
# Exit status 1: the difference is there. 0: it is gone. 2: the script itself failed.
# Found by opassay, case 10e97c9984beeef7.

import os
import platform
import sys


def failed(kind, error, trace):
    sys.__excepthook__(kind, error, trace)
    sys.stdout.flush()
    os._exit(2)


sys.excepthook = failed


import numpy as np
import importlib.metadata

os.environ['DEV'] = 'CPU'
from tinygrad import Tensor, dtypes



print("tinygrad", importlib.metadata.version('tinygrad'), "NumPy", np.__version__, "Python", platform.python_version(), platform.machine())


x = np.array([0, 1], dtype=np.float32)
dy = np.array([3, 5], dtype=np.float32)

x = Tensor(x)
dy = Tensor(dy)


def forward(x):
    return x.atan()


def value_and_vjp(function, inputs, cotangents):
    """What the function returns, and its vector-Jacobian product; None for an integer."""
    floating = [i for i, x in enumerate(inputs) if x.is_floating_point()]
    several = function(*inputs)
    several = several if isinstance(several, tuple) else (several,)
    gradients = [None] * len(inputs)
    sent = [
        y.gradient(*(inputs[i] for i in floating), gradient=c)
        for y, c in zip(several, cotangents)
        if c is not None and floating
    ]
    for i, parts in zip(floating, zip(*sent)):
        gradients[i] = sum(parts[1:], start=parts[0])
    return several, tuple(gradients)


def call(x, dy):
    return value_and_vjp(forward, (x,), (dy,))[1]


def to_numpy(answer):
    return answer.numpy()


def dtype_name(answer):
    return str(answer.numpy().dtype)


def check(name, answer, shape, dtype, expected, allowed, places=None, signed=False):
    """Print what is expected of an output and what came; whether they differ (at `places`, if these are given).

    `signed`: a zero of the other sign differs, too.
    """
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
        if signed:
            same &= np.signbit(actual) == np.signbit(expected)
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
    check("dx", answers[0], (2,), "float32", np.array([3, 2.5], dtype=np.float64), np.array([1.2520035370425323e-06, 1.0433362808687768e-06], dtype=np.float64)),
]
finish(any(wrong))
