"""What Paddle makes of scatters without indices: it adds the updates to zeros of the answer's shape. Free of Paddle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from opassay.adapters.known_predicates import empty
from opassay.harness.model.case import Case

_without_indices = empty(0)


def refused(case: Case) -> bool:
    """No indices, and updates that do not broadcast with the answer."""
    return _without_indices(case) and _broadcast(case) is None


def misshapen(case: Case) -> bool:
    """No indices, and updates that broadcast with the answer to another shape."""
    return _without_indices(case) and _broadcast(case) not in (None, tuple(case.attributes["shape"]))


def _broadcast(case: Case) -> Sequence[int] | None:
    try:
        return np.broadcast_shapes(case.tensors[1].shape, case.attributes["shape"])
    except ValueError:
        return None
