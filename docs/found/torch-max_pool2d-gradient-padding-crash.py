# torch under eager: the gradient of max_pool2d ends the process
#
# Seen with torch 2.13.0+cpu, mode eager, on cpu.
# There: the worker ended: SIGABRT
# Exit status 1: the difference is there. 0: it is gone.
# Found by opassay, case fec225ef17874bde.

import platform
import signal
import subprocess
import sys

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)

print("torch", torch.__version__, "NumPy", np.__version__, "Python", platform.python_version(), platform.machine())


def raw(key, count):
    """Random 64-bit integers: raw Philox bits, the same on every machine."""
    return np.random.Philox(key=key).random_raw(count)


def cancelling(key, count, precision):
    """Pairs that differ in their last bits (an even key), or values just above 1."""
    noise = 1.0 + np.ldexp((raw(key, count) & np.uint64(7)).astype(np.float64), 1 - precision)
    if key & 1:
        return noise
    pair = np.ldexp((raw(key, (count + 1) // 2) >> np.uint64(40)).astype(np.float64), -24) + 1.0
    return np.repeat(pair, 2)[:count] * (1.0 - 2.0 * (np.arange(count) % 2)) * noise * 8.0


x = (cancelling(9199945965545924590, 60000, 24)).astype(np.float32).reshape((1, 1, 1, 60000))
dy = (cancelling(9199947065057552367, 20000, 24)).astype(np.float32).reshape((1, 1, 1, 20000))

x = torch.from_numpy(x)
dy = torch.from_numpy(dy)


def forward(x):
    y = F.max_pool2d(x, (2, 2), stride=(3, 3), padding=(1, 0), dilation=(2, 2), ceil_mode=False)
    return y


def call(x, dy):
    x = x.detach().requires_grad_()
    y = forward(x)
    gradients = torch.autograd.grad(y, (x,), dy, allow_unused=True)
    return gradients


def to_numpy(answer):
    answer = answer.detach().cpu()
    return (answer.to(torch.float32) if answer.dtype == torch.bfloat16 else answer).numpy()


def dtype_name(answer):
    return str(answer.dtype).removeprefix("torch.")


def show(answers):
    for answer in answers if isinstance(answers, (tuple, list)) else (answers,):
        if answer is None:
            print("None")
        else:
            values = to_numpy(answer)
            print(f"{dtype_name(answer)} of shape {values.shape}: {values.ravel()[:8]}")


def finish(differs):
    print("the difference is there" if differs else "the difference is gone")
    sys.exit(1 if differs else 0)


if sys.argv[1:] != ["call"]:
    # The call ends or blocks its process, so it is made in a child; run this file with the argument `call` to see it.
    print("expected an answer or an error", flush=True)
    status = subprocess.run([sys.executable, __file__, "call"]).returncode
    ended = signal.Signals(-status).name if status < 0 else f"exit status {status}"
    print(f"actual: the process ended ({ended})" if status else "actual: it returns or raises")
    finish(status != 0)

try:
    show(call(x, dy))
except Exception as error:
    print(f"{type(error).__name__}: {error}", flush=True)
