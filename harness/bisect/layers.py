"""One layer judged: by its own definition, and by that of its counterpart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from opassay.harness.arrays.answers import assumed
from opassay.harness.arrays.asked import case_of
from opassay.harness.find.registry import UsageError
from opassay.harness.judge.compare import Judgement
from opassay.harness.judge.explain import explain
from opassay.harness.judge.verdict import judge
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.explanation import labelled
from opassay.harness.model.layers import Layer
from opassay.harness.model.op import Op, references
from opassay.harness.model.outcome import Returned
from opassay.harness.model.reference import Reference


@dataclass(frozen=True)
class Told:
    """A verdict, and what the answer looks like where it is no pass."""

    judgement: Judgement
    cause: str = ""


def judged(op: Op, definition: Layer, answering: Layer, folder: Path) -> Told:
    """What ``answering`` made of its own input, judged as what ``definition`` would make of that."""
    inputs = [answering.inputs[0], *definition.inputs[1:]]
    attributes = dict(definition.attributes)
    if "layout" in attributes:
        # The layout of images is not part of the result.
        attributes["layout"] = answering.attributes.get("layout", attributes["layout"])
    try:
        case = case_of(op, inputs, attributes, folder)
    except UsageError as error:
        return Told(Judgement("shape", str(error)))
    bias = _moved(definition.bias, answering.output, str(attributes.get("layout", "")))
    found = tuple(_biased(r, bias) for r in references(op, case))
    models = assumed(found)
    judgement = judge(case, Returned((answering.output,)), found, models)
    return Told(judgement, "" if judgement.verdict == "pass" else _cause(op, case, answering.output, bias))


def _cause(op: Op, case: Case, output: np.ndarray, bias: np.ndarray | None) -> str:
    """Mistakes are known of the op alone: the bias is taken off again, at the cost of a rounding."""
    bare = output if bias is None else dtypes.narrow(_less(output, bias), dtypes.dtype_name(output))
    truth = references(op, case)
    return labelled(explain(op, case, Returned((bare,)), truth, assumed(truth)))


def _less(output: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return np.asarray(dtypes.widen(output) - dtypes.widen(bias))


def _moved(bias: np.ndarray | None, output: np.ndarray, layout: str) -> np.ndarray | None:
    """A number per channel as it broadcasts to this output."""
    if bias is None or not layout:
        return bias
    return bias.reshape(-1, 1, 1) if layout == "NCHW" else bias.reshape(-1)


def _biased(reference: Reference, bias: np.ndarray | None) -> Reference:
    """A sum with one term more."""
    if bias is None or reference.magnitude is None or reference.terms is None:
        return reference
    added = dtypes.widen(bias).astype(reference.exact.dtype)
    return replace(
        reference,
        exact=reference.exact + added,
        magnitude=reference.magnitude + np.abs(added),
        terms=reference.terms + 1,
        unit=None if reference.unit is None else np.full(reference.exact.shape, np.nan),
    )


def apart(one: Layer, other: Layer) -> list[str]:
    """In what two layers of one op are not the same: attributes, parameters."""
    found = [
        f"{name}={one.attributes.get(name)!r} and {other.attributes.get(name)!r}"
        for name in sorted({*one.attributes, *other.attributes} - {"layout"})
        if one.attributes.get(name) != other.attributes.get(name)
    ]
    parameters = [*zip(one.inputs[1:], other.inputs[1:], strict=False)]
    parameters += [(one.bias, other.bias)] if one.bias is not None and other.bias is not None else []
    wrong = [i for i, (a, b) in enumerate(parameters) if a is not None and b is not None and not _same(a, b)]
    return [*found, *(f"parameter {i + 1} is another" for i in wrong)]


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.size == b.size and bool(np.array_equal(a.ravel(), b.ravel(), equal_nan=a.dtype.kind == "f"))


def distance(one: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> float:
    """The largest difference of two layers' arrays, relative to the largest value; infinite for different shapes."""
    worst = 0.0
    for a, b in zip(one, other, strict=False):
        a, b = (np.asarray(dtypes.widen(x), np.float64) for x in (a, b))
        same = [moved for moved in _layouts(b) if moved.shape == a.shape]
        if not same:
            return np.inf
        with np.errstate(all="ignore"):
            scale = float(np.max(np.abs(a), initial=0)) or 1.0
            worst = max(worst, float(np.max(np.abs(a - same[0]), initial=0)) / scale)
    return worst


def _layouts(array: np.ndarray) -> list[np.ndarray]:
    """The array, and what images in the other layout look like."""
    if array.ndim != 4:
        return [array]
    return [array, array.transpose(0, 2, 3, 1), array.transpose(0, 3, 1, 2)]
