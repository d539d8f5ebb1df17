# torch under compile: the gradient of max_pool2d gives wrong elements
#
# Seen with torch 2.13.0+cpu, mode compile, on cpu.
# There: dx[0,5,6,2] expected 0, got 150 (allowed error 0); 360 of 5280 elements
# Exit status 1: the difference is there. 0: it is gone.
# Found by opassay, case 5bce96cb7c5e37d7.

import platform
import sys

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)

print("torch", torch.__version__, "NumPy", np.__version__, "Python", platform.python_version(), platform.machine())


x = ((np.arange(5280) + 33) % 251 + 1).astype(np.float64).reshape((5, 32, 11, 3))
dy = ((np.arange(330) + 147) % 251 + 1).astype(np.float64).reshape((5, 22, 1, 3))

x = torch.from_numpy(np.ascontiguousarray(x.T).T)
buffer = np.zeros((10, 22, 1, 3), dy.dtype)
buffer[::2] = dy
dy = torch.from_numpy(buffer[::2])


def forward(x):
    x = x.movedim(-1, -3)
    y = F.max_pool2d(x, (11, 11), stride=(1, 1), padding=(0, 0), dilation=(1, 1), ceil_mode=False)
    return y.movedim(-3, -1)


def call(x, dy):
    x = x.detach().requires_grad_()
    y = forward(x)
    gradients = torch.autograd.grad(y, (x,), dy, allow_unused=True)
    return gradients


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


answers = call(x, dy)
answers = answers if isinstance(answers, (tuple, list)) else (answers,)
if len(answers) != 1:
    print(f"expected 1 answers\nactual: {len(answers)} answers")
    finish(True)
wrong = [
    check("dx", answers[0], (5, 32, 11, 3), "float64", np.array([0, 0, 618, 610, 1106, 0, 0, 0], dtype=np.float64), 0, places=[(0, 5, 6, 2), (0, 5, 10, 2), (0, 6, 5, 2), (0, 6, 6, 0), (0, 6, 6, 1), (0, 6, 9, 2), (0, 6, 10, 0), (0, 7, 4, 2)]),
]
finish(any(wrong))
