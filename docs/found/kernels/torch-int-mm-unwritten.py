# torch under eager: matmul_widened gives wrong elements (expected 12, got 681516448)
#
# Seen with torch 2.13.0+cpu, mode eager, on cpu.
# There: y[0,0] expected 12, got 681516448 (allowed error 0); 28 of 28 elements
# Exit status 1: the difference is there. 0: it is gone. 2: the script itself failed.
# Found by opassay, case 1af9a38222add9e3.

import os
import platform
import sys


def failed(kind, error, trace):
    sys.__excepthook__(kind, error, trace)
    sys.stdout.flush()
    os._exit(2)


sys.excepthook = failed


import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)

print("torch", torch.__version__, "NumPy", np.__version__, "Python", platform.python_version(), platform.machine())


def raw(key, count):
    """Random 64-bit integers: raw Philox bits, the same on every machine."""
    return np.random.Philox(key=key).random_raw(count)


def chosen(key, count, table):
    return np.array(table)[(raw(key, count) >> np.uint64(32)) % np.uint64(len(table))]


a = (chosen(2518587503765158650, 256, [1, 2, 3, -1, -2, -3])).astype(np.int8).reshape((4, 64))
b = np.array([1, 3, 1, 1, -3, 1, -2, -1, -1, -3, -3, -1, 3, 1, -3, 1, -3, 3, -3, -1, 2, 3, 3, -1, 2, -3, -3, 1,
    -3, 2, -2, -2, 3, -2, 2, -1, -1, 3, 2, -3, 2, 1, -1, -1, -3, -1, -3, -2, -1, -3, 1, -1, 2, -2, 2, -3, -2, 2,
    3, -2, -3, -3, 2, 1], dtype=np.int8).reshape((64, 1))  # to be repeated as (64, 7)

a = torch.from_numpy(a)
b = torch.from_numpy(b)
b = b.expand(64, 7)


def call(a, b):
    return torch._int_mm(a, b)


def to_numpy(answer):
    answer = answer.detach().cpu()
    return (answer.to(torch.float32) if answer.dtype == torch.bfloat16 else answer).numpy()


def dtype_name(answer):
    return str(answer.dtype).removeprefix("torch.")


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


answers = call(a, b)
answers = answers if isinstance(answers, (tuple, list)) else (answers,)
if len(answers) != 1:
    print(f"expected 1 answers\nactual: {len(answers)} answers")
    finish(True)
wrong = [
    check("y", answers[0], (4, 7), "int32", np.array([12, 12, 12, 12, 12, 12, 12, 53, 53, 53, 53, 53, 53, 53, 23, 23, 23, 23, 23, 23, 23, 37, 37, 37, 37,
    37, 37, 37], dtype=np.int32).reshape((4, 7)), 0),
]
finish(any(wrong))
