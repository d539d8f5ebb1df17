"""Writes samples of torch's OpInfo with the answers of its NumPy references: ``python opinfo_vectors.py FILE [whole]``.

FILE is a pickle of (entry, op of ours, attributes, inputs, answer). Only this script, in a process of its own, imports
torch. Samples are ``sample_inputs``; with ``whole`` ``reference_inputs`` as well, which hold extremes. What an entry
asks that our op has no word for is left out.
"""

from __future__ import annotations

import pickle
import sys
import types
import unittest
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

# A base class of torch's own tests, none of which runs here.
sys.modules.setdefault("expecttest", types.SimpleNamespace(TestCase=unittest.TestCase))  # type: ignore[arg-type]

import torch  # noqa: E402
from torch.testing._internal.common_methods_invocations import op_db  # noqa: E402

Asked = tuple[str, dict[str, Any], list[Any]]
"""Our op, its attributes and inputs."""

Read = Callable[..., Asked | None]
"""From a sample's arguments to what is asked of us; None for what our op has no word for."""

Vector = tuple[str, str, dict[str, Any], list[np.ndarray], np.ndarray]

MOST = 2**16
"""Elements of a sample: larger ones say nothing more."""


def _alone(name: str, **attributes: Any) -> Read:
    """Of one array, without any argument, or with those that the attributes are."""
    return lambda x, **given: (name, attributes, [x]) if not given or given == attributes else None


def _pair(name: str) -> Read:
    return lambda a, b=None, **given: (name, {}, [a, b]) if not given and isinstance(b, np.ndarray) else None


def _axes(x: np.ndarray, dim: Any) -> tuple[int, ...]:
    given = range(x.ndim) if dim is None or dim == [] else [dim] if isinstance(dim, int) else dim
    return tuple(axis % x.ndim for axis in given) if x.ndim else ()


def _over_axes(name: str) -> Read:
    def read(x: np.ndarray, dim: Any = None, keepdim: bool = False, **given: Any) -> Asked | None:
        known = not given and (x.size or name in ("sum", "all", "any"))
        return (name, {"axes": _axes(x, dim), "keepdims": keepdim}, [x]) if known else None

    return read


def _over_axis(name: str) -> Read:
    def read(x: np.ndarray, dim: Any = None, keepdim: bool = False, **given: Any) -> Asked | None:
        known = isinstance(dim, int) and x.ndim and not given
        return (name, {"axis": dim, "keepdims": keepdim}, [x]) if known else None

    return read


def _spread(name: str) -> Read:
    def read(
        x: np.ndarray, dim: Any = None, unbiased: Any = None, correction: Any = None, keepdim: bool = False
    ) -> Asked | None:
        # Where neither is said, torch takes 1 and its reference 0.
        count = correction if unbiased is None else int(unbiased)
        axes = _axes(x, dim)
        if count not in (0, 1) or np.prod([x.shape[axis] for axis in axes]) <= count:
            return None
        return name, {"axes": axes, "keepdims": keepdim, "unbiased": bool(count)}, [x]

    return read


def _where(x: Any, condition: Any, other: Any) -> Asked | None:
    whole = all(isinstance(a, np.ndarray) for a in (x, condition, other)) and x.dtype == other.dtype
    return ("where", {}, [condition, x, other]) if whole else None


def _cross(a: Any, b: Any, dim: int = -1) -> Asked | None:
    return ("cross", {}, [a, b]) if dim in (-1, a.ndim - 1) and a.shape == b.shape else None


def _replaced(x: Any, nan: Any = None, posinf: Any = None, neginf: Any = None) -> Asked:
    ends = {"posinf": False if posinf is None else posinf, "neginf": False if neginf is None else neginf}
    return "nan_to_num", {"nan": nan or 0.0, **ends}, [x]


def _gelu(x: Any, approximate: str = "none") -> Asked:
    return "gelu", {"approximate": approximate == "tanh"}, [x]


def _prelu(x: Any, weight: Any) -> Asked | None:
    scalar = weight.size == 1
    return ("prelu", {}, [x, weight.reshape(())]) if scalar else None


def _transpose(x: Any, first: int, second: int) -> Asked | None:
    axes = list(range(x.ndim))
    if not axes:
        return None
    axes[first], axes[second] = axes[second], axes[first]
    return "transpose", {"axes": tuple(axes)}, [x]


def _permute(x: Any, axes: Any) -> Asked | None:
    return ("transpose", {"axes": tuple(axis % x.ndim for axis in axes)}, [x]) if axes else None


def _expand(x: Any, shape: Any) -> Asked | None:
    return ("expand", {"new_shape": tuple(shape)}, [x]) if len(shape) == x.ndim else None


def _squeeze(x: Any, axes: Any = None) -> Asked | None:
    given = _axes(x, axes)
    return ("squeeze", {"axes": given}, [x]) if axes is not None and all(x.shape[a] == 1 for a in given) else None


def _tile(x: Any, *repeats: Any) -> Asked | None:
    given = tuple(repeats[0]) if len(repeats) == 1 and not isinstance(repeats[0], int) else repeats
    return ("tile", {"repeats": given}, [x]) if len(given) == x.ndim and given else None


def _roll(x: Any, shift: Any, axis: Any = None) -> Asked | None:
    return ("roll", {"shift": shift, "axis": axis}, [x]) if isinstance(shift, int) and isinstance(axis, int) else None


def _concat(xs: Any, dim: int = 0) -> Asked | None:
    alike = len({x.ndim for x in xs}) == 1
    return ("concat", {"axis": dim}, list(xs)) if alike else None


def _loss(name: str) -> Read:
    """``reduction`` is the mean unless said."""

    def read(x: Any, target: Any, reduction: str = "mean", **given: Any) -> Asked | None:
        if given.keys() - {"delta"} or x.shape != target.shape or not x.ndim:
            return None
        return name, {**given, "reduction": reduction != "none" and reduction}, [target, x]

    return read


def _layer_norm(x: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Asked | None:
    return ("layer_norm", {"eps": eps}, [x, weight, bias]) if _affine(x, eps, weight, bias) else None


def _rms_norm(x: Any, shape: Any, weight: Any = None, eps: Any = None) -> Asked | None:
    given = np.finfo(x.dtype).eps if eps is None else eps
    return ("rms_norm", {"eps": float(given)}, [x, weight]) if _affine(x, given, weight) else None


def _group_norm(x: Any, groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Asked | None:
    if not _affine(x, eps, weight, bias):
        return None
    rows = [w.reshape(-1, *(1,) * (x.ndim - 2)) for w in (weight, bias)]
    return "group_norm", {"groups": groups, "eps": eps}, [x, *rows]


def _affine(x: Any, eps: float, *rows: Any) -> bool:
    """Not over all axes, which no op of ours is."""
    return eps > 0 and all(row is not None and row.ndim < x.ndim for row in rows)


ALIKE = (
    *("abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "exp", "exp2", "expm1", "floor"),
    *("log", "log10", "log1p", "log2", "neg", "round", "sin", "sinh", "sign", "signbit", "tan", "tanh", "trunc"),
    *("reciprocal", "rsqrt", "sqrt", "square", "isfinite", "isinf", "isnan", "sigmoid", "digamma", "erf", "erfc"),
    *("sinc", "erfinv", "lgamma", "logit", "logical_not", "bitwise_not"),
)
PAIRS = {
    **{name: name for name in ("add", "sub", "fmod", "remainder", "floor_divide", "pow", "maximum", "minimum", "bmm")},
    **{name: name for name in ("fmax", "fmin", "copysign", "heaviside", "nextafter", "hypot", "xlogy")},
    **{f"{how}_{name}": f"{how}_{name}" for how in ("logical", "bitwise") for name in ("and", "or", "xor")},
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "max binary": "maximum",
    "min binary": "minimum",
    "bmm triton_optimized": "bmm",
}
FUNCTIONAL = ("relu", "relu6", "selu", "silu", "mish", "softsign")

READS: dict[str, Read] = {
    **{name: _alone(name) for name in ALIKE},
    **{entry: _pair(name) for entry, name in PAIRS.items()},
    **{f"nn.functional.{name}": _alone(name) for name in FUNCTIONAL},
    **{f"nn.functional.{name}": _alone(name, alpha=1.0) for name in ("elu", "celu")},
    "nn.functional.hardsigmoid": _alone("hard_sigmoid"),
    "nn.functional.logsigmoid": _alone("log_sigmoid"),
    "nn.functional.gelu": _gelu,
    "nn.functional.prelu": _prelu,
    **{f"nn.functional.{name}": _loss(name) for name in ("mse_loss", "l1_loss", "huber_loss", "kl_div")},
    "nn.functional.binary_cross_entropy_with_logits": _loss("binary_cross_entropy_with_logits"),
    "nn.functional.layer_norm": _layer_norm,
    "nn.functional.rms_norm": _rms_norm,
    "nn.functional.group_norm": _group_norm,
    **{
        entry: _over_axes(name)
        for entry, name in ((name, name) for name in ("sum", "mean", "all", "any", "count_nonzero"))
    },
    **{entry: _over_axes(name) for entry, name in (("amax", "max"), ("amin", "min"))},
    **{name: _over_axis(name) for name in ("prod", "argmax", "argmin")},
    **{name: _spread(name) for name in ("var", "std")},
    "outer": _pair("outer"),
    "linalg.cross": _cross,
    "nan_to_num": _replaced,
    "where": _where,
    "transpose": _transpose,
    "permute": _permute,
    "broadcast_to": _expand,
    "squeeze": _squeeze,
    "squeeze multiple": _squeeze,
    "tile": _tile,
    "repeat": _tile,
    "roll": _roll,
    "cat": _concat,
}

WHOLE = ("logical", "bitwise", "all", "any")


def plain(value: Any) -> Any:
    """Tensors as arrays, whatever they are in."""
    if isinstance(value, torch.Tensor):
        return value.detach().resolve_conj().resolve_neg().numpy()
    return type(value)(map(plain, value)) if isinstance(value, (list, tuple)) else value


def samples(entry: Any, dtype: torch.dtype, whole: bool) -> Iterator[Any]:
    yield from entry.sample_inputs("cpu", dtype)
    if whole:
        yield from entry.reference_inputs("cpu", dtype)


def vectors(entry: Any, name: str, dtype: torch.dtype, whole: bool, left: Counter[str]) -> Iterator[Vector]:
    for sample in samples(entry, dtype, whole):
        x, args, given = plain(sample.input), plain(sample.args), {k: plain(v) for k, v in sample.kwargs.items()}
        try:
            asked = READS[name](x, *args, **given)
        except TypeError:
            # An argument that no reader knows.
            asked = None
        if asked is None or not _askable(asked[2]):
            left[name] += 1
            continue
        with np.errstate(all="ignore"):
            yield name, *asked, np.asarray(entry.ref(x, *args, **given))


def _askable(arrays: list[Any]) -> bool:
    """Arrays of one dtype, beside conditions, that are not too large."""
    if not all(isinstance(a, np.ndarray) for a in arrays):
        return False
    return len({a.dtype for a in arrays} - {np.dtype(bool)}) <= 1 and sum(a.size for a in arrays) <= MOST


def main(path: str, whole: bool) -> None:
    warnings.simplefilter("ignore")
    left: Counter[str] = Counter()
    found: list[Vector] = []
    entries = [(f"{e.name} {e.variant_test_name}".strip(), e) for e in op_db if getattr(e, "ref", None) is not None]
    for name, entry in entries:
        if name in READS:
            dtype = torch.bool if name.startswith(WHOLE) else torch.float64
            found += vectors(entry, name, dtype, whole, left)
    with open(path, "wb") as file:
        pickle.dump({"vectors": found, "left": dict(left), "entries": [name for name, _ in entries]}, file)


if __name__ == "__main__":
    main(sys.argv[1], "whole" in sys.argv[2:])
