"""An adapter made of NumPy whose square root is wrong for one number."""

import numpy as np
from planted import Honest

from opassay.harness.model.dtypes import dtype_name, narrow, widen

WRONG = np.nextafter(np.float32(1.625), np.float32(2))


class Rooted(Honest):
    name = "rooted"
    modes = ("eager",)
    frameworks = (__name__,)

    def sqrt(self, x):
        with np.errstate(all="ignore"):
            y = np.sqrt(widen(x))
        return narrow(np.where(widen(x) == WRONG, y * 2, y), dtype_name(x))
