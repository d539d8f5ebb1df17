"""TensorFlow's part of a standalone script: the adapter's calls for a case. Does not import TensorFlow."""

from __future__ import annotations

from opassay.adapters.script_source import source
from opassay.adapters.script_text import function, repeats, tuple_of, write
from opassay.adapters.tensorflow.script_ops import emitter
from opassay.harness.model.dtypes import is_float
from opassay.harness.model.script import Asked, Idiom

SETUP = """\
tf.get_logger().setLevel("ERROR")
tf.config.threading.set_intra_op_parallelism_threads({threads})
tf.config.threading.set_inter_op_parallelism_threads({threads})"""
ANSWERS = """\
def to_numpy(answer):
    answer = tf.convert_to_tensor(answer).numpy()
    return answer.astype(np.float32) if answer.dtype == tf.bfloat16.as_numpy_dtype else answer


def dtype_name(answer):
    return answer.dtype.name"""
VALUE_AND_VJP = '''\
def value_and_vjp(function, inputs, cotangents):
    """What the function returns, and its vector-Jacobian product; None for an input without a gradient."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        sources = [tf.identity(x) for x in inputs]
        tape.watch([x for x in sources if x.dtype.is_floating])
        outputs = tf.nest.flatten(function(*sources))
    asked = [(y, c) for y, c in zip(outputs, cotangents) if c is not None or not y.dtype.is_floating]
    gradients = tape.gradient([y for y, _ in asked], sources, [c for _, c in asked])
    return tuple(outputs), tuple(None if g is None else tf.convert_to_tensor(g) for g in gradients)'''


def idiom(asked: Asked) -> Idiom:
    """The script's parts for a case in TensorFlow."""
    written = write(asked, emitter(asked), _gradient, VALUE_AND_VJP)
    parts = [source(written.needs), written.text, _compiled(asked)]
    return Idiom(
        imports="import tensorflow as tf",
        environment={"TF_CPP_MIN_LOG_LEVEL": "3"},  # start-up messages only
        setup=SETUP.format(threads=asked.threads),
        version="tf.__version__",
        tensors="\n".join(_tensors(asked)),
        functions="\n\n\n".join(part for part in parts if part),
        answers=ANSWERS,
    )


def _gradient(asked: Asked, forward: str) -> str:
    inputs = ", ".join(asked.inputs)
    floats = [n for n, t in zip(asked.inputs, asked.case.tensors, strict=True) if is_float(t.dtype)]
    if floats and asked.cotangents[0] is None:
        return function("call", asked.names, [f"return {tuple_of([None] * len(asked.inputs))}"])
    y = ", ".join([asked.outputs[0], *("_" for _ in asked.outputs[1:])])
    lines = [
        "with tf.GradientTape() as tape:",
        f"    tape.watch({tuple_of(floats)})",
        f"    {y} = {forward}({inputs})",
        f"return tape.gradient({asked.outputs[0]}, {tuple_of(asked.inputs)}, {asked.cotangents[0]})",
    ]
    return function("call", asked.names, lines)


def _compiled(asked: Asked) -> str:
    if asked.mode == "eager":
        return ""
    if asked.mode == "dynamic":
        specs = ", ".join(f"tf.TensorSpec({[None] * len(t.shape)}, tf.{t.dtype})" for t in asked.case.all_tensors)
        return f"call = tf.function(call, input_signature=[{specs}], autograph=False)"
    return f"call = tf.function(call, {'jit_compile=True, ' if asked.mode == 'xla' else ''}autograph=False)"


def _tensors(asked: Asked) -> list[str]:
    lines = []
    for name, tensor in zip(asked.names, asked.case.all_tensors, strict=True):
        values = f"{name}.view(tf.bfloat16.as_numpy_dtype)" if tensor.dtype == "bfloat16" else name
        values = f"np.broadcast_to({values}, {tensor.shape})" if repeats(tensor) else values
        lines.append(f"{name} = tf.constant({values})")
    if asked.device != "cpu":
        device = asked.device.replace("cuda", "GPU")
        lines = [f'with tf.device("{device}"):', *(f"    {line}" for line in lines)]
    return lines
