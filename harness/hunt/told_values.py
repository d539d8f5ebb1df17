"""Expected and actual values of a finding's smallest case, as lines."""

from __future__ import annotations

from opassay.harness.hunt.finding import Finding
from opassay.harness.hunt.issue import Told

ANSWER = "an answer, since the input is valid"
EXPECTED = {
    "rejects": ANSWER,
    "crash": "an answer or an error",
    "hang": "an answer or an error",
    "accepts": "an error, since the input is invalid",
    "nondeterministic": "the same answer each time",
}


def told(finding: Finding, label: str) -> Told:
    """Of the target ``label``: the worst element and small outputs whole; where there are none, the message."""
    place, actual = finding.worst.get("place"), finding.worst.get("actual", {})
    if finding.verdict in EXPECTED or not place or label not in actual:
        return Told([EXPECTED.get(finding.verdict, "see the message")], [finding.message])
    expected = [f"{place} = {finding.worst['expected']}"]
    got = [f"{place} = {actual[label]}"]
    if finding.expected is not None and finding.actual.get(label) is not None:
        name = str(place).partition("[")[0]
        expected.append(f"{name} = {_shown(finding.expected)}")
        got.append(f"{name} = {_shown(finding.actual[label])}")
    return Told(expected, got)


def _shown(values: object) -> str:
    """Nested lists as text; NaN and infinities, which are words in JSON, without quotes."""
    return str(values).replace("'", "")
