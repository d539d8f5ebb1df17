"""Adapters made of NumPy whose abstract evaluation is right, wrong, vague, or raises."""

import json

from planted import Honest

from opassay.harness.model.dtypes import dtype_name


class Infers(Honest):
    """The shapes of its own answers. Abstract enough for a plant: the engine cannot know how it found out."""

    name = "infers"
    modes = ("eager",)

    def infer(self, fn, inputs, mode):
        return [(y.shape, dtype_name(y)) for y in fn(*inputs)]


class InfersShapeWrongly(Infers):
    """One row more, where there is none."""

    name = "infers_shape_wrongly"
    modes = ("eager",)

    def infer(self, fn, inputs, mode):
        return [((*s[:-2], 1, s[-1]) if s[-2] == 0 else s, d) for s, d in super().infer(fn, inputs, mode)]


class InfersDtypeWrongly(Infers):
    """Single precision, whatever goes in."""

    name = "infers_dtype_wrongly"
    modes = ("eager",)

    def infer(self, fn, inputs, mode):
        return [(shape, "float32") for shape, _ in super().infer(fn, inputs, mode)]


class InfersTooMuch(Infers):
    """An output that does not exist."""

    name = "infers_too_much"
    modes = ("eager",)

    def infer(self, fn, inputs, mode):
        return [*super().infer(fn, inputs, mode), ((), "int64")]


class RefusesToInfer(Infers):
    """Refuses sums of nothing, in code that is not the adapter's."""

    name = "refuses_to_infer"
    frameworks = ("json",)
    modes = ("eager",)

    def infer(self, fn, inputs, mode):
        if inputs[0].shape[-1] == 0:
            json.loads("no")
        return super().infer(fn, inputs, mode)


class ValidatesItself(Infers):
    """The same refusal, in code of its own."""

    name = "validates_itself"
    modes = ("eager",)

    def infer(self, fn, inputs, mode):
        if inputs[0].shape[-1] == 0:
            raise ValueError("a sum of nothing")
        return super().infer(fn, inputs, mode)


class InfersVaguely(Infers):
    """Ranks alone, and for matrices not even these."""

    name = "infers_vaguely"
    modes = ("eager",)

    def infer(self, fn, inputs, mode):
        told = super().infer(fn, inputs, mode)
        return [(None if len(s) == 2 else (None,) * len(s), d) for s, d in told]


class BothWrong(Infers):
    """Execution adds an axis, and inference knows of it."""

    name = "both_wrong"
    modes = ("eager",)

    def matmul(self, a, b):
        return super().matmul(a, b)[None]


class ExecutionWrong(Infers):
    """Execution adds an axis that inference, which does without it, knows nothing of."""

    name = "execution_wrong"
    modes = ("eager",)
    _inferring = False

    def matmul(self, a, b):
        y = super().matmul(a, b)
        return y if self._inferring else y[None]

    def infer(self, fn, inputs, mode):
        self._inferring = True
        try:
            return super().infer(fn, inputs, mode)
        finally:
            self._inferring = False


class AllDiffer(BothWrong):
    """Execution adds an axis, inference two."""

    name = "all_differ"
    modes = ("eager",)

    def infer(self, fn, inputs, mode):
        return [((1, *shape), dtype) for shape, dtype in super().infer(fn, inputs, mode)]


class InfersFused(InfersShapeWrongly):
    """The same, in a mode that runs many cases as one program."""

    name = "infers_fused"
    modes = ("fused",)
    fused_modes = frozenset({"fused"})
