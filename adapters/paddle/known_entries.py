"""Makes Paddle's known differences. Free of Paddle."""

from __future__ import annotations

from pathlib import Path

from opassay.adapters.known_predicates import Predicate, known, read_pins
from opassay.harness.model.fact import Fact

_PINS = read_pins(str(Path(__file__).parent))
_SEEN = "paddlepaddle 3.3.1, CPU"
Page = tuple[str, str]
"""URL and title of a page that tells of a difference."""


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
    flaky: str = "",
) -> Fact:
    """A Known named after op, aspect and what is different; a page that tells of it, if one was found."""
    title = f"paddle-{op}-{aspect}-{name}"
    url, heading = page or ("", "")
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
        flaky=flaky,
    )
