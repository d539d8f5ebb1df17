# tensorflow under eager: the gradient of relu handles NaN, infinity or subnormals differently
#
# Seen with tensorflow 2.21.0, mode eager, on cpu.
# There: NaN appeared: dx[10] expected 0, got nan (allowed error 0); 1 of 31 elements
# Exit status 1: the difference is there. 0: it is gone.
# Found by opassay, case b94765e6ddf0a1d9.

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


x = np.array([-0.08465576171875, -65504, -0.0, 1.1572265625, -np.inf, 0.1744384765625, 0.58740234375,
    1.0927734375, 0.028900146484375, 0.970703125, -0.64453125, -0.31396484375, 0.35107421875, 0.6611328125,
    -0.1346435546875, 0.380615234375, 0.55419921875, -0.380126953125, 0.79638671875, 0.44091796875,
    -0.05841064453125, -0.72314453125, 0.36865234375, -65504, -65504, 0.595703125, -0.1300048828125,
    -1.7881393432617188e-07, 0.4296875, 0.6552734375, -0.07470703125], dtype=np.float16)
dy = np.array([0.431396484375, -0.09857177734375, -0.5830078125, -0.053070068359375, 0.2349853515625, -0.0,
    0.400390625, 0.94287109375, 0, 0.1881103515625, np.nan, 0.0205535888671875, -0.38623046875, -0.44580078125,
    0.01226806640625, 1.7080078125, -0.12939453125, 0.1263427734375, 0.1304931640625, -0.482421875,
    -0.269287109375, 0.93701171875, -0.64697265625, -0.4111328125, 0.287109375, -1.248046875, -1.2373046875,
    -0.6259765625, -0.0, -0.73486328125, 0.51904296875], dtype=np.float16)

x = tf.constant(x)
dy = tf.constant(dy)


def forward(x):
    return tf.nn.relu(x)


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
    check("dx", answers[0], (31,), "float16", np.array([0, 0, 0, -0.053070068359375, 0, -0.0, 0.400390625, 0.94287109375, 0, 0.1881103515625, 0, 0,
    -0.38623046875, -0.44580078125, 0, 1.7080078125, -0.12939453125, 0, 0.1304931640625, -0.482421875, 0, 0,
    -0.64697265625, 0, 0, -1.248046875, 0, 0, -0.0, -0.73486328125, 0], dtype=np.float64), 0),
]
finish(any(wrong))
