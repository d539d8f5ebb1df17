"""NumPy as a framework that is right: each op in the plainest way, its sums in the order that the mode names.

Of float16 and bfloat16 all is computed in float32 and rounded once, at the end. Expressions are JAX's, on NumPy's names;
elementary functions are SciPy's where NumPy has none. ``tests/benchmarks/alarms.py`` asks it: whatever fails is a false
alarm. There are no gradients, and no refusals to look for.
"""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import scipy
from numpy_windows import WindowOps
from ordered import Ordered, backwards, in_order, product

from opassay.adapters.expressions import ops_of
from opassay.adapters.jax.expressions import EXPRESSIONS
from opassay.harness.model.adapter import Adapter, Unsupported
from opassay.harness.model.dtypes import dtype_name, is_float, narrow, widen
from opassay.harness.model.numeric_model import NumericModel, NumericRule

NARROW = ("float16", "bfloat16")
np_ = Ordered()


def _sigmoid(x):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def _softplus(x):
    return np.logaddexp(x, np.zeros((), x.dtype))


def _elu(x, alpha=1.0):
    return np.where(x > 0, x, x.dtype.type(alpha) * np.expm1(np.where(x > 0, 0, x)))


def _standardize(x, axes, *given, epsilon):
    centre = np_.mean(x, axes, keepdims=True)
    spread = np_.mean(np.square(x - centre), axes, keepdims=True)
    if given:
        across = (-1, *(1,) * (x.ndim - 2))
        centre, spread = (v.reshape(across) for v in given)
    return (x - centre) / np.sqrt(spread + x.dtype.type(epsilon))


def _softmax(x, axis=-1):
    e = np.exp(x - np.max(x, axis, keepdims=True, initial=-np.inf))
    return e / np_.sum(e, axis, keepdims=True)


def _log_softmax(x, axis=-1):
    less = x - np.max(x, axis, keepdims=True, initial=-np.inf)
    return less - np.log(np_.sum(np.exp(less), axis, keepdims=True))


def _logsumexp(x, axes, keepdims):
    top = np.max(x, axes, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0)
    y = np.log(np_.sum(np.exp(x - top), axes, keepdims=True)) + top
    return y if keepdims else np.squeeze(y, axes)


def _gelu(x, approximate):
    if approximate:
        inner = x.dtype.type(math.sqrt(2 / math.pi)) * (x + x.dtype.type(0.044715) * x**3)
        return x.dtype.type(0.5) * x * (1 + np.tanh(inner))
    return x.dtype.type(0.5) * x * scipy.special.erfc(-x * x.dtype.type(math.sqrt(0.5)))


def _hard_sigmoid(x):
    return np.clip(x + 3, 0, 6) / x.dtype.type(6)


NN = SimpleNamespace(
    sigmoid=_sigmoid,
    gelu=_gelu,
    silu=lambda x: x / (1 + np.exp(-x)),
    softplus=_softplus,
    soft_sign=lambda x: x / (1 + np.abs(x)),
    mish=lambda x: x * np.tanh(_softplus(x)),
    elu=_elu,
    celu=lambda x, alpha: np.where(
        x > 0, x, x.dtype.type(alpha) * np.expm1(np.where(x > 0, 0, x) / x.dtype.type(alpha))
    ),
    selu=lambda x: x.dtype.type(1.0507009873554805) * _elu(x, 1.6732632423543772),
    leaky_relu=lambda x, slope: np.where(x >= 0, x, x * np.asarray(slope, x.dtype)),
    hard_sigmoid=_hard_sigmoid,
    hard_swish=lambda x: x * _hard_sigmoid(x),
    log_sigmoid=lambda x: -_softplus(-x),
    standardize=_standardize,
    softmax=_softmax,
    log_softmax=_log_softmax,
    logsumexp=_logsumexp,
)
JAX = SimpleNamespace(nn=NN, scipy=scipy)


def _divided(a, b):
    q = np.floor_divide(a, b) if a.dtype.kind == "u" else None
    return q if q is not None else (np.sign(a) * np.sign(b) * (np.abs(a) // np.abs(b))).astype(a.dtype)


def _sliced(x, starts, sizes):
    at = [min(max(int(s), 0), n - k) for s, n, k in zip(starts, x.shape, sizes, strict=True)]
    return x[tuple(slice(s, s + k) for s, k in zip(at, sizes, strict=True))]


def _updated(x, updates, starts):
    y = x.copy()
    _sliced(y, starts, updates.shape)[...] = updates
    return y


def _in_float64(function):
    return lambda x: function(x.astype(np.float64)).astype(x.dtype)


LAX = SimpleNamespace(
    lgamma=_in_float64(lambda x: np.where(np.isneginf(x), np.inf, scipy.special.gammaln(x))),
    digamma=_in_float64(scipy.special.digamma),
    rsqrt=lambda x: 1 / np.sqrt(x),
    erf=scipy.special.erf,
    erfc=_in_float64(scipy.special.erfc),
    erf_inv=lambda x: np.copysign(scipy.special.erfinv(x), x),
    stop_gradient=lambda x: x,
    batch_matmul=product,
    split=lambda x, sizes, axis: tuple(np.split(x, np.cumsum(sizes)[:-1], axis)),
    dynamic_slice=_sliced,
    dynamic_update_slice=_updated,
    div=_divided,
)

OWN = {
    "relu": "np.where(x <= 0, x.dtype.type(0), x)",
    "stop_gradient": "x.copy()",
    "matmul": "jnp.matmul(a, b)",
    "lerp": "a + weight * (b - a)",
    "prelu": "np.where(a >= 0, a, a * b)",
    "sum_square": "jnp.sum(x * x, axes, keepdims=keepdims)",
    "norm_l1": "jnp.sum(np.abs(x), axis, keepdims=keepdims)",
    "lp_normalize": "x / np.maximum(jnp.sum(np.abs(x), axis, keepdims=True) if p == 1 "
    "else np.sqrt(jnp.sum(x * x, axis, keepdims=True)), x.dtype.type(eps))",
    "matmul_widened": "jnp.matmul(a.astype(np.int32), b.astype(np.int32)) if a.dtype.kind in 'iu' else jnp.matmul(a, b)",
    "max": "np.max(x, axes, keepdims=keepdims)",
    "min": "np.min(x, axes, keepdims=keepdims)",
    "sort": "np.sort(x, axis)[..., :] if not descending else np.flip(np.sort(x, axis), axis)",
    "gather": "np.take(x, indices, axis)",
    "scatter_elements": "_placed(x, indices, updates, axis)",
    "index_put": "_written(x, indices, updates, accumulate)",
    "index_add": "_added(x, indices, updates, axis)",
    "one_hot": "np.moveaxis(np.eye(depth)[indices], -1, axis).astype(to)",
    "masked_fill": "np.where(condition, np.asarray(fill).astype(x.dtype), x)",
    "logaddexp": "np.logaddexp(a, b)",
    "rms_norm": "x / np.sqrt(jnp.mean(x * x, tuple(range(-weight.ndim, 0)), keepdims=True) + x.dtype.type(eps)) * weight",
    "attention": "_attend(query, key, value, scale, causal=causal)",
    "masked_attention": "_attend(query, key, value, scale, mask=mask)",
    "biased_attention": "_attend(query, key, value, scale, bias=bias)",
}


def _attend(query, key, value, scale=False, causal=False, mask=None, bias=None):
    each = query.shape[1] // max(key.shape[1], 1)
    key, value = (np.repeat(v, each, 1) for v in (key, value))
    factor = query.dtype.type(scale or 1 / math.sqrt(max(query.shape[-1], 1)))
    scores = np_.matmul(query, np.swapaxes(key, -1, -2)) * factor
    if causal:
        queries, keys = scores.shape[-2:]
        mask = np.tri(queries, keys, keys - queries if causal == "lower_right" else 0, dtype=bool)
    scores = scores if bias is None else scores + bias
    scores = scores if mask is None else np.where(mask, scores, -np.inf)
    top = np.max(scores, -1, keepdims=True, initial=-np.inf)
    weights = np.exp(scores - np.where(np.isneginf(top), 0, top))
    total = np_.sum(weights, -1, keepdims=True)
    return np_.matmul(np.where(total == 0, 0, weights / total).astype(query.dtype), value)


def _written(x, indices, updates, accumulate):
    y, at = x.copy(), tuple(np.moveaxis(indices, -1, 0))
    if not accumulate:
        y[at] = updates
    else:
        _in_turn(np.add, y, at, updates)
    return y


def _in_turn(into, y, at, updates):
    """One after the other, from the end if sums are backwards."""
    at = tuple(np.broadcast_to(i, np.broadcast_shapes(*(j.shape for j in at))).ravel() for i in at)
    rows = updates.reshape(len(at[0]), *y.shape[len(at) :])
    step = -1 if backwards() else 1
    into.at(y, tuple(i[::step] for i in at), rows[::step])


def _placed(x, indices, updates, axis):
    y = x.copy()
    np.put_along_axis(y, indices, updates, axis)
    return y


def _added(x, indices, updates, axis):
    y = x.copy()
    _in_turn(np.add, np.moveaxis(y, axis, 0), (indices,), np.moveaxis(updates, axis, 0))
    return y


NAMES = {
    "np": np,
    "jnp": np_,
    "lax": LAX,
    "jax": JAX,
    "_attend": _attend,
}
NAMES |= {"_written": _written, "_placed": _placed, "_added": _added}


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

NOT_HERE = ("resize_nearest", "resize_linear", "resize_cubic")
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
        _in_turn(np.add, y, tuple(np.moveaxis(indices, -1, 0)), updates)
        return y

    def scatter_reduce(self, indices, x, updates, *, axis, reduction):
        places = np.take_along_axis(np.arange(x.size).reshape(x.shape), indices, axis)
        y = x.ravel().copy()
        _in_turn(
            {"add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum}[reduction], y, (places,), updates
        )
        return y.reshape(x.shape)

    def cross_entropy(self, target, x, *, ignore_index, reduction):
        ignored = np.zeros(target.shape, bool) if ignore_index is False else target == ignore_index
        found = np.take_along_axis(-_log_softmax(x, 1), np.where(ignored, 0, target)[:, None], 1)[:, 0]
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
    lacking = {"lgamma": "float64", "digamma": "float64", "erfc": "float64"}

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
