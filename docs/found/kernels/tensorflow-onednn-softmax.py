# tensorflow under eager: softmax loses NaN (expected nan, got 0)
#
# Seen with tensorflow 2.21.0, mode eager, on cpu.
# There: NaN dropped: y[5,0] expected nan, got 0 (allowed error 0); 2 of 27 elements
# Exit status 1: the difference is there. 0: it is gone. 2: the script itself failed.
# Found by opassay, case eae14e9f934d959c.

import os
import platform
import sys


def failed(kind, error, trace):
    sys.__excepthook__(kind, error, trace)
    sys.stdout.flush()
    os._exit(2)


sys.excepthook = failed


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

tf.get_logger().setLevel("ERROR")
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)

print("tensorflow", tf.__version__, "NumPy", np.__version__, "Python", platform.python_version(), platform.machine())


x = np.array([-np.inf, -np.inf, -np.inf, np.inf, np.inf, np.inf, np.nan, np.nan, np.nan, 1, 1, 1, -1, -2, -3, 1,
    np.nan, 3, -np.inf, 0.5, -np.inf, -0.0, -0.0, -0.0, 0, 2, 0], dtype=np.float32).reshape((9, 3))

x = tf.constant(x)


def call(x):
    return tf.nn.softmax(x, 1)


def to_numpy(answer):
    answer = tf.convert_to_tensor(answer).numpy()
    return answer.astype(np.float32) if answer.dtype == tf.bfloat16.as_numpy_dtype else answer


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


answers = call(x)
answers = answers if isinstance(answers, (tuple, list)) else (answers,)
if len(answers) != 1:
    print(f"expected 1 answers\nactual: {len(answers)} answers")
    finish(True)
wrong = [
    check("y", answers[0], (9, 3), "float32", np.array([np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, 0.3333333333333333,
    0.3333333333333333, 0.3333333333333333, 0.6652409557748218, 0.24472847105479764, 0.09003057317038046, np.nan,
    np.nan, np.nan, 0, 1, 0, 0.3333333333333333, 0.3333333333333333, 0.3333333333333333, 0.10650697891920073,
    0.7869860421615984, 0.10650697891920073], dtype=np.float64).reshape((9, 3)), np.array([0, 0, 0, 0, 0, 0, 0, 0, 0, 2.732365755691032e-07, 2.732365755691032e-07, 2.732365755691032e-07,
    4.04504756140434e-07, 2.1231863161747134e-07, 9.905549053363373e-08, 0, 0, 0, 3.5032461608120427e-45,
    4.172617316667489e-07, 3.5032461608120427e-45, 2.732365755691032e-07, 2.732365755691032e-07,
    2.732365755691032e-07, 1.1210862507275971e-07, 3.8277378153916647e-07, 1.1210862507275971e-07],
    dtype=np.float64).reshape((9, 3))),
]
finish(any(wrong))
