"""Whether the limits that an adapter declares are the framework's."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from opassay.harness.contract.observe import Arrays, Attributes, answers
from opassay.harness.contract.small import Calls
from opassay.harness.model import dtypes
from opassay.harness.model.adapter import Adapter, Unsupported


def is_real(adapter: Adapter, mode: str, op: str, dtype: str, small: Calls) -> bool:
    """Whether the framework refuses one of the small calls: a limit is declared before their shapes are known.

    A word of an attribute, or the answer's dtype, may be one that the framework cannot be told. Then it answers as for
    another.
    """
    asked = small.of(dtype)[op]
    if _fails(partial(answers, adapter, mode, op, *asked)) or _is_deaf(adapter, mode, op, *asked, small):
        return True
    if _is_of_another_dtype(adapter, mode, op, *asked, small):
        return True
    return any(_fails(partial(answers, adapter, mode, op, *call)) for call in small.drawn(op, dtype))


def _fails(question: Callable[[], Any]) -> bool:
    """Whether the framework refuses; where the call raises ``Unsupported``, the adapter refused for it."""
    try:
        question()
    except Unsupported:
        return False
    except Exception:
        return True
    return False


def _is_of_another_dtype(
    adapter: Adapter, mode: str, op: str, arrays: Arrays, attributes: Attributes, small: Calls
) -> bool:
    """Whether it is by the contract's dtype that the op is another, as a product that is widened."""
    told = [r.dtype for r in small.references(op, arrays, attributes)]
    if set(told) <= {dtypes.dtype_name(a) for a in arrays}:
        return False
    try:
        found = answers(adapter, mode, op, arrays, attributes)
    except Unsupported:
        return False
    return [dtypes.dtype_name(y) for y in found] != told


def _is_deaf(adapter: Adapter, mode: str, op: str, arrays: Arrays, attributes: Attributes, small: Calls) -> bool:
    """Whether it is for a word that the adapter lacks the op, and the answer, of moved elements, is another's."""
    if not {v for v in attributes.values() if isinstance(v, str)} & set(adapter.without(op, mode)):
        return False
    if len(np.unique(dtypes.widen(arrays[-1]))) < 2:
        return True  # Elements that are all one show no order.
    try:
        found = answers(adapter, mode, op, arrays, attributes)
    except Unsupported:
        return False
    told = small.references(op, arrays, attributes)
    given = np.sort(dtypes.widen(arrays[-1]), axis=None)
    return all(
        np.array_equal(np.sort(r.exact, axis=None), given) and not np.array_equal(dtypes.widen(y), r.exact)
        for y, r in zip(found, told, strict=True)
    )
