# tensorflow under xla: the gradient of conv_relu_pool gives wrong elements
#
# Seen with tensorflow 2.21.0, mode xla, on cpu.
# There: dact1_probe[0,6,3,2] expected 2, got 0 (allowed error 0); 2 of 320 elements
# Exit status 1: the difference is there. 0: it is gone.
# Found by opassay, case ca25f745bb325610.

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


x = (chosen(2920637414696491856, 160, [1, 2, 3, -1, -2, -3])).astype(np.float32).reshape((1, 2, 16, 5))
w1 = (chosen(2920638514208119633, 72, [1, 2, 3, -1, -2, -3])).astype(np.float32).reshape((3, 3, 1, 8))
conv1_probe = (np.zeros((1, 8, 8, 5))).astype(np.float32).reshape((1, 8, 8, 5))
act1_probe = (np.zeros((1, 8, 8, 5))).astype(np.float32).reshape((1, 8, 8, 5))
pooled1_probe = np.zeros((1, 8, 3, 2), dtype=np.float32)
dpooled1 = np.array([-2, 3, 1, 1, -2, 1, 1, 2, -1, -3, 3, -2, -1, 2, -2, 2, -2, -3, -3, 3, -2, -1, -1, -2, -2, 3, -1, 3,
    -3, -1, 3, 1, 2, -2, -2, 1, 1, -1, 2, 2, 2, -1, -1, 1, -3, 2, 2, 1], dtype=np.float32).reshape((1, 8, 3, 2))

x = tf.constant(x)
w1 = tf.constant(w1)
conv1_probe = tf.constant(conv1_probe)
act1_probe = tf.constant(act1_probe)
pooled1_probe = tf.constant(pooled1_probe)
dpooled1 = tf.constant(dpooled1)


def value_and_vjp(function, inputs, cotangents):
    """What the function returns, and its vector-Jacobian product; None for an input without a gradient."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        sources = [tf.identity(x) for x in inputs]
        tape.watch([x for x in sources if x.dtype.is_floating])
        outputs = tf.nest.flatten(function(*sources))
    asked = [(y, c) for y, c in zip(outputs, cotangents) if c is not None or not y.dtype.is_floating]
    gradients = tape.gradient([y for y, _ in asked], sources, [c for _, c in asked])
    return tuple(outputs), tuple(None if g is None else tf.convert_to_tensor(g) for g in gradients)


def conv2d_1(x, w):
    return tf.nn.conv2d(x, w, strides=(2, 1), padding='SAME', data_format='NCHW', dilations=(1, 1))


def relu_3(x):
    return tf.nn.relu(x)


def max_pool2d_5(x):
    return tf.nn.max_pool2d(x, (3, 3), (3, 3), 'SAME', data_format='NCHW')


def program(x, w1, conv1_probe, act1_probe, pooled1_probe):
    conv1_unprobed = conv2d_1(x, w1)
    conv1 = conv1_unprobed + conv1_probe
    act1_unprobed = relu_3(conv1)
    act1 = act1_unprobed + act1_probe
    pooled1_unprobed = max_pool2d_5(act1)
    pooled1 = pooled1_unprobed + pooled1_probe
    return (conv1_unprobed, conv1, act1_unprobed, act1, pooled1_unprobed, pooled1)


def call(x, w1, conv1_probe, act1_probe, pooled1_probe, dpooled1):
    values, gradients = value_and_vjp(program, (x, w1, conv1_probe, act1_probe, pooled1_probe), (None, None, None, None, None, dpooled1))
    return (*values, *gradients)


call = tf.function(call, jit_compile=True, autograph=False)


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


answers = call(x, w1, conv1_probe, act1_probe, pooled1_probe, dpooled1)
answers = answers if isinstance(answers, (tuple, list)) else (answers,)
if len(answers) != 11:
    print(f"expected 11 answers\nactual: {len(answers)} answers")
    finish(True)
wrong = [
    check("conv1_unprobed", answers[0], (1, 8, 8, 5), "float32", np.zeros((0,), dtype=np.float64), 0, places=[]),
    check("conv1", answers[1], (1, 8, 8, 5), "float32", np.zeros((0,), dtype=np.float64), 0, places=[]),
    check("act1_unprobed", answers[2], (1, 8, 8, 5), "float32", np.zeros((0,), dtype=np.float64), 0, places=[]),
    check("act1", answers[3], (1, 8, 8, 5), "float32", np.zeros((0,), dtype=np.float64), 0, places=[]),
    check("pooled1_unprobed", answers[4], (1, 8, 3, 2), "float32", np.array([2, 11, 16, 8, 16, 25, 13, 5, 15, 15, 8, 14, 30, 19, 25, 30, 20, 12, 15, 14, 19, 18, 11, 7, 17, 8,
    10, 7, 13, 8, 15, 24, 15, 25, 19, 6, 28, 18, 13, 16, 12, 6, 9, 11, 14, 19, 22, 4],
    dtype=np.float64).reshape((1, 8, 3, 2)), 0),
    check("pooled1", answers[5], (1, 8, 3, 2), "float32", np.array([2, 11, 16, 8, 16, 25, 13, 5, 15, 15, 8, 14, 30, 19, 25, 30, 20, 12, 15, 14, 19, 18, 11, 7, 17, 8,
    10, 7, 13, 8, 15, 24, 15, 25, 19, 6, 28, 18, 13, 16, 12, 6, 9, 11, 14, 19, 22, 4],
    dtype=np.float64).reshape((1, 8, 3, 2)), 0),
    check("dx", answers[6], (1, 2, 16, 5), "float32", np.zeros((0,), dtype=np.float64), 0, places=[]),
    check("dw1", answers[7], (3, 3, 1, 8), "float32", np.zeros((0,), dtype=np.float64), 0, places=[]),
    check("dconv1_probe", answers[8], (1, 8, 8, 5), "float32", np.zeros((0,), dtype=np.float64), 0, places=[]),
    check("dact1_probe", answers[9], (1, 8, 8, 5), "float32", np.array([2, 0], dtype=np.float64), 0, places=[(0, 6, 3, 2), (0, 6, 5, 0)]),
    check("dpooled1_probe", answers[10], (1, 8, 3, 2), "float32", np.array([-2, 3, 1, 1, -2, 1, 1, 2, -1, -3, 3, -2, -1, 2, -2, 2, -2, -3, -3, 3, -2, -1, -1, -2, -2, 3, -1, 3,
    -3, -1, 3, 1, 2, -2, -2, 1, 1, -1, 2, 2, 2, -1, -1, 1, -3, 2, 2, 1], dtype=np.float64).reshape((1, 8, 3, 2)), 0),
]
finish(any(wrong))
