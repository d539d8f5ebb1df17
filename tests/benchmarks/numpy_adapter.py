"""NumPy as a framework that is right: each op in the plainest way, its sums in the order that the mode names.

Of float16 and bfloat16 all is computed in float32 and rounded once, at the end. Expressions are JAX's, with NumPy in
JAX's place; elementary functions are SciPy's where NumPy has none. ``alarms.py`` beside it asks for its values:
whatever fails is a false alarm. It has no gradients.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy_functions import JAX, LAX, added, attend, in_turn, log_softmax, np_, placed, written
from numpy_windows import WindowOps
from ordered import in_order

from opassay.adapters.expressions import ops_of
from opassay.adapters.jax.expressions import EXPRESSIONS
from opassay.harness.model.adapter import Adapter, Unsupported
from opassay.harness.model.dtypes import dtype_name, is_float, narrow, widen
from opassay.harness.model.numeric_model import NumericModel, NumericRule

NARROW = ("float16", "bfloat16")

OWN = {
    # In float32, NumPy's own errs by up to 3.3 units in the last place here, and OpenCL's profile allows 3.
    "log": "np.log(x.astype(np.float64)).astype(x.dtype)",
    "relu": "np.where(x <= 0, x.dtype.type(0), x)",
    "stop_gradient": "x.copy()",
    "matmul": "jnp.matmul(a, b)",
    "lerp": "a + weight * (b - a)",
    "prelu": "np.where(a >= 0, a, a * b)",
    "sum_square": "jnp.sum(x * x, axes, keepdims=keepdims)",
    "norm_l1": "jnp.sum(np.abs(x), axis, keepdims=keepdims)",
    "lp_normalize": "x / np.maximum(jnp.sum(np.abs(x), axis, keepdims=True) if p == 1 "
    "else np.sqrt(jnp.sum(x * x, axis, keepdims=True)), x.dtype.type(eps))",
    "matmul_widened": "jnp.matmul(*(v.astype(np.int32) if v.dtype.kind in 'iu' else v for v in (a, b)))",
    "matmul_float8": "jnp.matmul(a.astype(to).astype(a.dtype), b.astype(to).astype(b.dtype))",
    "max": "np.max(x, axes, keepdims=keepdims)",
    "min": "np.min(x, axes, keepdims=keepdims)",
    "gather": "np.take(x, indices, axis)",
    "scatter_elements": "placed(x, indices, updates, axis)",
    "index_put": "written(x, indices, updates, accumulate)",
    "index_add": "added(x, indices, updates, axis)",
    "masked_fill": "np.where(condition, np.asarray(fill).astype(x.dtype), x)",
    "logaddexp": "np.logaddexp(a, b)",
    "rms_norm": "x / np.sqrt(jnp.mean(x * x, tuple(range(-weight.ndim, 0)), keepdims=True) + x.dtype.type(eps)) "
    "* weight",
    "attention": "attend(query, key, value, scale, causal=causal)",
    "masked_attention": "attend(query, key, value, scale, mask=mask)",
    "biased_attention": "attend(query, key, value, scale, bias=bias)",
}


NAMES = {"np": np, "jnp": np_, "lax": LAX, "jax": JAX}
NAMES |= {"attend": attend, "written": written, "placed": placed, "added": added}


def in_float32(method):
    """The method on what float32 makes of 16 bits, its answers rounded to them."""

    def called(self, *inputs, **attributes):
        small = next((dtype_name(x) for x in inputs if dtype_name(x) in NARROW), None)
        if small is None:
            return method(self, *inputs, **attributes)
        wide = [widen(x).astype(np.float32) if dtype_name(x) in NARROW else x for x in inputs]
        answers = method(self, *wide, **attributes)
        several = answers if isinstance(answers, tuple) else (answers,)
        wanted = "float32" if method.__name__ in WIDER else small
        told = tuple(narrow(y, wanted) if y.dtype == np.float32 else y for y in several)
        return told if isinstance(answers, tuple) else told[0]

    called.__name__ = method.__name__
    return called


WIDER = ("matmul_widened",)
"""What adds up 16 bits answers in 32."""

# The next number of float32 rounds to the operand in 16 bits.
NOT_HERE = ("nextafter", "resize_nearest", "resize_linear", "resize_cubic")
WINDOWS = [name for name in vars(WindowOps) if not name.startswith("_")]
WRITTEN = {op: text for op, text in {**EXPRESSIONS, **OWN}.items() if op not in NOT_HERE}
Expressions = ops_of(WRITTEN, __file__, in_float32, **NAMES)
Windows = type("Windows", (WindowOps,), {name: in_float32(getattr(WindowOps, name)) for name in WINDOWS})


class Others:
    """What is more than an expression."""

    def cast(self, x, *, to):
        y = widen(x)
        if is_float(to):
            return narrow(y.astype(np.float64) if y.dtype.kind in "iub" else y, to)
        return y.astype(to)

    def one_hot(self, indices, *, depth, axis, to):
        y = np.moveaxis(np.eye(depth)[indices], -1, axis)
        return narrow(y, to) if is_float(to) else y.astype(to)

    def scatter_nd(self, indices, updates, *, shape):
        y = np.zeros(shape, updates.dtype)
        in_turn(np.add, y, tuple(np.moveaxis(indices, -1, 0)), updates)
        return y

    def scatter_reduce(self, indices, x, updates, *, axis, reduction):
        places = np.take_along_axis(np.arange(x.size).reshape(x.shape), indices, axis)
        y = x.ravel().copy()
        in_turn(
            {"add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum}[reduction], y, (places,), updates
        )
        return y.reshape(x.shape)

    def cross_entropy(self, target, x, *, ignore_index, reduction):
        ignored = np.zeros(target.shape, bool) if ignore_index is False else target == ignore_index
        found = np.take_along_axis(-log_softmax(x, 1), np.where(ignored, 0, target)[:, None], 1)[:, 0]
        losses = np.where(ignored, 0, found).astype(x.dtype)
        if not reduction:
            return losses
        total = np.asarray(np_.sum(losses))
        return total if reduction == "sum" else np.asarray(total / x.dtype.type((~ignored).sum()))

    def cumsum(self, x, *, axis, exclusive, reverse):
        return self._scan(np.cumsum, x, axis, exclusive, reverse, 0)

    def cumprod(self, x, *, axis, exclusive, reverse):
        return self._scan(np.cumprod, x, axis, exclusive, reverse, 1)

    def _scan(self, scan, x, axis, exclusive, reverse, first):
        x = np.flip(x, axis) if reverse else x
        y = scan(x, axis, x.dtype)
        if exclusive:
            rows = np.moveaxis(y, axis, 0)
            rows[1:] = rows[:-1].copy()
            rows[:1] = first
        return np.flip(y, axis) if reverse else y

    def topk(self, x, *, k, smallest, **others):
        order = self._order(x, -1, not smallest)[..., :k]
        return np.take_along_axis(x, order, -1), order

    def sort(self, x, *, axis, descending):
        return np.take_along_axis(x, self._order(x, axis, descending), axis)

    def argsort(self, x, *, axis, descending):
        return self._order(x, axis, descending)

    def _order(self, x, axis, descending):
        if not descending:
            return np.argsort(x, axis, kind="stable")
        order = np.flip(np.argsort(np.flip(x, axis), axis, kind="stable"), axis)
        return x.shape[axis] - 1 - order

    def depth_to_space(self, x, *, block, order):
        n, c, h, w = x.shape
        if order == "CRD":
            y = x.reshape(n, c // block**2, block, block, h, w).transpose(0, 1, 4, 2, 5, 3)
        else:
            y = x.reshape(n, block, block, c // block**2, h, w).transpose(0, 3, 4, 1, 5, 2)
        return y.reshape(n, c // block**2, h * block, w * block)

    def space_to_depth(self, x, *, block, order):
        n, c, h, w = x.shape
        y = x.reshape(n, c, h // block, block, w // block, block)
        y = y.transpose((0, 1, 3, 5, 2, 4) if order == "CRD" else (0, 3, 5, 1, 2, 4))
        return y.reshape(n, c * block**2, h // block, w // block)


for _name, _method in dict(vars(Others)).items():
    if _name[0] != "_" and _name not in ("cast", "one_hot"):
        setattr(Others, _name, in_float32(_method))


class NumPyAdapter(Windows, Others, Expressions, Adapter):
    """NumPy; a mode for each order in which sums are added up."""

    name = "ordered_numpy"
    modes = ("forwards", "backwards", "halves", "lanes")
    frameworks = ("numpy", "scipy")
    # SciPy's own are less exact in float64.
    lacking: ClassVar = {"lgamma": "float64", "digamma": "float64", "erfc": "float64"}

    def devices(self):
        return ("cpu",)

    def version(self):
        return np.__version__

    def origin(self):
        return np.__file__

    def numeric_rules(self):
        wide = NumericModel("float32", flushes=False)
        kept = (NumericRule(NumericModel(d, flushes=False), dtype=d) for d in ("float32", "float64"))
        return (*(NumericRule(wide, dtype=d) for d in NARROW), *kept)

    def to_native(self, array):
        return array.copy()

    def to_numpy(self, value):
        return np.array(value)

    def vjp(self, fn, inputs, cotangents):
        raise Unsupported("NumPy has no gradients")

    def compile(self, fn, mode):
        def ordered(*inputs):
            with in_order(mode), np.errstate(all="ignore"):
                return fn(*inputs)

        return ordered
