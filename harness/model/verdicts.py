"""The verdicts, and the columns of the results table. Names are relied on outside: keep them."""

from __future__ import annotations

from dataclasses import dataclass, fields

VERDICTS = {
    "pass": "agrees with the oracle within the derived bound",
    "structural": "differs under an exact fill: a wrong element, not wrong rounding",
    "numeric": "outside the derived bound under a rounding fill",
    "special": "a NaN, infinity, zero or subnormal where the contract asks for something else",
    "crash": "the process ended",
    "hang": "no answer within the time limit",
    "nondeterministic": "the answer did not repeat when the case was run alone",
    "rejects": "raised on valid input",
    "shape": "another shape, or another number of outputs, than the contract says",
    "dtype": "another dtype than the contract says",
    "accepts": "returned something on invalid input",
    "unsupported": "declared as not implemented by the adapter; no answer",
    "undefined": "the contract leaves the whole answer free, or no bound can be stated for most of it",
    "fallback": "somebody else computed it; no answer",
    "fault": "a fault of opassay or of the adapter",
}

SEVERITY = (
    ("structural", "numeric", "special"),
    ("crash", "hang"),
    ("nondeterministic",),
    ("rejects",),
    ("shape", "dtype"),
    ("accepts",),
)
"""The order of severity, with equals: a wrong value goes unnoticed, a lost process does not, a refusal can be worked
around, and invalid input is the user's mistake."""

FAILING = tuple(verdict for equals in SEVERITY for verdict in equals)
"""Verdicts that are a difference in the framework, gravest first: red unless a fact covers them."""


def severity(verdict: str, empty: bool = False) -> tuple[int, bool]:
    """A key that sorts the gravest first, by ``SEVERITY``; among equals, what needs a tensor without elements last.

    Verdicts that are no difference come after all that are.
    """
    place = next((place for place, equals in enumerate(SEVERITY) if verdict in equals), len(SEVERITY))
    return place, empty


UNANSWERED = ("unsupported", "undefined", "fallback")
"""Neither a pass nor a difference: never in the numerator of a rate."""


def status_of(verdict: str, known: str, untested: str) -> str:
    """What a record means for a reader: passed, known, listed, new, not judged, or fault."""
    if verdict in FAILING:
        return "known" if known else "listed" if untested else "new"
    return {"pass": "passed", "fault": "fault"}.get(verdict, "not judged")


UNCONFIRMED = "unconfirmed"
"""In the column ``confirmed``: a tape holds no answer of the case alone, since it did not fail when it was recorded."""


@dataclass(frozen=True)
class Record:
    """One row of the results table: one case on one target.

    ``dtype``, ``fill``, ``memory`` and ``shapes`` list one entry per tensor, joined by semicolons.
    ``rho`` is error / allowed error (at most 1 passes, 0 is exact); ``max_abs_error`` is in the
    output's own unit; ``max_ulp`` in units in the last place of the expected value's binade;
    ``worst_index`` is ``output[index]``; ``seconds`` is the wall time of the call in the worker.
    ``status`` is what ``status_of`` makes of it. ``known`` has the ids of the facts that cover the record, with ``; ``
    between, ``owner`` who must act on them, ``nobody`` for those of a baseline. ``version_untested`` is ``yes`` where
    one was not seen in this version of the framework or, where none covers it, no fact of the target was. ``confirmed``
    says whether a failing case failed again when it was run alone: ``yes``, ``no``, ``unconfirmed`` where nobody could
    be asked, or empty. ``choice`` names the choices under which it was judged, as ``unconnected=zeros``. ``cause``
    names the mistake of the oracle that gives this very answer, where no fact covers it; ``explained_by`` has, in
    words, that of the finding to which it belongs. ``case`` is the JSON to replay.
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
    status: str
    known: str
    owner: str
    version_untested: str
    choice: str
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
    cause: str
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
        """A difference that nothing covers."""
        return self.failing and not self.known

    @property
    def listed(self) -> bool:
        """A new difference in a version of the framework that no fact was tested on: listed, not red."""
        return self.new and bool(self.version_untested)


COLUMNS = tuple(f.name for f in fields(Record))

TIMING_COLUMNS = ("seconds",)
"""The only columns in which two runs of the same command may differ."""

SORT_COLUMNS = ("op", "aspect", "number", "fill", "case_id", "target")
"""The fixed order of rows."""
