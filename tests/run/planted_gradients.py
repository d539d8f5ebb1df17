"""An honest adapter with a small reverse mode of its own, and copies of it with one wrong gradient each."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from opassay.adapters import oracle
from opassay.adapters.oracle.definition import judging
from opassay.adapters.oracle.geometry import from_nhwc, sliding_windows, to_nhwc
from opassay.adapters.oracle.stages import linear_in
from opassay.harness.model.adapter import Adapter, Unconnected
from opassay.harness.model.dtypes import dtype_name, is_float, narrow, widen

DATA = {name: known.inputs.index(known.differentiable[0]) for name, known in oracle.OPS.items()}
"""Which input has the answer's dtype."""

LINEAR_IN = {name: linear_in(name) for name in oracle.OPS} | {"max_unpool2d": (0,)}
"""Ops that are linear in each of these inputs, so that their gradients can be differentiated once more."""

Back = Callable[[Sequence[Any]], Sequence[Any]]
"""From one gradient per output to one per input; None where there is none."""

_numbers = itertools.count()


@dataclass(frozen=True, eq=False)
class Step:
    """One thing that was computed; a later step has a larger number."""

    number: int
    inputs: tuple[Variable, ...]
    outputs: tuple[Variable, ...]
    back: Back


class Variable:
    """An array and the step that made it."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        self.step: Step | None = None

    def __add__(self, other: Variable) -> Variable:
        return _elementwise(np.add, (self, other), lambda given: (given[0], given[0]))

    def __sub__(self, other: Variable) -> Variable:
        return _elementwise(np.subtract, (self, other), lambda given: (given[0], -given[0]))

    def __neg__(self) -> Variable:
        return _elementwise(np.negative, (self,), lambda given: (-given[0],))


def _elementwise(function: Callable[..., np.ndarray], inputs: tuple[Variable, ...], back: Back) -> Variable:
    with np.errstate(all="ignore"):
        values = function(*(widen(x.array) for x in inputs))
    return _record([narrow(values, dtype_name(inputs[0].array))], inputs, back)[0]


def _record(arrays: Sequence[np.ndarray], inputs: tuple[Variable, ...], back: Back) -> tuple[Variable, ...]:
    made = tuple(Variable(array) for array in arrays)
    step = Step(next(_numbers), inputs, made, back)
    for variable in made:
        variable.step = step
    return made


def _steps_since(number: int, outputs: Sequence[Variable]) -> list[Step]:
    """What led to ``outputs``, the latest first, back to the step of this number."""
    found, ahead = set(), [y.step for y in outputs]
    while ahead:
        step = ahead.pop()
        if step is not None and step.number > number and step not in found:
            found.add(step)
            ahead.extend(x.step for x in step.inputs)
    return sorted(found, key=lambda step: -step.number)


def _added(total: Variable | None, more: Variable) -> Variable:
    return more if total is None else total + more


def _array(variable: Variable | None) -> np.ndarray | None:
    return None if variable is None else variable.array


def _op(name: str) -> Callable[..., Any]:
    def method(self: HonestGradients, *inputs: Variable, **attributes: Any) -> Any:
        answers = self._call(name, attributes, inputs)
        return answers if len(answers) > 1 else answers[0]

    return method


class HonestGradients(Adapter):
    """Differentiates any function of its ops, gradients of gradients included where ops are linear.

    A step's gradient is a step itself. ``_gradients`` is the only place where values of gradients are made.
    """

    name = "honest_gradients"
    modes = ("eager",)

    avg_pool1d = _op("avg_pool1d")
    avg_pool2d = _op("avg_pool2d")
    avg_pool3d = _op("avg_pool3d")
    avg_unpool2d = _op("avg_unpool2d")
    conv1d = _op("conv1d")
    conv2d = _op("conv2d")
    conv3d = _op("conv3d")
    conv_transpose1d = _op("conv_transpose1d")
    conv2d_transpose = _op("conv2d_transpose")
    conv_transpose3d = _op("conv_transpose3d")
    matmul = _op("matmul")
    max_pool1d = _op("max_pool1d")
    max_pool2d = _op("max_pool2d")
    max_pool3d = _op("max_pool3d")
    max_pool2d_with_argmax = _op("max_pool2d_with_argmax")
    max_unpool2d = _op("max_unpool2d")
    relu = _op("relu")
    scatter_nd = _op("scatter_nd")
    stop_gradient = _op("stop_gradient")
    attention = _op("attention")
    cross_entropy = _op("cross_entropy")
    gelu = _op("gelu")
    linear = _op("linear")
    mul = _op("mul")
    reshape = _op("reshape")
    rms_norm = _op("rms_norm")
    swiglu = _op("swiglu")
    transpose = _op("transpose")

    def devices(self):
        return ("cpu",)

    def version(self):
        return "1"

    def origin(self):
        return __file__

    def to_native(self, array):
        return Variable(array.copy())

    def to_numpy(self, value):
        return value.array.copy()

    def compile(self, fn, mode):
        return fn

    def vjp(self, fn, inputs, cotangents):
        leaves = [_record([x.array], (x,), lambda given: given)[0] for x in inputs]
        outputs = fn(*leaves)
        gradients = {}
        for y, cotangent in zip(outputs, cotangents, strict=True):
            if cotangent is not None and is_float(dtype_name(y.array)):
                gradients[y] = _added(gradients.get(y), cotangent)
        for step in _steps_since(leaves[-1].step.number, list(gradients)):
            given = [gradients.get(y) for y in step.outputs]
            if any(g is not None for g in given):
                for x, gradient in zip(step.inputs, step.back(given), strict=True):
                    if gradient is not None:
                        gradients[x] = _added(gradients.get(x), gradient)
        return tuple(gradients.get(leaf, Unconnected) for leaf in leaves)

    def _call(self, op, attributes, inputs):
        found = judging(op).reference(attributes, [x.array for x in inputs])
        made = [narrow(r.exact, r.dtype) for r in found]
        return _record(made, tuple(inputs), lambda given: self._back(op, attributes, inputs, given))

    def _back(self, op, attributes, inputs, cotangents):
        """The gradients of one op as a step of its own."""
        arrays = self._gradients(op, attributes, [x.array for x in inputs], [_array(c) for c in cotangents])
        there = [i for i, array in enumerate(arrays) if array is not None]

        def back(given):
            return self._back_again(op, attributes, inputs, cotangents, dict(zip(there, given, strict=True)))

        made = _record([arrays[i] for i in there], (*inputs, *(c for c in cotangents if c is not None)), back)
        found = dict(zip(there, made, strict=True))
        return [found.get(i) for i in range(len(arrays))]

    def _back_again(self, op, attributes, inputs, cotangents, given):
        """Where f is linear in x, so is <u, dx>: it is <dy, f> with u for x."""
        gradients = [None] * (len(inputs) + 1)
        for i, u in given.items():
            if u is not None:
                replaced = (*inputs[:i], u, *inputs[i + 1 :])
                gradients[-1] = _added(gradients[-1], self._call(op, attributes, replaced)[0])
                others = [j for j in LINEAR_IN[op] if j != i]
                found = self._back(op, attributes, replaced, cotangents) if others else ()
                for j in others:
                    gradients[j] = _added(gradients[j], found[j])
        return gradients

    def _gradients(self, op, attributes, inputs, cotangents):
        """One array per input, None where there is no gradient."""
        references = judging(op).vjp(attributes, inputs, cotangents)
        return [None if r.policy == "unconnected" else narrow(r.exact, r.dtype) for r in references]


def _changed(function: Callable[[np.ndarray], np.ndarray], array: np.ndarray | None) -> np.ndarray | None:
    """``function`` of the values, in the same dtype."""
    if array is None:
        return None
    with np.errstate(all="ignore"):
        return narrow(function(widen(array)), dtype_name(array))


class Negated(HonestGradients):
    """The first gradient has the wrong sign."""

    name = "negated"
    modes = ("eager",)

    def _gradients(self, op, attributes, inputs, cotangents):
        gradients = super()._gradients(op, attributes, inputs, cotangents)
        first = DATA[op]
        gradients[first] = _changed(np.negative, gradients[first])
        return gradients


class NegatedLast(HonestGradients):
    """The last gradient has the wrong sign."""

    name = "negated_last"
    modes = ("eager",)

    def _gradients(self, op, attributes, inputs, cotangents):
        *gradients, last = super()._gradients(op, attributes, inputs, cotangents)
        return [*gradients, _changed(np.negative, last)]


class Disconnected(HonestGradients):
    """No gradient for the first input that has one."""

    name = "disconnected"
    modes = ("eager",)

    def _gradients(self, op, attributes, inputs, cotangents):
        gradients = super()._gradients(op, attributes, inputs, cotangents)
        gradients[DATA[op]] = None
        return gradients


class CotangentIgnored(HonestGradients):
    """The gradient of the sum, whatever the cotangent."""

    name = "cotangent_ignored"
    modes = ("eager",)

    def _gradients(self, op, attributes, inputs, cotangents):
        return super()._gradients(op, attributes, inputs, [_changed(np.ones_like, c) for c in cotangents])


class ZerosForIndices(HonestGradients):
    """Integers get a gradient of zeros."""

    name = "zeros_for_indices"
    modes = ("eager",)

    def vjp(self, fn, inputs, cotangents):
        gradients = super().vjp(fn, inputs, cotangents)
        return tuple(
            Variable(np.zeros_like(x.array)) if g is Unconnected and not is_float(dtype_name(x.array)) else g
            for x, g in zip(inputs, gradients, strict=True)
        )


class RotatedFilter(HonestGradients):
    """The filter is flipped on the way back to the image, as if the forward pass did not flip it."""

    name = "rotated_filter"
    modes = ("eager",)

    def _gradients(self, op, attributes, inputs, cotangents):
        x, w = inputs
        dx, _ = super()._gradients(op, attributes, [x, w[::-1, ::-1]], cotangents)
        _, dw = super()._gradients(op, attributes, inputs, cotangents)
        return [dx, dw]


class TransposedFilter(HonestGradients):
    """The rows of a square filter are taken for its columns on the way back to the image."""

    name = "transposed_filter"
    modes = ("eager",)

    def _gradients(self, op, attributes, inputs, cotangents):
        x, w = inputs
        other = w.swapaxes(0, 1) if w.shape[0] == w.shape[1] else w
        dx, _ = super()._gradients(op, attributes, [x, other], cotangents)
        _, dw = super()._gradients(op, attributes, inputs, cotangents)
        return [dx, dw]


class DroppedRow(HonestGradients):
    """The last row of the image takes no part in the gradient of the filter."""

    name = "dropped_row"
    modes = ("eager",)

    def _gradients(self, op, attributes, inputs, cotangents):
        x, w = inputs
        cut = x.copy()
        to_nhwc(cut, attributes["layout"])[:, -1:] = np.zeros((), x.dtype)
        _, dw = super()._gradients(op, attributes, [cut, w], cotangents)
        dx, _ = super()._gradients(op, attributes, inputs, cotangents)
        return [dx, dw]


class MeanOverBatch(HonestGradients):
    """The filter's gradient is the mean over the batch, not the sum."""

    name = "mean_over_batch"
    modes = ("eager",)

    def _gradients(self, op, attributes, inputs, cotangents):
        dx, dw = super()._gradients(op, attributes, inputs, cotangents)
        return [dx, _changed(lambda values: values / max(len(inputs[0]), 1), dw)]


class MixedGroupGradients(HonestGradients):
    """The filter's gradients of the groups in reverse."""

    name = "mixed_group_gradients"
    modes = ("eager",)

    def _gradients(self, op, attributes, inputs, cotangents):
        dx, dw = super()._gradients(op, attributes, inputs, cotangents)
        split = dw.reshape(*dw.shape[:3], attributes["groups"], dw.shape[3] // attributes["groups"])
        return [dx, split[:, :, :, ::-1].reshape(dw.shape)]


class EveryTie(HonestGradients):
    """Each of equal maxima gets the whole cotangent."""

    name = "every_tie"
    modes = ("eager",)

    def _gradients(self, op, attributes, inputs, cotangents):
        layout = attributes["layout"]
        largest = widen(self._call(op, attributes, [Variable(inputs[0])])[0].array)
        x, dy, largest = (to_nhwc(v, layout) for v in (widen(inputs[0]), widen(cotangents[0]), largest))
        how = (attributes[key] for key in ("window", "stride", "dilation", "padding"))
        taps = list(sliding_windows(op, x.shape[1:3], *how).taps())
        dx = np.zeros(x.shape, dy.dtype)
        for tap, takes in zip(taps, self._takers(x, largest, taps), strict=True):
            with np.errstate(all="ignore"):
                dx[:, *tap.inputs] += np.where(takes, dy[:, *tap.outputs], 0)
        return [narrow(from_nhwc(dx, layout), dtype_name(inputs[0]))]

    def _takers(self, x, largest, taps):
        """For each tap, in which windows it takes the cotangent."""
        pairs = [(x[:, *tap.inputs], largest[:, *tap.outputs]) for tap in taps]
        return [(value == most) | (np.isnan(value) & np.isnan(most)) for value, most in pairs]


class LastTieGradient(EveryTie):
    """The last of equal maxima gets the cotangent."""

    name = "last_tie_gradient"
    modes = ("eager",)

    def _takers(self, x, largest, taps):
        taken, takers = np.zeros(largest.shape, bool), []
        for tap, ties in zip(reversed(taps), reversed(super()._takers(x, largest, taps)), strict=True):
            takers.append(ties & ~taken[:, *tap.outputs])
            taken[:, *tap.outputs] |= ties
        return takers[::-1]


class Overwritten(HonestGradients):
    """Where windows overlap, the last one's cotangent stays instead of being added."""

    name = "overwritten"
    modes = ("eager",)

    def _gradients(self, op, attributes, inputs, cotangents):
        (x,), (dy, *_), layout = inputs, cotangents, attributes["layout"]
        if not x.size:
            return super()._gradients(op, attributes, inputs, cotangents)
        _, places = oracle.max_pool2d_with_argmax(x, **attributes)
        dx = np.zeros(to_nhwc(x, layout).shape, x.dtype)
        each = (len(x), math.prod(dy.shape[1:]))
        places, values = (to_nhwc(v, layout).reshape(each) for v in (places, dy))
        for sample, where, what in zip(dx.reshape(len(x), -1), places, values, strict=True):
            sample[where] = what
        return [from_nhwc(dx, layout)]


class WholeWindow(HonestGradients):
    """The gradient is divided by the whole window where only real elements count."""

    name = "whole_window"
    modes = ("eager",)

    def _gradients(self, op, attributes, inputs, cotangents):
        return super()._gradients(op, {**attributes, "count_padding": True}, inputs, cotangents)


class FirstOfWindow(HonestGradients):
    """Only the first position of each window takes part in the sum of cotangents."""

    name = "first_of_window"
    modes = ("eager",)

    def _gradients(self, op, attributes, inputs, cotangents):
        (height, width), layout = attributes["window"], attributes["layout"]
        return [from_nhwc(to_nhwc(cotangents[0], layout)[:, ::height, ::width], layout)]


class FirstSample(HonestGradients):
    """Every sample takes the cotangents of the first one."""

    name = "first_sample"
    modes = ("eager",)

    def _gradients(self, op, attributes, inputs, cotangents):
        (dy,) = cotangents
        return super()._gradients(op, attributes, inputs, [np.broadcast_to(dy[: min(1, len(dy))], dy.shape)])


class FirstOfBatch(HonestGradients):
    """Where the second operand was repeated over a batch axis, only the first of its gradients is kept."""

    name = "first_of_batch"
    modes = ("eager",)

    def _gradients(self, op, attributes, inputs, cotangents):
        (a, b), (dy,) = inputs, cotangents
        da, _ = super()._gradients(op, attributes, inputs, cotangents)
        missing = dy.ndim - b.ndim
        repeated = [axis < missing or b.shape[axis - missing] == 1 for axis in range(dy.ndim - 2)]
        first = tuple(slice(0, 1) if there else slice(None) for there in repeated)
        whole = np.broadcast_to(a, (*dy.shape[:-2], *a.shape[-2:]))
        _, db = super()._gradients(op, attributes, [whole[first], b], [dy[first]])
        return [da, db]


class NotTransposed(HonestGradients):
    """The second operand is not transposed where it is square."""

    name = "not_transposed"
    modes = ("eager",)

    def _gradients(self, op, attributes, inputs, cotangents):
        a, b = inputs
        other = b.swapaxes(-1, -2) if b.shape[-1] == b.shape[-2] else b
        da, _ = super()._gradients(op, attributes, [a, other], cotangents)
        _, db = super()._gradients(op, attributes, inputs, cotangents)
        return [da, db]


class OneAtZero(HonestGradients):
    """The gradient of relu is 1 at 0."""

    name = "one_at_zero"
    modes = ("eager",)

    def _gradients(self, op, attributes, inputs, cotangents):
        (dx,) = super()._gradients(op, attributes, inputs, cotangents)
        return [np.where(widen(inputs[0]) == 0, cotangents[0], dx)]


class PassedThrough(HonestGradients):
    """The cotangent itself is the gradient."""

    name = "passed_through"
    modes = ("eager",)

    def _gradients(self, op, attributes, inputs, cotangents):
        return [cotangents[0]]


class SharedUpdates(HonestGradients):
    """Updates of one place share its gradient."""

    name = "shared_updates"
    modes = ("eager",)

    def _gradients(self, op, attributes, inputs, cotangents):
        (indices, updates), (_, gradient) = inputs, super()._gradients(op, attributes, inputs, cotangents)
        rows = indices.reshape(-1, indices.shape[-1])
        _, which, counts = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
        inner = (1,) * (updates.ndim - indices.ndim + 1)
        shares = counts[which.ravel()].reshape((*indices.shape[:-1], *inner))
        return [None, _changed(lambda values: values / shares, gradient)]
