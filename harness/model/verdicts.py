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
    """One row of the results table: one case on one target. Below each column: what it holds, as docs/schema.md says it
    (``python docs/tools/schema.py``)."""

    case_id: str
    """16 hex digits of the hash of the case's JSON"""
    op: str
    """the op or program that was asked"""
    aspect: str
    """what was asked of it: `value`, `gradient`, `error`, `shape`"""
    target: str
    """who was asked: `adapter[:mode][@device]`, as the run named it"""
    adapter: str
    """the target's adapter"""
    mode: str
    """the target's mode"""
    device: str
    """the target's device"""
    executor: str
    """who answered, as far as the framework tells, and with how many threads if more than one"""
    framework_version: str
    """version of the framework that answered"""
    dtype: str
    """dtypes of the inputs, then of the cotangents, one entry per tensor, joined by semicolons"""
    fill: str
    """what the tensors hold, in the same order: `ints`, `normal`, `special`, …"""
    memory: str
    """how they lie in memory, in the same order: `contiguous`, `sliced`, …"""
    shapes: str
    """their shapes, in the same order: `1x4x4x1;2x2x1x1`"""
    attrs: str
    """the op's attributes as a JSON object; of the aspect `error` with the broken `rule`"""
    verdict: str
    """one of the [verdicts](verdicts.md)"""
    status: str
    """what it means: `passed`, `new`, `known`, `listed` (new, in a version that nobody has tested), `not judged`,
    `fault`"""
    known: str
    """ids of the known differences that cover the record, with `; ` between several; empty where none does"""
    owner: str
    """who must act on these: `upstream`, `ours`, `by design`, or `nobody` for a baseline's"""
    version_untested: str
    """`yes` where the known difference that covers the record was not seen in this version of the framework or, where
    none covers it, none of the target's was: then it is listed, not red"""
    choice: str
    """the choices of the contract, as the target follows them, under which it was judged: `unconnected=zeros`"""
    rho: float | None
    """largest error ÷ allowed error: at most 1 passes, 0 is exact, none where nothing was compared"""
    max_abs_error: float | None
    """largest error, in the output's own unit"""
    max_ulp: float | None
    """largest error in units in the last place of the expected value"""
    bad_elements: int | None
    """how many elements of the outputs are wrong"""
    elements: int | None
    """how many elements the outputs have"""
    free_elements: int | None
    """how many of them were not judged: the contract leaves them free, or no bound can be stated"""
    free_by_bound: int | None
    """how many of these are free since no bound can be stated: a sum too long for the format in which its partial sums
    may be kept, or one that may overflow it"""
    worst_index: str
    """where the worst element is, as `output[index]`"""
    error_type: str
    """the type of what was raised, or the signal that ended the process"""
    message: str
    """what was raised, or what differs; without addresses and paths, so that two runs compare equal"""
    cause: str
    """the mistake of the oracle that gives this very answer, where one does and no known difference covers it"""
    explained_by: str
    """a mistake that `reproduces the answer`, or those that it is `consistent with`, where any is known"""
    confirmed: str
    """whether a failing case failed again alone: `yes`, `no`, `unconfirmed` where a tape has no answer, or empty where
    it was not run again"""
    number: int | None
    """the case's number in its stream; negative for pinned cases"""
    seconds: float | None
    """wall time of the call in the worker"""
    case: str
    """the case as JSON: all that `opassay replay` needs"""

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
