"""Options of a campaign besides its request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opassay.harness.fleet.tasks import SLICE
from opassay.harness.run.campaign import Campaign


@dataclass(frozen=True)
class Options:
    """``seconds`` and ``until`` (new differences): when no further task begins, 0 for never. ``size``: of a slice."""

    scheduler: str
    out: str
    resume: bool = False
    strict: bool = False
    findings: int = 20
    size: int = SLICE
    seconds: float = 0.0
    until: int = 0

    def endless(self, campaign: Campaign) -> bool:
        """Whether the stream continues until time or findings end it."""
        settings = campaign.settings
        sized = settings.cases is not None or settings.suite is not None or settings.exhaustive
        return self.partial and not sized

    @property
    def partial(self) -> bool:
        """Whether the campaign may end before all is asked."""
        return bool(self.seconds or self.until)

    def identity(self, campaign: Campaign) -> dict[str, Any]:
        """What two campaigns must have in common for one to continue the other."""
        return {**campaign.identity(), "shard": self.size, "endless": self.endless(campaign)}
