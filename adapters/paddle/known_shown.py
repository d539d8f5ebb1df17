"""How a difference of Paddle is stated. Does not import Paddle."""

from __future__ import annotations

from typing import Any

from opassay.harness.model.fact import Fact

SEEN = "paddlepaddle 3.3.1, CPU"
BOTH = ("value", "gradient")


def gives(name: str, reason: str, ops: tuple[str, ...], mistake: str, aspects: Any = BOTH, **more: Any) -> Fact:
    """A difference that a mistake reproduces."""
    return Fact(f"paddle-{name}", "upstream", reason, ops, aspects, reproduces=mistake, versions=SEEN, **more)


def shows(name: str, reason: str, ops: tuple[str, ...], aspects: Any, verdicts: str, when: Any, **more: Any) -> Fact:
    """A difference that is known before the call. ``verdicts``: separated by spaces."""
    told = {"owner": "upstream", "versions": SEEN, **more}
    return Fact(
        f"paddle-{name}", reason=reason, ops=ops, aspects=aspects, verdicts=tuple(verdicts.split()), when=when, **told
    )
