# mindspore under pynative: softmax loses NaN (expected nan, got 0)
#
# Seen with mindspore 2.10.0, mode pynative, on cpu.
# There: NaN dropped: y[0,0] expected nan, got 0 (allowed error 0); 4 of 4 elements
# Exit status 1: the difference is there. 0: it is gone. 2: the script itself failed.
# Found by opassay, case a4c7b02d446aba16.

import os
import platform
import sys


def failed(kind, error, trace):
    sys.__excepthook__(kind, error, trace)
    sys.stdout.flush()
    os._exit(2)


sys.excepthook = failed


import numpy as np
import mindspore as ms
import mindspore.numpy as mnp
from mindspore import ops

DTYPES = vars(ms) | {'bool': ms.bool_}
ms.set_context(mode=ms.PYNATIVE_MODE)
ms.set_device('CPU')



print("mindspore", ms.__version__, "NumPy", np.__version__, "Python", platform.python_version(), platform.machine())


x = np.array([-np.inf, -np.inf, 1, 1], dtype=np.float32).reshape((2, 2))

x = ms.Tensor(x)


def call(x):
    return ops.softmax(x, 1)


def to_numpy(answer):
    return answer.asnumpy()


def dtype_name(answer):
    return str(answer.dtype).lower()


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


answers = call(x)
answers = answers if isinstance(answers, (tuple, list)) else (answers,)
if len(answers) != 1:
    print(f"expected 1 answers\nactual: {len(answers)} answers")
    finish(True)
wrong = [
    check("y", answers[0], (2, 2), "float32", np.array([np.nan, np.nan, 0.5, 0.5], dtype=np.float64).reshape((2, 2)), np.array([0, 0, 3.5767890010229653e-07, 3.5767890010229653e-07], dtype=np.float64).reshape((2, 2))),
]
finish(any(wrong))
