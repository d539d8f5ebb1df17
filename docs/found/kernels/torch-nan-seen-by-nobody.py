# torch under eager: attention loses NaN (expected nan, got 0)
#
# Seen with torch 2.13.0+cpu, mode eager, on cpu.
# There: NaN dropped: y[0,0,0,0] expected nan, got 0 (allowed error 0); 2 of 2 elements
# Exit status 1: the difference is there. 0: it is gone. 2: the script itself failed.
# Found by opassay, case 9efdb586f68faac2.

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


query = np.full((1, 1, 1, 2), np.nan, dtype=np.float32)
key = np.array([1, 2, 3, 4, 5, 6], dtype=np.float32).reshape((1, 1, 3, 2))
value = np.full((1, 1, 3, 2), 1, dtype=np.float32)

query = torch.from_numpy(query)
key = torch.from_numpy(key)
value = torch.from_numpy(value)


def call(query, key, value):
    return F.scaled_dot_product_attention(query, key, value, torch.ones(query.shape[2], key.shape[2], dtype=torch.bool).tril(key.shape[2] - query.shape[2]).to(query.device) if False == 'lower_right' else None, 0.0, False == 'upper_left', scale=0.25 or None, enable_gqa=query.shape[1] != key.shape[1])


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


answers = call(query, key, value)
answers = answers if isinstance(answers, (tuple, list)) else (answers,)
if len(answers) != 1:
    print(f"expected 1 answers\nactual: {len(answers)} answers")
    finish(True)
wrong = [
    check("y", answers[0], (1, 1, 1, 2), "float32", np.full((1, 1, 1, 2), np.nan, dtype=np.float64), 0),
]
finish(any(wrong))
