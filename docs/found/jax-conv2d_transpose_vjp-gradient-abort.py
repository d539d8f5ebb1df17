# jax under jit: the gradient of conv2d_transpose_vjp ends the process
#
# Seen with jax 0.10.2, mode jit, on cpu.
# There: the worker ended: SIGABRT
# Exit status 1: the difference is there. 0: it is gone.
# Found by opassay, case eae7502b446fd648.

import os
import platform
import signal
import subprocess
import sys

os.environ.setdefault("NPROC", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

import numpy as np
import jax
import jax.numpy as jnp
from jax import lax

jax.config.update("jax_enable_x64", True)

print("jax", jax.__version__, "NumPy", np.__version__, "Python", platform.python_version(), platform.machine())


def raw(key, count):
    """Random 64-bit integers: raw Philox bits, the same on every machine."""
    return np.random.Philox(key=key).random_raw(count)


def chosen(key, count, table):
    return np.array(table)[(raw(key, count) >> np.uint64(32)) % np.uint64(len(table))]


x = (chosen(711280628406105324, 480, [1, 2, -1])).astype(np.float32).reshape((5, 1, 3, 32))
w = (chosen(711281727917733101, 2176, [1, 2, -1])).astype(np.float32).reshape((2, 2, 17, 32))
dy = (chosen(711282827429360876, 340, [1, 2, -1])).astype(np.float32).reshape((5, 1, 4, 17))
ddx = (chosen(711283926940988653, 480, [1, 2, -1])).astype(np.float32).reshape((5, 1, 3, 32))
ddw = (chosen(711285026452616428, 2176, [1, 2, -1])).astype(np.float32).reshape((2, 2, 17, 32))

x = jnp.asarray(x)
w = jnp.asarray(w)
dy = jnp.asarray(dy)
ddx = jnp.asarray(ddx)
ddw = jnp.asarray(ddw)


def value_and_vjp(function, inputs, cotangents):
    """What the function returns, and its vector-Jacobian product; None for an integer."""
    floating = [i for i, x in enumerate(inputs) if jnp.issubdtype(x.dtype, jnp.floating)]
    wanted = [i for i, c in enumerate(cotangents) if c is not None]
    gradients = [None] * len(inputs)

    def outputs(*values):
        arguments = list(inputs)
        for i, value in zip(floating, values):
            arguments[i] = value
        several = function(*arguments)
        several = several if isinstance(several, tuple) else (several,)
        return tuple(several[i] for i in wanted), several

    if not floating or not wanted:
        return outputs(*(inputs[i] for i in floating))[1], tuple(gradients)
    _, pullback, several = jax.vjp(outputs, *(inputs[i] for i in floating), has_aux=True)
    for i, gradient in zip(floating, pullback(tuple(cotangents[i] for i in wanted))):
        gradients[i] = gradient
    return several, tuple(gradients)


def conv2d_transpose_1(x, w):
    def conv2d(image):
        return lax.conv_general_dilated(
            image, w, window_strides=(3, 2), padding=((1, 1), (1, 1)), rhs_dilation=(1, 1),
            dimension_numbers=('NHWC', 'HWIO', 'NHWC'), feature_group_count=1,
        )
    
    transposed = jax.linear_transpose(conv2d, jax.ShapeDtypeStruct((5, 1, 4, 17), x.dtype))
    return transposed(x)[0]


def program(x, w, dy):
    dx, dw = value_and_vjp(conv2d_transpose_1, (x, w), (dy,))[1]
    return (dx, dw)


def call(x, w, dy, ddx, ddw):
    values, gradients = value_and_vjp(program, (x, w, dy), (ddx, ddw))
    return (*values, *gradients)


call = jax.jit(call)


def to_numpy(answer):
    answer = np.asarray(answer)
    return answer.astype(np.float32) if answer.dtype == jnp.bfloat16 else answer


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
    show(call(x, w, dy, ddx, ddw))
except Exception as error:
    print(f"{type(error).__name__}: {error}", flush=True)
