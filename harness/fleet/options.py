"""Options of a campaign beside its request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opassay.harness.fleet.tasks import SLICE
from opassay.harness.run.campaign import Campaign


@dataclass(frozen=True)
class Options:
    """How a campaign is run. ``seconds`` and ``until``: when nothing more is begun, 0: never; ``size``: of a slice."""

    scheduler: str
    out: str
    resume: bool = False
    strict: bool = False
    findings: int = 20
    size: int = SLICE
    seconds: float = 0.0
    until: int = 0

    def endless(self, campaign: Campaign) -> bool:
        """Whether the stream goes on until time or findings end it."""
        settings = campaign.settings
        sized = settings.cases is not None or settings.suite is not None or settings.exhaustive
        return self.partial and not sized

    @property
    def partial(self) -> bool:
        """Whether the campaign may end before all is asked."""
        return bool(self.seconds or self.until)

    def identity(self, campaign: Campaign) -> dict[str, Any]:
        """What must be equal for one campaign to be the continuation of another."""
        return {**campaign.identity(), "shard": self.size, "endless": self.endless(campaign)}
