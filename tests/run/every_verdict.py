"""An adapter that comes to any verdict: one per mode, on products of float32, and on invalid ones."""

import itertools
import json
import os
import time

import numpy as np
from planted_gradients import HonestGradients

from opassay.harness.model.op import ContractError

COUNT = itertools.count()
REFUSED = itertools.count()


def first(answer, change):
    out = answer.copy()
    if out.size:
        out.flat[0] = change(out.flat[0])
    return out


def varies(answer):
    return answer + np.float32(next(COUNT) % 2)


def aborts(answer):
    os.abort()


def hangs(answer):
    time.sleep(10**6)


WRONG = {
    "structural": lambda answer: first(answer, lambda value: value + 1),
    "numeric": lambda answer: first(answer, lambda value: value * np.float32(1.25)),
    "special": lambda answer: first(answer, lambda value: np.float32("nan")),
    "shape": lambda answer: answer[None],
    "dtype": lambda answer: answer.astype(np.float64),
    "rejects": lambda answer: json.loads("no"),
    "crash": aborts,
    "hang": hangs,
    "nondeterministic": varies,
}


class EveryVerdict(HonestGradients):
    """Does to answers, gradients and refusals what its mode says."""

    name = "every_verdict"
    frameworks = ("opassay.adapters.oracle", "json")
    modes = (
        "structural",
        "numeric",
        "special",
        "shape",
        "dtype",
        "rejects",
        "accepts",
        "crash",
        "hang",
        "nondeterministic",
    )

    def compile(self, fn, mode):
        self._mode = mode
        return fn

    def _call(self, op, attributes, inputs):
        try:
            found = super()._call(op, attributes, inputs)
        except ContractError:
            if self._refuses():
                raise
            return (inputs[0],)
        for variable in found:
            variable.array = self._wrong(variable.array)
        return found

    def _gradients(self, op, attributes, inputs, cotangents):
        return [self._wrong(array) for array in super()._gradients(op, attributes, inputs, cotangents)]

    def _wrong(self, array):
        change = WRONG.get(self._mode)
        return array if change is None or array is None or array.dtype != np.float32 else change(array)

    def _refuses(self):
        """Whether invalid input is refused now; what ends or blocks the process does so here."""
        if self._mode in ("crash", "hang"):
            WRONG[self._mode](None)
        # What raises is called again to see where: with a period of three, every other answer is a refusal.
        return self._mode != "accepts" and (self._mode != "nondeterministic" or next(REFUSED) % 3)
