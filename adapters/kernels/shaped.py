"""Predicates over cases of resizing, and of answers whose size depends on values."""

from __future__ import annotations

from collections.abc import Callable

from opassay.harness.model.case import Case


def any_case(case: Case) -> bool:
    """For facts that modes and aspect describe completely."""
    return True


def none_of_one_axis(case: Case) -> bool:
    return case.tensors[-1].shape == (0,)


def scalar(case: Case) -> bool:
    return case.tensors[-1].shape == ()


def empty(case: Case) -> bool:
    return case.tensors[-1].size == 0


def antialiased_to_a_column(case: Case) -> bool:
    """Antialiased resizing of the rows to one contiguous column."""
    size, x = case.attributes["size"], case.tensors[0]
    rows = bool(size) and len(size) == 2 and size[1] == 1 and size[0] not in (1, x.shape[2])
    return bool(case.attributes["antialias"]) and rows and x.memory.kind not in ("channels_last", "transposed")


def antialiased(*dtypes: str) -> Callable[[Case], bool]:
    """Whether the resizing is antialiased, in one of these dtypes."""
    return lambda case: bool(case.attributes["antialias"]) and case.tensors[0].dtype in dtypes
