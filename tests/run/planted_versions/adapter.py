"""A framework whose version and mistakes the environment chooses: one that is known, one that is not."""

import os

import numpy as np

from opassay.adapters import oracle
from opassay.harness.model.adapter import Adapter
from opassay.harness.model.dtypes import dtype_name, narrow


class Aging(Adapter):
    name = "aging"
    modes = ("eager",)

    def devices(self):
        return ("cpu",)

    def version(self):
        return os.environ["OPASSAY_TEST_VERSION"]

    def origin(self):
        return __file__

    def to_native(self, array):
        return array.copy()

    def to_numpy(self, value):
        return np.array(value)

    def compile(self, fn, mode):
        return fn

    def relu(self, x):
        answer = narrow(oracle.relu(x), dtype_name(x))
        return answer + answer.dtype.type(1) if dtype_name(x) in ("int32", os.environ["OPASSAY_TEST_WRONG"]) else answer
