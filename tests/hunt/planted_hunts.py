"""Planted bugs that a hunt has to tell apart, or to recognise as one."""

import numpy as np
import planted

from opassay.harness.model.dtypes import dtype_name


class Twin(planted.FlippedKernel):
    """The very bug of another adapter: the two agree with each other."""

    name = "twin"
    modes = ("eager",)


class TwoBugs(planted.MixedGroups):
    """Two bugs of one op: groups in reverse, and a dropped tap in bfloat16."""

    name = "two_bugs"
    modes = ("eager",)

    def conv2d(self, x, w, *, groups, **more):
        if groups == 1 and dtype_name(x) == "bfloat16":
            w = w.copy()
            w[-1, -1] = np.zeros((), w.dtype)
        return super().conv2d(x, w, groups=groups, **more)


class EverySecond(planted.Honest):
    """Right and wrong in turn, whatever the case."""

    name = "every_second"
    modes = ("eager",)
    calls = 0

    def matmul(self, a, b):
        answer = super().matmul(a, b)
        EverySecond.calls += 1
        return answer[..., :0] if EverySecond.calls % 2 == 0 else answer


class Remembers(planted.Honest):
    """Wrong only after it has seen a large case: alone in a fresh worker it is right."""

    name = "remembers"
    modes = ("eager",)
    spoilt = False

    def matmul(self, a, b):
        Remembers.spoilt = Remembers.spoilt or a.size > 500
        answer = super().matmul(a, b)
        return answer[None] if Remembers.spoilt else answer


class ManyBugs(planted.Honest):
    """Several bugs, the least grave in the smallest cases: wrong dtypes, empty tensors, wrong values."""

    name = "many_bugs"
    modes = ("eager",)

    def matmul(self, a, b):
        answer = super().matmul(a, b)
        if not a.size or not b.size:
            return np.ones_like(answer)
        if dtype_name(a) == "float32":
            return answer.astype(np.float64)
        return np.zeros_like(answer) if dtype_name(a) == "bfloat16" and a.size > 40 else answer


class ZeroForNan(planted.Honest):
    """Zero wherever a number is not greater than zero, NaN included."""

    name = "zero_for_nan"
    modes = ("eager",)

    def relu(self, x):
        return np.where(x > 0, x, np.zeros((), x.dtype))
