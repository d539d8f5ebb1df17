# tensorflow under eager: the gradient of conv2d ends the process
#
# Seen with tensorflow 2.21.0, mode eager, on cpu.
# There: the worker ended: SIGSEGV
# Exit status 1: the difference is there. 0: it is gone.
# Found by opassay, case 4b827a3508146b33.

import os
import platform
import signal
import subprocess
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


x = (chosen(3, 32768, [1, 2, 3, -1, -2, -3])).astype(np.float32).reshape((1, 128, 128, 2))
w = np.array([2, -3, 1, -3, 1, -3], dtype=np.float32).reshape((1, 1, 2, 3))
dy = (chosen(4, 12288, [1, 2, 3, -1, -2, -3])).astype(np.float32).reshape((1, 64, 64, 3))

x = tf.constant(x)
w = tf.constant(w)
dy = tf.constant(dy)


def forward(x, w):
    return tf.nn.conv2d(x, w, strides=(2, 2), padding='VALID', data_format='NHWC', dilations=(1, 1))


def call(x, w, dy):
    with tf.GradientTape() as tape:
        tape.watch((x, w))
        y = forward(x, w)
    return tape.gradient(y, (x, w), dy)


def to_numpy(answer):
    answer = tf.convert_to_tensor(answer).numpy()
    return answer.astype(np.float32) if answer.dtype == tf.bfloat16.as_numpy_dtype else answer


def dtype_name(answer):
    return answer.dtype.name


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
    show(call(x, w, dy))
except Exception as error:
    print(f"{type(error).__name__}: {error}", flush=True)
