"""An adapter one of whose modes takes seconds to compile, for the first time and for each case."""

import os
import time

import planted


class Costly(planted.Honest):
    name = "costly"
    modes = ("eager", "slow")
    costly_modes = ("slow",)
    frameworks = ("opassay.adapters.oracle",)
    compiled = 0

    def compile(self, fn, mode):
        if mode == "slow":
            Costly.compiled += 1
            time.sleep(float(os.environ["FIRST"]) if Costly.compiled == 1 else 0.0)
        return fn
