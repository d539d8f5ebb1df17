"""Makes Paddle's known differences. Free of Paddle."""

from __future__ import annotations

from pathlib import Path

from adapters.known_predicates import Predicate, known, read_pins
from harness.model.known import Known

_PINS = read_pins(str(Path(__file__).parent))
_SEEN = "paddlepaddle 3.3.1, CPU"
_ISSUES = "https://github.com/PaddlePaddle/Paddle/issues/"
Page = tuple[int, str]
"""Number and title of one of Paddle's issues."""


def paddle_known(
    op: str,
    aspect: str,
    name: str,
    verdict: str,
    covers: Predicate,
    owner: str,
    reason: str,
    *,
    modes: tuple[str, ...] = (),
    page: Page | None = None,
    chance: str = "",
) -> Known:
    """A Known named after op, aspect and what is different; an issue that tells of it, if one was found."""
    title = f"paddle-{op}-{aspect}-{name}"
    url, heading = (f"{_ISSUES}{page[0]}", page[1]) if page else ("", "")
    return known(
        _PINS,
        title,
        verdict,
        covers,
        owner=owner,
        reason=reason,
        versions=_SEEN,
        modes=modes,
        url=url,
        title=heading,
        chance=chance,
    )
