"""How a difference of MindSpore that is known before the call is stated. Does not import MindSpore."""

from __future__ import annotations

from opassay.harness.model.fact import Fact

SEEN = "mindspore 2.10.0, CPU"
MEMORY = "what lies in memory before the answer is written there"


def shows(name: str, reason: str, ops: str, verdicts: str, when: object, **more: object) -> Fact:
    """Of values and gradients, unless ``more``, other fields of a fact, says otherwise. ``ops``: all, if empty."""
    told = {"aspects": ("value", "gradient"), "versions": SEEN, **more}
    return Fact(
        f"mindspore-{name}", "upstream", reason, tuple(ops.split()), verdicts=tuple(verdicts.split()), when=when, **told
    )  # type: ignore[arg-type]
