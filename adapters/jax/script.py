"""JAX's part of a standalone script: the adapter's calls for a case. Does not import JAX."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from opassay.adapters.expressions import written
from opassay.adapters.geometry import ALIKE, effective, pad_amounts, spatial_axes
from opassay.adapters.jax.expressions import EXPRESSIONS
from opassay.adapters.script_source import source
from opassay.adapters.script_text import Body, Step, body, function, repeats, tuple_of, write
from opassay.harness.model.dtypes import is_float
from opassay.harness.model.script import Asked, Idiom

IMPORTS = "import jax\nimport jax.numpy as jnp\nfrom jax import lax"
ANSWERS = """\
def to_numpy(answer):
    answer = np.asarray(answer)
    return answer.astype(np.float32) if answer.dtype == jnp.bfloat16 else answer


def dtype_name(answer):
    return answer.dtype.name"""
VALUE_AND_VJP = '''\
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
    return several, tuple(gradients)'''


def idiom(asked: Asked) -> Idiom:
    """The script's parts for a case in JAX."""
    written = write(asked, emit, _gradient, VALUE_AND_VJP)
    helpers = source(written.needs)
    parts = [helpers, written.text, "call = jax.jit(call)" if asked.mode == "jit" else ""]
    return Idiom(
        imports=("import math\nfrom typing import Any\n" if "math." in helpers else "") + IMPORTS,
        environment=_environment(asked),
        setup='jax.config.update("jax_enable_x64", True)',
        version="jax.__version__",
        tensors="\n".join(_tensors(asked)),
        functions="\n\n\n".join(part for part in parts if part),
        answers=ANSWERS,
        alive="" if asked.device == "cpu" else "jax.block_until_ready(jnp.zeros(1) + 1)",
    )


def emit(step: Step) -> Body:
    """The body of a function that computes one op as the adapter does."""
    return _OPS[name](step) if (name := ALIKE.get(step.op, step.op)) in _OPS else written(EXPRESSIONS[step.op], step)


def _environment(asked: Asked) -> Mapping[str, str]:
    """JAX reads these before its first computation: its number of threads, and whether it reserves the GPU's memory."""
    flags = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"} if asked.threads == 1 else {}
    shared = {} if asked.device == "cpu" else {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
    return {"NPROC": str(asked.threads), **flags, **shared}


def _gradient(asked: Asked, forward: str) -> str:
    floats = [n for n, t in zip(asked.inputs, asked.case.tensors, strict=True) if is_float(t.dtype)]
    cotangent = asked.cotangents[0]
    if not floats or cotangent is None:
        return function("call", asked.names, [f"return {tuple_of([None] * len(asked.inputs))}"])
    arguments, several = ", ".join(asked.inputs), len(asked.outputs) > 1
    if floats == list(asked.inputs) and not several:
        lines = [f"_, pullback = jax.vjp({forward}, {arguments})", f"return pullback({cotangent})"]
        return function("call", asked.names, lines)
    first = f"lambda {', '.join(floats)}: {forward}({arguments}){'[0]' if several else ''}"
    places = [f"gradients[{floats.index(n)}]" if n in floats else None for n in asked.inputs]
    lines = [
        f"_, pullback = jax.vjp({first}, {', '.join(floats)})",
        f"gradients = pullback({cotangent})",
        f"return {tuple_of(places)}",
    ]
    return function("call", asked.names, lines)


def _tensors(asked: Asked) -> list[str]:
    lines = []
    for name, tensor in zip(asked.names, asked.case.all_tensors, strict=True):
        values = f"{name}.view(jnp.bfloat16)" if tensor.dtype == "bfloat16" else name
        values = f"np.broadcast_to({values}, {tensor.shape})" if repeats(tensor) else values
        if asked.device == "cpu":
            lines.append(f"{name} = jnp.asarray({values})")
        else:
            number = asked.device.partition(":")[2] or "0"
            lines.append(f'{name} = jax.device_put({values}, jax.devices("cuda")[{number}])')
    return lines


def _named(layout: str) -> tuple[str, str, str]:
    """The axes of images, filters and answers."""
    return layout, f"{layout.replace('N', '').replace('C', '')}IO", layout


def _conv(attributes: Mapping[str, Any], image: str) -> list[str]:
    layout = attributes["layout"]
    return [
        "lax.conv_general_dilated(",
        f"    {image}, w, window_strides={attributes['stride']}, padding={attributes['padding']!r}, "
        f"rhs_dilation={attributes['dilation']},",
        f"    dimension_numbers={_named(layout)!r}, feature_group_count={attributes['groups']},",
        ")",
    ]


def _conv2d(step: Step) -> Body:
    first, *rest = _conv(step.attributes, "x")
    return body(f"return {first}", *rest)


def _conv2d_transpose(step: Step) -> Body:
    a, shape = step.attributes, tuple(step.attributes["output_shape"])
    first, *rest = _conv(a, "image")
    lines = [
        "def conv2d(image):",
        f"    return {first}",
        *(f"    {line}" for line in rest),
        "",
        f"transposed = jax.linear_transpose(conv2d, jax.ShapeDtypeStruct({shape}, x.dtype))",
    ]
    if is_float(step.dtypes[0]):
        return body(*lines, "return transposed(x)[0]")
    layout, window = a["layout"], step.shapes[1][:-2]
    check = "jax.eval_shape(transposed, x)  # for integers linear_transpose gives no values"
    if {len(shape), *map(len, step.shapes)} != {len(layout)}:
        return body(*lines, check)
    axes = spatial_axes(layout)
    pads = pad_amounts([shape[i] for i in axes], window, a["stride"], a["dilation"], a["padding"])
    around = [
        (effective(k, d) - 1 - low, shape[i] - 1 + low - (step.shapes[0][i] - 1) * s)
        for i, k, s, d, (low, _) in zip(axes, window, a["stride"], a["dilation"], pads, strict=True)
    ]
    return body(
        *lines,
        check,
        "return lax.conv_general_dilated(",
        f"    x, _turned(w, {a['groups']}), window_strides={(1,) * len(axes)}, padding={around},",
        f"    lhs_dilation={a['stride']}, rhs_dilation={a['dilation']}, dimension_numbers={_named(layout)!r},",
        f"    feature_group_count={a['groups']},",
        ")",
        needs=("opassay.adapters.jax.conv:_turned",),
    )


def _per_axis(spatial: Sequence[Any], other: Any, layout: str) -> tuple[Any, ...]:
    return (other, *spatial, other) if layout.endswith("C") else (other, other, *spatial)


def _reduce_window(image: str, start: str, combine: str, attributes: Mapping[str, Any]) -> str:
    layout, padding = attributes["layout"], attributes["padding"]
    window, stride = _per_axis(attributes["window"], 1, layout), _per_axis(attributes["stride"], 1, layout)
    padding = padding if isinstance(padding, str) else _per_axis(padding, (0, 0), layout)
    dilation = _per_axis(attributes.get("dilation", (1,) * len(attributes["window"])), 1, layout)
    tail = f"{window}, {stride}, {padding!r}, window_dilation={dilation}"
    return f"lax.reduce_window({image}, {start}, {combine}, {tail})"


def _lowest(dtype: str) -> str:
    if dtype == "bfloat16":
        return "np.array(-np.inf, jnp.bfloat16)"
    return f"np.array(-np.inf, np.{dtype})" if is_float(dtype) else f"np.array(np.iinfo(np.{dtype}).min, np.{dtype})"


def _max_pool2d(step: Step) -> Body:
    a = step.attributes
    reduced = _reduce_window("x", _lowest(step.dtypes[0]), "lax.max", a)
    if not step.differentiated or set(a["dilation"]) <= {1}:
        return body(f"return {reduced}")
    tail = f"{a['window']}, {a['stride']}, {a['padding']!r}, {a['dilation']}, {a['layout']!r}"
    return body(
        "# reduce_window has no gradient where it is dilated: it is that of the located maxima.",
        "@jax.custom_vjp",
        "def pool(x):",
        f"    return {reduced}",
        "",
        "def backward(x, cotangent):",
        f"    return jax.vjp(lambda v: located_maximum(v, {tail})[0], x)[1](cotangent)",
        "",
        "pool.defvjp(lambda x: (pool(x), x), backward)",
        "return pool(x)",
        needs=("opassay.adapters.jax.taps:located_maximum",),
    )


def _max_pool2d_with_argmax(step: Step) -> Body:
    a = step.attributes
    tail = f"{a['window']}, {a['stride']}, {a['padding']!r}, {a['dilation']}, {a['layout']!r}"
    return body(f"return located_maximum(x, {tail})", needs=("opassay.adapters.jax.taps:located_maximum",))


def _avg_pool2d(step: Step) -> Body:
    a, layout, shape = step.attributes, step.attributes["layout"], step.shapes[0]
    zero = "jnp.bfloat16" if step.dtypes[0] == "bfloat16" else f"np.{step.dtypes[0]}"
    total = _reduce_window("x", f"np.zeros((), {zero})", "lax.add", a)
    lines = [f"total = {total}", "wide = jnp.promote_types(x.dtype, jnp.float32)"]
    if a["count_padding"]:
        lines.append(f"count = {' * '.join(map(str, a['window']))}")
    else:
        spatial = spatial_axes(layout)
        plane = tuple(n if axis in spatial else 1 for axis, n in enumerate(shape))
        ones = f"jnp.ones({plane}, wide)"
        lines.append(f"count = {_reduce_window(ones, 'np.zeros((), wide)', 'lax.add', a)}")
    return body(*lines, "return (total.astype(wide) / count).astype(x.dtype)")


def _avg_unpool2d(step: Step) -> Body:
    axes = spatial_axes(step.attributes["layout"])
    repeats = zip(axes, step.attributes["window"], strict=False)
    return body(*(f"x = jnp.repeat(x, {k}, axis={axis})" for axis, k in repeats), "return x")


def _max_unpool2d(step: Step) -> Body:
    axis = 2 if step.attributes["layout"] == "NHWC" else 0
    return body(
        "# .at[].set, plane by plane",
        "def place(plane, where, values):",
        "    cells = where.reshape(-1) // lax.psum(1, 'channels')",
        "    return plane.reshape(-1).at[cells].set(values.reshape(-1)).reshape(plane.shape)",
        "",
        f"sample = jax.vmap(place, in_axes={axis}, out_axes={axis}, axis_name='channels')",
        f"return jax.vmap(sample)(jnp.zeros({tuple(step.attributes['output_shape'])}, x.dtype), indices, x)",
    )


def _scatter_nd(step: Step) -> Body:
    zeros = f"jnp.zeros({tuple(step.attributes['shape'])}, updates.dtype)"
    return body(f"return {zeros}.at[tuple(jnp.moveaxis(indices, -1, 0))].add(updates)")


_OPS: Mapping[str, Callable[[Step], Body]] = {
    "conv2d": _conv2d,
    "conv2d_transpose": _conv2d_transpose,
    "max_pool2d": _max_pool2d,
    "max_pool2d_with_argmax": _max_pool2d_with_argmax,
    "avg_pool2d": _avg_pool2d,
    "max_unpool2d": _max_unpool2d,
    "avg_unpool2d": _avg_unpool2d,
    "relu": lambda step: body("return jax.nn.relu(x)"),
    "matmul": lambda step: body("return jnp.matmul(a, b)"),
    "scatter_nd": _scatter_nd,
    "stop_gradient": lambda step: body("return lax.stop_gradient(x)"),
}
