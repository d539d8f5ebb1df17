"""The verdicts, and the columns of the results table. Names are relied on outside: keep them."""

from __future__ import annotations

from dataclasses import dataclass, fields

VERDICTS = {
    "pass": "agrees with the oracle within the derived bound",
    "structural": "differs under an exact fill: a wrong element, not wrong rounding",
    "numeric": "outside the derived bound under a rounding fill",
    "special": "a NaN, infinity, zero or subnormal where the contract asks for something else",
    "shape": "another shape, or another number of outputs, than the contract says",
    "dtype": "another dtype than the contract says",
    "rejects": "raised on valid input",
    "accepts": "returned something on invalid input",
    "crash": "the process ended",
    "hang": "no answer within the time limit",
    "nondeterministic": "the answer did not repeat when the case was run alone",
    "unsupported": "declared as not implemented by the adapter; no answer",
    "undefined": "the contract leaves the whole answer free, or no bound can be stated for most of it",
    "fallback": "somebody else computed it; no answer",
    "fault": "a fault of opassay or of the adapter",
}

FAILING = (
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
"""Verdicts that are a difference in the framework: red unless a Known covers them."""

UNANSWERED = ("unsupported", "undefined", "fallback")
"""Neither a pass nor a difference: never in a numerator."""


@dataclass(frozen=True)
class Record:
    """One row of the results table: one case on one target.

    ``dtype``, ``fill``, ``memory`` and ``shapes`` list one entry per tensor, joined by semicolons.
    ``rho`` is error / allowed error (at most 1 passes, 0 is exact); ``max_abs_error`` is in the
    output's own unit; ``max_ulp`` in units in the last place of the expected value's binade;
    ``worst_index`` is ``output[index]``; ``seconds`` is the wall time of the call in the worker.
    ``known`` is the id of the Known that covers the record. ``confirmed`` says whether a failing case
    failed again when it was run alone: ``yes``, ``no`` or empty. ``case`` is the JSON to replay.
    """

    case_id: str
    op: str
    aspect: str
    target: str
    adapter: str
    mode: str
    device: str
    executor: str
    framework_version: str
    dtype: str
    fill: str
    memory: str
    shapes: str
    attrs: str
    verdict: str
    known: str
    rho: float | None
    max_abs_error: float | None
    max_ulp: float | None
    bad_elements: int | None
    elements: int | None
    free_elements: int | None
    free_by_bound: int | None
    worst_index: str
    error_type: str
    message: str
    explained_by: str
    confirmed: str
    number: int | None
    seconds: float | None
    case: str

    @property
    def failing(self) -> bool:
        return self.verdict in FAILING

    @property
    def new(self) -> bool:
        """A difference that no Known covers."""
        return self.failing and not self.known


COLUMNS = tuple(f.name for f in fields(Record))

TIMING_COLUMNS = ("seconds",)
"""The only columns in which two runs of the same command may differ."""

SORT_COLUMNS = ("op", "aspect", "number", "fill", "case_id", "target")
"""The fixed order of rows."""
