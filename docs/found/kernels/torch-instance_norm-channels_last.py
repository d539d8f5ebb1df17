# torch under eager: the gradient of instance_norm gives wrong elements (expected -8, got -2)
#
# Seen with torch 2.13.0+cpu, mode eager, on cpu.
# There: dbias[0,0,0] expected -8, got -2 (allowed error 0); 2 of 2 elements
# Exit status 1: the difference is there. 0: it is gone. 2: the script itself failed.
# Found by opassay, case 21222c57bc50017a.

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


x = np.array([3, -2, 2, 2, -1, -3, 2, -2], dtype=np.float32).reshape((1, 2, 2, 2))
weight = np.full((2, 1, 1), 1, dtype=np.float32)
bias = np.full((2, 1, 1), 1, dtype=np.float32)
dy = np.array([-2, -1, -2, -3, 2, -1, -3, -2], dtype=np.float32).reshape((1, 2, 2, 2))

x = torch.from_numpy(x)
weight = torch.from_numpy(weight)
bias = torch.from_numpy(bias)
dy = torch.from_numpy(np.ascontiguousarray(dy.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2))


def forward(x, weight, bias):
    return F.instance_norm(x, None, None, weight.reshape(-1), bias.reshape(-1), True, 0.0, 1e-05)


def call(x, weight, bias, dy):
    x = x.detach().requires_grad_()
    weight = weight.detach().requires_grad_()
    bias = bias.detach().requires_grad_()
    y = forward(x, weight, bias)
    gradients = torch.autograd.grad(y, (x, weight, bias), dy, allow_unused=True)
    return gradients


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


answers = call(x, weight, bias, dy)
answers = answers if isinstance(answers, (tuple, list)) else (answers,)
if len(answers) != 3:
    print(f"expected 3 answers\nactual: {len(answers)} answers")
    finish(True)
wrong = [
    check("dx", answers[0], (1, 2, 2, 2), "float32", np.array([0.2471372663875954, 0.06178572880984967, 0.10591597130896946, -0.4148389665064145,
    1.6035651606688104, -0.3818001378731322, -0.49634323363617505, -0.7254217891595028],
    dtype=np.float64).reshape((1, 2, 2, 2)), np.array([7.046952880277467e-06, 7.713729068567545e-06, 6.082794073530217e-06, 6.897887856304968e-06,
    5.53843820253907e-06, 6.94193661540566e-06, 9.643019058060608e-06, 6.589041267148776e-06],
    dtype=np.float64).reshape((1, 2, 2, 2))),
    check("dweight", answers[1], (2, 1, 1), "float32", np.array([-2.083019751261536, -2.6726086011146846], dtype=np.float64).reshape((2, 1, 1)), np.array([1.386789755457349e-05, 1.57457988838565e-05], dtype=np.float64).reshape((2, 1, 1))),
    check("dbias", answers[2], (2, 1, 1), "float32", np.array([-8, -4], dtype=np.float64).reshape((2, 1, 1)), 0),
]
finish(any(wrong))
