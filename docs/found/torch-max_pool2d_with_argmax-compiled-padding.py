# torch under compile: max_pool2d_with_argmax gives wrong elements
#
# Seen with torch 2.13.0+cpu, mode compile, on cpu.
# There: indices[0,0,0,0] expected 0, got -1 (allowed error 0); 1 of 3 elements
# Exit status 1: the difference is there. 0: it is gone.
# Found by opassay, case b67fa940b5d03c84.

import platform
import sys

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)

print("torch", torch.__version__, "NumPy", np.__version__, "Python", platform.python_version(), platform.machine())


x = np.full((1, 1, 2, 1), -128, dtype=np.int8)

x = torch.from_numpy(x)


def call(x):
    x = x.movedim(-1, -3)
    y, plane = F.max_pool2d(x, (1, 2), stride=(1, 1), padding=(0, 1), dilation=(1, 1), ceil_mode=False, return_indices=True)
    # torch counts within a plane, this index within a sample: (row * width + column) * 1 + c
    indices = plane * 1 + torch.arange(1, device=x.device).view(-1, 1, 1)
    return y.movedim(-3, -1), indices.movedim(-3, -1)


call = torch.compile(call, dynamic=False)


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


answers = call(x)
answers = answers if isinstance(answers, (tuple, list)) else (answers,)
if len(answers) != 2:
    print(f"expected 2 answers\nactual: {len(answers)} answers")
    finish(True)
wrong = [
    check("values", answers[0], (1, 1, 3, 1), "int8", np.full((1, 1, 3, 1), -128, dtype=np.int8), 0),
    check("indices", answers[1], (1, 1, 3, 1), "int64", np.array([0, 0, 1], dtype=np.int64).reshape((1, 1, 3, 1)), 0),
]
finish(any(wrong))
