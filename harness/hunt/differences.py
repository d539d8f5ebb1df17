"""What a script compares: the wrong elements of an output, or all of it if it is small."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from opassay.harness.hunt.literals import array_source, number
from opassay.harness.judge.compare import Marks, marks
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.outcome import Outcome, Returned
from opassay.harness.model.reference import Reference

WHOLE = 64
"""Outputs of up to this many elements are compared and printed whole."""

PICKED = 8
"""Number of wrong elements that are compared in a larger output."""


def checks(
    references: Sequence[Reference], models: Sequence[NumericModel], outcome: Outcome, exact_fill: bool
) -> list[str]:
    """One call of the script's ``check`` per output, for the elements that the judge found wrong in ``outcome``."""
    arrays: Sequence[object] = outcome.arrays if isinstance(outcome, Returned) else ()
    lines = []
    for i, (reference, model) in enumerate(zip(references, models, strict=True)):
        given = arrays[i] if i < len(arrays) else None
        lines.append(_check(f"answers[{i}]", reference, model, given, exact_fill))
    return lines


def _check(answer: str, reference: Reference, model: NumericModel, given: object, exact_fill: bool) -> str:
    if reference.policy == "unconnected":
        zeros = f", zeros={reference.exact.shape}" if reference.zeros_too else ""
        return f'check_none("{reference.name}", {answer}{zeros})'
    found = marks(given, reference, model, exact_fill)
    wanted = found.expected.astype(np.float64) if found.expected.dtype == np.longdouble else found.expected
    head = f'check("{reference.name}", {answer}, {reference.exact.shape}, "{reference.dtype}", '
    signs = _signed_zeros(found, reference)
    if wanted.size <= WHOLE and not found.loose and not signs.any():
        return f"{head}{array_source(wanted)}, {_limit(found.allowed)})"
    places = [tuple(int(i) for i in place) for place in np.argwhere(signs if signs.any() else found.bad)[:PICKED]]
    values = np.array([wanted[place] for place in places], dtype=wanted.dtype)
    limits = np.array([found.allowed[place] for place in places], dtype=np.float64)
    signed = ", signed=True" if signs.any() else ""
    return f"{head}{array_source(values)}, {_limit(limits)}, places={places}{signed})"


def _signed_zeros(found: Marks, reference: Reference) -> np.ndarray:
    """Wrong elements that should be a zero whose sign counts."""
    counts = False if reference.signed_zeros is None else reference.signed_zeros
    return np.asarray(found.bad & (found.expected == 0) & counts)


def _limit(allowed: np.ndarray) -> str:
    """The allowed error: one number if it is the same for all elements."""
    limits = allowed.astype(np.float64)
    if not limits.size or np.all(limits == limits.flat[0]):
        return number(float(limits.flat[0])) if limits.size else "0"
    return array_source(limits)


THERE, GONE = "the difference is there", "the difference is gone"
"""The last line that a script prints. Its exit status counts only together with this line."""

FAILED = """\
def failed(kind, error, trace):
    sys.__excepthook__(kind, error, trace)
    sys.stdout.flush()
    os._exit(2)


sys.excepthook = failed"""
"""At the top of a script: an unexpected exception ends it with status 2. Python's own status would be 1."""

FINISH = f'''\
def finish(differs):
    print("{THERE}" if differs else "{GONE}")
    sys.exit(1 if differs else 0)'''

CHECK = '''\
def check(name, answer, shape, dtype, expected, allowed, places=None, signed=False):
    """Print what is expected of an output and what came; whether they differ (at `places`, if these are given).

    `signed`: a zero of the other sign differs, too.
    """
    actual, got = (None, None) if answer is None else (to_numpy(answer), dtype_name(answer))
    if actual is None or actual.shape != shape or got != dtype:
        print(f"expected {name}: {dtype} of shape {shape}")
        print(f"actual {name}: None" if actual is None else f"actual {name}: {got} of shape {actual.shape}")
        return True
    if places is not None:
        actual = np.array([actual[place] for place in places], dtype=actual.dtype)
    with np.errstate(all="ignore"):
        same = actual == expected
        if actual.dtype.kind == "f":
            same |= (np.isnan(actual) & np.isnan(expected)) | (np.abs(actual - expected) <= allowed)
        if signed:
            same &= np.signbit(actual) == np.signbit(expected)
    if places is None:
        print(f"expected {name}:\\n{expected}\\nactual {name}:\\n{actual}")
    else:
        for place, want, have in zip(places, expected, actual):
            print(f"expected {name}[{', '.join(map(str, place))}] = {want}")
            print(f"actual {name}[{', '.join(map(str, place))}] = {have}")
    return not same.all()'''

CHECK_NONE = '''\
def check_none(name, answer, zeros=None):
    """Whether there is a gradient of an input that no output depends on (`zeros`: the shape, if zeros are right)."""
    actual = None if answer is None else to_numpy(answer)
    print(f"expected {name}: None{' or zeros' if zeros is not None else ''}\\nactual {name}: {actual}")
    return actual is not None and (zeros is None or actual.shape != zeros or bool(actual.any()))'''

SHOW = """\
def show(answers):
    for answer in answers if isinstance(answers, (tuple, list)) else (answers,):
        if answer is None:
            print("None")
        else:
            values = to_numpy(answer)
            print(f"{dtype_name(answer)} of shape {values.shape}: {values.ravel()[:8]}")"""
