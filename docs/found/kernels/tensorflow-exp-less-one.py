# tensorflow under eager: elu is off by more than rounding explains (expected -0.000405963691, got -0.000405937433)
#
# Seen with tensorflow 2.21.0, mode eager, on cpu.
# There: y[15] expected -0.000405963691, got -0.000405937433 (allowed error 1.02e-10); 2 of 16 elements
# Exit status 1: the difference is there. 0: it is gone. 2: the script itself failed.
# Found by opassay, case d22d75458360d8a6.

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


x = np.array([3.4589731079393005e-10, -87.33997344970703, -1.000108242034912, -8.612597594037652e-05,
    -0.9999980330467224, 4.792065182168681e-15, -87.33992004394531, -0.674544095993042, 2.0776854222541788e-15,
    13.53219223022461, -87.35960388183594, -87.33856201171875, -1.0009469985961914, 8.208106737583876e-05,
    -87.3399887084961, -0.0008122571744024754], dtype=np.float32)

x = tf.constant(x)


def call(x):
    return tf.nn.elu(x) if 0.5 == 1 else tf.where(x > 0, tf.nn.elu(x), 0.5 * tf.nn.elu(x))


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
    check("y", answers[0], (16,), "float32", np.array([3.4589731079393005e-10, -0.5, -0.3160801883464251, -4.3061133602492134e-05, -0.3160599176130867,
    4.792065182168681e-15, -0.5, -0.24530570000919774, 2.0776854222541788e-15, 13.53219223022461, -0.5, -0.5,
    -0.31623438761833317, 8.208106737583876e-05, -0.5, -0.0004059636914208443], dtype=np.float64), np.array([0, 2.0861625871226868e-07, 1.0430812962024382e-07, 1.2732925996927861e-11, 1.0430812962016281e-07,
    0, 2.0861625871226868e-07, 5.2154065158905336e-08, 0, 0, 2.0861625871226868e-07, 2.0861625871226868e-07,
    1.0430812962086013e-07, 0, 2.0861625871226868e-07, 1.0186340822112484e-10], dtype=np.float64)),
]
finish(any(wrong))
