# tensorflow under eager: max_pool2d handles NaN, infinity or subnormals differently
#
# Seen with tensorflow 2.21.0, mode eager, on cpu.
# There: NaN dropped: y[0,0,1,0] expected nan, got 1 (allowed error 0); 4 of 5 elements
# Exit status 1: the difference is there. 0: it is gone.
# Found by opassay, case 6ebfed5dc2104650.

import os
import platform
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

tf.get_logger().setLevel("ERROR")
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)

print("tensorflow", tf.__version__, "NumPy", np.__version__, "Python", platform.python_version(), platform.machine())


x = np.array([1, np.nan, 7, np.nan], dtype=np.float32).reshape((1, 1, 4, 1))

x = tf.constant(x)


def call(x):
    return tf.nn.max_pool2d(x, (1, 2), (1, 1), [[0, 0], [0, 0], [1, 1], [0, 0]], data_format='NHWC')


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
    check("y", answers[0], (1, 1, 5, 1), "float32", np.array([1, np.nan, np.nan, np.nan, np.nan], dtype=np.float64).reshape((1, 1, 5, 1)), 0),
]
finish(any(wrong))
