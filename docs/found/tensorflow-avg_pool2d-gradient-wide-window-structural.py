# tensorflow under eager: the gradient of avg_pool2d gives wrong elements
#
# Seen with tensorflow 2.21.0, mode eager, on cpu.
# There: dx[0,3,0,0] expected 6.47777778, got 50.8944444 (allowed error 4.32e-15); 196 of 196 elements
# Exit status 1: the difference is there. 0: it is gone.
# Found by opassay, case 2342ffe4e99c1a47.

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


x = ((np.arange(196) + 106) % 251 + 1).astype(np.float64).reshape((1, 4, 7, 7))
dy = ((np.arange(98) + 220) % 251 + 1).astype(np.float64).reshape((1, 2, 7, 7))

x = tf.constant(x)
dy = tf.constant(dy)


def forward(x):
    return tf.nn.avg_pool2d(x, (5, 5), (3, 1), 'SAME', data_format='NHWC')


def call(x, dy):
    with tf.GradientTape() as tape:
        tape.watch((x,))
        y = forward(x)
    return tape.gradient(y, (x,), dy)


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


answers = call(x, dy)
answers = answers if isinstance(answers, (tuple, list)) else (answers,)
if len(answers) != 1:
    print(f"expected 1 answers\nactual: {len(answers)} answers")
    finish(True)
wrong = [
    check("dx", answers[0], (1, 4, 7, 7), "float64", np.array([59.22222222222222, 59.483333333333334, 59.74444444444445, 60.00555555555555, 60.266666666666666,
    60.52777777777778, 60.78888888888889, 75.35555555555555], dtype=np.float64), np.array([3.945955613764617e-14, 3.9633533542755865e-14, 3.980751094786557e-14, 3.9981488352975264e-14,
    4.015546575808496e-14, 4.0329443163194656e-14, 4.050342056830435e-14, 5.857937109924701e-14],
    dtype=np.float64), places=[(0, 0, 0, 0), (0, 0, 0, 1), (0, 0, 0, 2), (0, 0, 0, 3), (0, 0, 0, 4), (0, 0, 0, 5), (0, 0, 0, 6), (0, 0, 1, 0)]),
]
finish(any(wrong))
