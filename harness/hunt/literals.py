"""Arrays and tensors as NumPy source text: all values if there are few, a recipe if there are many."""

from __future__ import annotations

import math
import textwrap

import numpy as np

from opassay.harness.hunt.recipes import recipe
from opassay.harness.model import dtypes
from opassay.harness.model.case import Tensor
from opassay.harness.model.memory import stored_shape

SHOWN = 64
"""Arrays of up to this many elements are written out."""

WIDTH = 110

_SCALARS = {"bool": "bool_"}
"""Names that NumPy 1 has as well."""


def tensor_source(name: str, tensor: Tensor) -> tuple[str, set[str]]:
    """Lines that make the tensor's values under ``name``, row-major, and the functions of the library that they call.

    Along a broadcast axis the values are made once (torch's part of a script repeats them). bfloat16 values stay uint16
    bits.
    """
    shape = stored_shape(tensor.memory, tensor.shape)
    used: set[str] = set()
    whole = shape if tensor.fill.kind != "literal" else tensor.shape
    if math.prod(whole) <= SHOWN:
        values = tensor.materialize()
        text = f"{name} = {array_source(values[tuple(slice(0, n) for n in whole)])}"
    else:
        made, used = recipe(tensor.fill, tensor.dtype, whole)
        text = f"{name} = {_converted(made, tensor.dtype)}.reshape({whole})"
    if tensor.dtype == "bfloat16":
        text, used = f"{text}\n{name} = bfloat16_bits({name})", used | {"bfloat16_bits"}
    if whole != tensor.shape:
        text += f"  # to be repeated as {tensor.shape}"
    return text, used


def _converted(made: str, dtype: str) -> str:
    if dtype == "bfloat16":
        return f"np.asarray({made})"
    return f"({made}).astype(np.{_SCALARS.get(dtype, dtype)})"


def array_source(values: np.ndarray) -> str:
    """An expression for an array; bfloat16 as float64 values, since NumPy has no such dtype."""
    name = dtypes.dtype_name(values)
    wide = dtypes.widen(values).astype(np.float64) if dtypes.is_float(name) else values
    kind = "float64" if name in ("bfloat16", "longdouble") or name not in dtypes.DTYPES else name
    kind = _SCALARS.get(kind, kind)
    flat = wide.ravel().tolist()
    if not flat:
        return f"np.zeros({values.shape}, dtype=np.{kind})"
    if not any(flat) and "-" not in str(flat):
        return f"np.zeros({values.shape}, dtype=np.{kind})"
    if len(flat) > 1 and all(str(v) == str(flat[0]) for v in flat):
        return f"np.full({values.shape}, {number(flat[0])}, dtype=np.{kind})"
    if not values.shape:
        return f"np.array({number(flat[0])}, dtype=np.{kind})"
    text = f"np.array([{', '.join(number(v) for v in flat)}], dtype=np.{kind})"
    text = text if values.ndim == 1 else f"{text}.reshape({values.shape})"
    return text if len(text) <= WIDTH else "\n    ".join(textwrap.wrap(text, WIDTH, break_long_words=False))


def number(value: float | int) -> str:
    """A number as source: integers short, all others with every digit."""
    if isinstance(value, int):
        return str(value)
    if math.isnan(value):
        return "np.nan"
    if math.isinf(value):
        return "np.inf" if value > 0 else "-np.inf"
    if value.is_integer() and abs(value) < 2**53:
        return "-0.0" if value == 0 and math.copysign(1, value) < 0 else str(int(value))
    return repr(value)
