"""An honest adapter made of NumPy alone, and copies of it with one bug each."""

import json
import os
import resource
import time

import numpy as np

from opassay.adapters import oracle
from opassay.adapters.oracle.geometry import from_nhwc, to_nhwc
from opassay.harness.model.adapter import Adapter
from opassay.harness.model.dtypes import dtype_name, narrow, widen
from opassay.harness.model.op import ContractError


class Honest(Adapter):
    name = "honest"
    modes = ("eager",)

    def devices(self):
        return ("cpu",)

    def version(self):
        return "1"

    def origin(self):
        return __file__

    def to_native(self, array):
        return array.copy()

    def to_numpy(self, value):
        return value.copy()

    def compile(self, fn, mode):
        return fn

    def conv2d(self, x, w, **attributes):
        return narrow(oracle.conv2d(x, w, **attributes), dtype_name(x))

    def conv2d_transpose(self, x, w, **attributes):
        return narrow(oracle.conv2d_transpose(x, w, **attributes), dtype_name(x))

    def max_pool2d_with_argmax(self, x, **attributes):
        values, indices = oracle.max_pool2d_with_argmax(x, **attributes)
        return narrow(values, dtype_name(x)), indices

    def avg_pool2d(self, x, **attributes):
        return narrow(oracle.avg_pool2d(x, **attributes), dtype_name(x))

    def matmul(self, a, b):
        return narrow(oracle.matmul(a, b), dtype_name(a))

    def scatter_nd(self, indices, updates, *, shape):
        return narrow(oracle.scatter_nd(indices, updates, shape=shape), dtype_name(updates))

    def max_unpool2d(self, x, indices, **attributes):
        return narrow(oracle.max_unpool2d(x, indices, **attributes), dtype_name(x))


class SameAtStart(Honest):
    """SAME with the odd extra row and column at the start."""

    name = "same_at_start"
    modes = ("eager",)

    def conv2d(self, x, w, *, stride, padding, dilation, layout, **more):
        if padding == "SAME" and x.size:
            height, width = x.shape[1:3] if layout == "NHWC" else x.shape[2:]
            axes = zip((height, width), w.shape[:2], stride, dilation, strict=True)
            padding = tuple(self._pads(*axis) for axis in axes)
        return super().conv2d(x, w, stride=stride, padding=padding, dilation=dilation, layout=layout, **more)

    def _pads(self, extent, taps, stride, dilation):
        total = max((-(-extent // stride) - 1) * stride + (taps - 1) * dilation + 1 - extent, 0)
        return total - total // 2, total // 2


class FlippedKernel(Honest):
    name = "flipped_kernel"
    modes = ("eager",)

    def conv2d(self, x, w, **attributes):
        return super().conv2d(x, w[::-1, ::-1], **attributes)


class SwappedStrides(Honest):
    name = "swapped_strides"
    modes = ("eager",)

    def conv2d(self, x, w, *, stride, **more):
        return super().conv2d(x, w, stride=stride[::-1], **more)


class DroppedTap(Honest):
    name = "dropped_tap"
    modes = ("eager",)

    def conv2d_transpose(self, x, w, **attributes):
        w = w.copy()
        w[-1, -1] = np.zeros((), w.dtype)
        return super().conv2d_transpose(x, w, **attributes)


class NoDilation(Honest):
    """Dilation ignored, where that leaves the shape as it is."""

    name = "no_dilation"
    modes = ("eager",)

    def conv2d(self, x, w, *, padding, dilation, **more):
        return super().conv2d(x, w, padding=padding, dilation=(1, 1) if padding == "SAME" else dilation, **more)


class MixedGroups(Honest):
    """The groups of filters in reverse."""

    name = "mixed_groups"
    modes = ("eager",)

    def conv2d(self, x, w, *, groups, **more):
        split = w.reshape(*w.shape[:3], groups, w.shape[3] // groups)
        return super().conv2d(x, split[:, :, :, ::-1].reshape(w.shape), groups=groups, **more)


class LastTie(Honest):
    """The last of equal maxima wins, where there is no padding."""

    name = "last_tie"
    modes = ("eager",)

    def max_pool2d_with_argmax(self, x, *, window, stride, padding, dilation, layout):
        attributes = {"window": window, "stride": stride, "padding": padding, "dilation": dilation, "layout": layout}
        values, indices = super().max_pool2d_with_argmax(x, **attributes)
        if padding != "VALID" or dtype_name(x) == "bfloat16" or not values.size:
            return values, indices
        image, largest, last = to_nhwc(x, layout), to_nhwc(values, layout), to_nhwc(indices, layout).copy()
        where = np.arange(image[0].size).reshape(1, *image.shape[1:])
        _, rows, columns, _ = largest.shape
        for i in range(window[0]):
            for j in range(window[1]):
                top, left = i * dilation[0], j * dilation[1]
                down = slice(top, top + (rows - 1) * stride[0] + 1, stride[0])
                right = slice(left, left + (columns - 1) * stride[1] + 1, stride[1])
                last = np.where(image[:, down, right] == largest, where[:, down, right], last)
        return values, from_nhwc(last, layout)


class BatchInIndex(Honest):
    name = "batch_in_index"
    modes = ("eager",)

    def max_pool2d_with_argmax(self, x, **attributes):
        values, indices = super().max_pool2d_with_argmax(x, **attributes)
        first = np.arange(len(x)).reshape(-1, 1, 1, 1) * (x[:1].size)
        return values, indices + first


class WrongDtype(Honest):
    name = "wrong_dtype"
    modes = ("eager",)

    def avg_pool2d(self, x, **attributes):
        return oracle.avg_pool2d(x, **attributes).astype(np.float64)


class WrongShape(Honest):
    name = "wrong_shape"
    modes = ("eager",)

    def scatter_nd(self, indices, updates, *, shape):
        return super().scatter_nd(indices, updates, shape=shape)[None]


class Rejects(Honest):
    """Refuses int32, in code that is not the adapter's."""

    name = "refuses"
    modes = ("eager",)

    def matmul(self, a, b):
        if a.dtype == np.int32:
            json.loads("no")
        return super().matmul(a, b)


class Careless(Honest):
    """Returns something on invalid input."""

    name = "careless"
    modes = ("eager",)

    def matmul(self, a, b):
        try:
            return super().matmul(a, b)
        except ContractError:
            return a


class Aborts(Honest):
    """Ends the process on products of bfloat16."""

    name = "aborts"
    modes = ("eager",)

    def matmul(self, a, b):
        if dtype_name(a) == "bfloat16":
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            os.abort()
        return super().matmul(a, b)


def of_ties(array):
    """Whether all values are 1, 2 and -1, and each occurs: of a geometry's eight fills, ``ties`` alone."""
    return set(np.unique(widen(array)).tolist()) == {1, 2, -1}


class OneFill(Honest):
    """Wrong by one in one element, and only for one fill of eight."""

    name = "one_fill"
    modes = ("eager",)

    def conv2d(self, x, w, **attributes):
        y = super().conv2d(x, w, **attributes)
        if of_ties(x) and y.size:
            first = (0,) * y.ndim
            y[first] = narrow(widen(y[first].reshape(1)) + 1, dtype_name(y))[0]
        return y


class OneFillEnds(Honest):
    """Ends the process for one fill of eight."""

    name = "one_fill_ends"
    modes = ("eager",)

    def conv2d(self, x, w, **attributes):
        if of_ties(x):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            os.abort()
        return super().conv2d(x, w, **attributes)


class AbortsFused(Aborts):
    """The same, in a mode that runs many cases as one program."""

    name = "aborts_fused"
    modes = ("fused",)
    fused_modes = frozenset({"fused"})


class Endless(Honest):
    """Never ends on an empty sum."""

    name = "endless"
    modes = ("eager",)

    def matmul(self, a, b):
        while a.shape[-1] == 0:
            time.sleep(1)
        return super().matmul(a, b)


class Stale(Honest):
    """A cache that looks at shapes only: the first answer for them is given again."""

    name = "stale"
    modes = ("eager",)

    def __init__(self, device="cpu"):
        super().__init__(device)
        self._answers = {}

    def matmul(self, a, b):
        key = a.shape, b.shape, a.dtype
        if key not in self._answers:
            self._answers[key] = super().matmul(a, b)
        return self._answers[key]


class Late(Stale):
    """Gives the answer of the previous call of the same shapes, so the same call twice is right."""

    name = "late"
    modes = ("eager",)

    def matmul(self, a, b):
        key = a.shape, b.shape, a.dtype
        answer = Honest.matmul(self, a, b)
        previous, self._answers[key] = self._answers.get(key, answer), answer
        return previous


class Leaky(Honest):
    """Keeps some megabytes of every product, as a cache of compiled programs does."""

    name = "leaky"
    modes = ("eager",)
    kept = []  # noqa: RUF012 - kept on purpose

    def matmul(self, a, b):
        time.sleep(0.01)
        self.kept.append(np.ones(2**19))
        return super().matmul(a, b)


class Slow(Honest):
    name = "slow"
    modes = ("eager",)

    def matmul(self, a, b):
        time.sleep(0.02)
        return super().matmul(a, b)
