# tensorflow under eager: max_pool2d gives wrong elements
#
# Seen with tensorflow 2.21.0, mode eager, on cpu.
# There: y[0,0,17,0] expected -9223372036854775808, got 0 (allowed error 0); 6 of 38880 elements
# Exit status 1: the difference is there. 0: it is gone.
# Found by opassay, case c6c17d9c36401c08.

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


def raw(key, count):
    """Random 64-bit integers: raw Philox bits, the same on every machine."""
    return np.random.Philox(key=key).random_raw(count)


def chosen(key, count, table):
    return np.array(table)[(raw(key, count) >> np.uint64(32)) % np.uint64(len(table))]


x = (chosen(4599573522829008212, 42160, [-9223372036854775808, 9223372036854775807, 0, 1])).astype(np.int64).reshape((5, 16, 17, 31))

x = tf.constant(x)


def call(x):
    x = tf.transpose(x, (0, 2, 3, 1))
    return tf.transpose(tf.nn.pool(x, (4, 4), 'MAX', strides=(1, 1), padding=[[0, 0], [1, 3], [2, 0], [0, 0]], data_format='NHWC', dilations=(1, 2)), (0, 3, 1, 2))


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
    check("y", answers[0], (5, 16, 18, 27), "int64", np.full((6,), -9223372036854775808, dtype=np.int64), 0, places=[(0, 0, 17, 0), (0, 3, 17, 7), (0, 6, 17, 15), (2, 12, 17, 1), (2, 15, 17, 10), (3, 8, 17, 0)]),
]
finish(any(wrong))
