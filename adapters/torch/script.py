"""torch's part of a standalone script: the adapter's calls for a case. Does not import torch."""

from __future__ import annotations

from collections.abc import Sequence

from opassay.adapters.script_source import source
from opassay.adapters.script_text import function, repeats, tuple_of, write
from opassay.adapters.torch.script_ops import emit
from opassay.harness.model.dtypes import is_float
from opassay.harness.model.memory import Memory
from opassay.harness.model.script import Asked, Idiom

IMPORTS = "import torch\nimport torch.nn.functional as F"
ANSWERS = """\
def to_numpy(answer):
    answer = answer.detach().cpu()
    return (answer.to(torch.float32) if answer.dtype == torch.bfloat16 else answer).numpy()


def dtype_name(answer):
    return str(answer.dtype).removeprefix("torch.")"""
VALUE_AND_VJP = '''\
def source_of(x):
    if not x.is_floating_point():
        return x
    return x.view_as(x) if x.requires_grad else x.detach().requires_grad_()


def value_and_vjp(function, inputs, cotangents):
    """What the function returns, and its vector-Jacobian product; None for an input without a gradient."""
    leaves = [source_of(x) for x in inputs]
    given = [c for c in cotangents if c is not None]
    nested = torch.is_grad_enabled() and any(x.requires_grad for x in (*inputs, *given))
    outputs = function(*leaves)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    asked = [(y, c) for y, c in zip(outputs, cotangents) if c is not None and y.requires_grad]
    sources = [leaf for leaf in leaves if leaf.is_floating_point()]
    if not asked or not sources:
        return outputs, (None,) * len(leaves)
    ys, cs = zip(*asked)
    found = iter(torch.autograd.grad(ys, sources, cs, allow_unused=True, create_graph=nested))
    return outputs, tuple(next(found) if leaf.is_floating_point() else None for leaf in leaves)'''


def idiom(asked: Asked) -> Idiom:
    """The script's parts for a case in torch."""
    written = write(asked, emit, _gradient, VALUE_AND_VJP)
    compiled = "call = torch.compile(call, dynamic=False)" if asked.mode == "compile" else ""
    functions = [source(written.needs), written.text, compiled]
    return Idiom(
        imports="\n".join([IMPORTS, *([f"import {plugin}"] if (plugin := asked.settings.get("plugin")) else [])]),
        environment={},
        setup=f"torch.set_num_threads({asked.threads})",
        version="torch.__version__",
        tensors="\n".join(_tensors(asked)),
        functions="\n\n\n".join(part for part in functions if part),
        answers=ANSWERS,
        alive="" if asked.device == "cpu" else f'torch.ones(1, device="{asked.device}").cpu()',
    )


def _gradient(asked: Asked, forward: str) -> str:
    floats = [n for n, t in zip(asked.inputs, asked.case.tensors, strict=True) if is_float(t.dtype)]
    connected = asked.case.op != "stop_gradient" and floats and asked.cotangents[0] is not None
    if not connected:
        lines = [f"return value_and_vjp({forward}, {tuple_of(asked.inputs)}, {tuple_of(asked.cotangents)})[1]"]
        return f"{VALUE_AND_VJP}\n\n\n{function('call', asked.names, lines)}"
    outputs = ", ".join(name if c else "_" for name, c in zip(asked.outputs, asked.cotangents, strict=True))
    lines = [f"{name} = {name}.detach().requires_grad_()" for name in floats]
    lines.append(f"{outputs} = {forward}({', '.join(asked.inputs)})")
    sources = tuple_of(floats)
    lines.append(
        f"gradients = torch.autograd.grad({asked.outputs[0]}, {sources}, {asked.cotangents[0]}, allow_unused=True)"
    )
    if len(floats) == len(asked.inputs):
        lines.append("return gradients")
    else:
        places = [f"gradients[{floats.index(n)}]" if n in floats else None for n in asked.inputs]
        lines.append(f"return {tuple_of(places)}")
    return function("call", asked.names, lines)


def _tensors(asked: Asked) -> list[str]:
    lines = []
    for name, tensor in zip(asked.names, asked.case.all_tensors, strict=True):
        lines += _laid_out(name, tensor.memory, tensor.shape)
        if tensor.dtype == "bfloat16":
            lines.append(f"{name} = {name}.view(torch.bfloat16)")
        if repeats(tensor):
            lines.append(f"{name} = {name}.expand{tensor.shape}")
        if asked.device != "cpu":
            lines.append(f'{name} = {name}.to("{asked.device}")')
    return lines


def _laid_out(name: str, memory: Memory, shape: Sequence[int]) -> list[str]:
    """A tensor with the strides of ``memory``; torch has no negative strides."""
    plain = [f"{name} = torch.from_numpy({name})"]
    if not shape:
        return plain
    axis, step = memory.axis % len(shape), max(2, memory.step)
    if memory.kind == "transposed":
        return [f"{name} = torch.from_numpy(np.ascontiguousarray({name}.T).T)"]
    if memory.kind == "channels_last" and len(shape) == 4:
        return [f"{name} = torch.from_numpy(np.ascontiguousarray({name}.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2))"]
    if memory.kind == "sliced":
        wide = (*shape[:axis], shape[axis] * step, *shape[axis + 1 :])
        view = ", ".join([":"] * axis + [f"::{step}"])
        return [
            f"buffer = np.zeros({wide}, {name}.dtype)",
            f"buffer[{view}] = {name}",
            f"{name} = torch.from_numpy(buffer[{view}])",
        ]
    if memory.kind == "offset":
        return [
            f"buffer = np.zeros({name}.size + 1, {name}.dtype)",
            f"buffer[1:] = {name}.ravel()",
            f"{name} = torch.from_numpy(buffer[1:].reshape({tuple(shape)}))",
        ]
    return plain
