"""Scripts for an adapter without a writer of its own: from its expressions and a few snippets of its framework.

``SCRIPT`` in the adapter's ``expressions.py`` holds these entries, each a piece of Python:

``imports``: lines that import the framework and define whatever else the expressions name. ``version``: an expression.
``native``: makes the framework's array of ``{}``, a NumPy array; ``native_DTYPE``: the same for one dtype, such as
``native_bfloat16``, which takes 16 bits per element. ``numpy`` and ``dtype``: the values of ``answer``, bfloat16 as
float32, and the name of its dtype. ``vjp``, optional: the function ``value_and_vjp(function, inputs, cotangents)``,
which returns outputs and gradients, each a tuple.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from opassay.adapters.expressions import written
from opassay.adapters.script_text import Body, Step, function, repeats, tuple_of, write
from opassay.harness.model.script import Asked, Idiom


def writer(module: Any) -> Callable[[Asked], Idiom]:
    """Writes the framework's part of a script, by ``EXPRESSIONS`` and ``SCRIPT`` of ``module``.

    It raises ``LookupError`` for what these lack: an op that is a method, a gradient without ``vjp``.
    """
    return lambda asked: _idiom(module.EXPRESSIONS, module.SCRIPT, asked)


def _idiom(expressions: Mapping[str, str], words: Mapping[str, str], asked: Asked) -> Idiom:
    def emit(step: Step) -> Body:
        return written(expressions[step.op], step)

    differentiates = asked.case.aspect == "gradient" or any(
        s.get("vjp") for s in asked.case.attributes.get("stages", ())
    )
    vjp = words["vjp"] if differentiates else ""
    return Idiom(
        environment={},
        imports=words["imports"],
        setup="",
        version=words["version"],
        tensors="\n".join(_tensors(asked, words)),
        functions=write(asked, emit, lambda asked, forward: f"{vjp}\n\n\n{_gradient(asked, forward)}", vjp).text,
        answers="\n\n\n".join(
            function(name, ["answer"], [f"return {words[word]}"])
            for name, word in (("to_numpy", "numpy"), ("dtype_name", "dtype"))
        ),
    )


def _tensors(asked: Asked, words: Mapping[str, str]) -> Iterator[str]:
    for name, tensor in zip(asked.names, asked.case.all_tensors, strict=True):
        whole = f"np.broadcast_to({name}, {tensor.shape}).copy()" if repeats(tensor) else name
        own = words.get(f"native_{tensor.dtype}")
        if own is None and tensor.dtype == "bfloat16":
            raise LookupError("nobody has written down how bfloat16 is handed over")
        yield f"{name} = {(own or words['native']).format(whole)}"


def _gradient(asked: Asked, forward: str) -> str:
    call = f"value_and_vjp({forward}, {tuple_of(asked.inputs)}, {tuple_of(asked.cotangents)})"
    return function("call", asked.names, [f"return {call}[1]"])
