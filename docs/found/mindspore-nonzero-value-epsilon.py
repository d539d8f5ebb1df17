# mindspore under pynative: nonzero gives another shape
#
# Seen with mindspore 2.10.0, mode pynative, on cpu.
# There: y: expected shape (3, 1), got (1, 1)
# Exit status 1: the difference is there. 0: it is gone. 2: the script itself failed.
# Found by opassay, case 6a3858d5c7ac8dbb.

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


x = np.array([1, 9.99999993922529e-09, 0, -1.1920928955078125e-07], dtype=np.float32)

x = ms.Tensor(x)


def call(x):
    return ops.nonzero(x)


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
    check("y", answers[0], (3, 1), "int64", np.array([0, 1, 3], dtype=np.int64).reshape((3, 1)), 0),
]
finish(any(wrong))
