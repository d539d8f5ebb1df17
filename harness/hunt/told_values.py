"""Expected and actual values of a finding's smallest case, as lines."""

from __future__ import annotations

from typing import Any

import numpy as np

from opassay.harness.hunt.finding import Finding
from opassay.harness.hunt.issue import Told
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case, Tensor

ANSWER = "an answer, since the input is valid"
EXPECTED = {
    "rejects": ANSWER,
    "crash": "an answer or an error",
    "hang": "an answer or an error",
    "accepts": "an error, since the input is invalid",
    "nondeterministic": "the same answer each time",
}

SMALL = 16
"""Tensors of up to this many elements are printed with their values."""


def told(finding: Finding, label: str) -> Told:
    """Of the target ``label``: the worst element, and outputs whole if small; without any, the message."""
    place, actual = finding.worst.get("place"), finding.worst.get("actual", {})
    if finding.verdict in EXPECTED or not place or label not in actual:
        return Told([EXPECTED.get(finding.verdict, "see the message")], [finding.message], given(finding.case))
    name, _, index = str(place).partition("[")
    expected, got = [f"{place} = {finding.worst['expected']}"], [f"{place} = {actual[label]}"]
    if finding.expected is not None and finding.actual.get(label) is not None:
        expected, got = ([], []) if index == "]" else (expected, got)
        expected.append(f"{name} = {_shown(finding.expected)}")
        got.append(f"{name} = {_shown(finding.actual[label])}")
    return Told(expected, got, given(finding.case))


def given(case: Case) -> list[str]:
    """The op, its attributes and its inputs, in lines. Large inputs show their fill instead of values."""
    attributes = [f"{name} = {value!r}" for name, value in case.attributes.items()]
    asked = [f"input {i}: {in_words(tensor)}" for i, tensor in enumerate(case.tensors)]
    cotangents = [f"cotangent {i}: {in_words(t)}" for i, t in enumerate(case.cotangents) if t is not None]
    return [f"{case.op}, {case.aspect}", *attributes, *asked, *cotangents]


def in_words(tensor: Tensor) -> str:
    """Dtype, shape and memory of a tensor, with all values if there are few, else with its fill."""
    memory = "" if tensor.memory.kind == "contiguous" else f", {tensor.memory.kind}"
    small = 0 < tensor.size <= SMALL
    values = str(_listed(tensor)) if small else tensor.fill.kind
    return f"{tensor.dtype}{list(tensor.shape)} {values}{memory}"


def _listed(tensor: Tensor) -> Any:
    values = dtypes.widen(tensor.materialize())
    # A longdouble, into which float64 is widened, is printed as np.longdouble('…').
    return (values.astype(np.float64) if dtypes.is_float(tensor.dtype) else values).tolist()


def _shown(values: object) -> str:
    """Nested lists as text. NaN and infinities, which JSON holds as strings, have no quotes."""
    return str(values).replace("'", "")
