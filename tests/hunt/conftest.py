"""A campaign over planted adapters, its records, and a hunt on its workers."""

import contextlib
import os
import sys
from pathlib import Path

import pytest

from opassay.harness.hunt.after_run import hunter_of
from opassay.harness.hunt.hunter import Limits
from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Campaign, Request, check_devices

HERE = Path(__file__).parent
FOLDERS = (str(HERE), str(HERE.parent / "run"))


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    for folder in FOLDERS:
        monkeypatch.syspath_prepend(folder)
    # A worker is told where the adapter's own module is, and nothing of those that it imports.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([*FOLDERS, os.environ.get("PYTHONPATH", "")]))


class Bed:
    """A running engine with the records of its campaign."""

    def __init__(self, campaign, engine):
        self.campaign, self.engine = campaign, engine
        self.records = list(engine.run(campaign.shards))
        self.op = campaign.ops[0]
        self.scope = frozenset(campaign.labels().values())

    def hunter(self, **limits):
        return hunter_of(self.campaign, self.engine, Limits(**{"seconds": 3600.0, **limits}))

    def hunt(self, **limits):
        hunter = self.hunter(**limits)
        hunter.hunt(self.records, self.scope)
        return hunter


@pytest.fixture
def bed(importable):
    """A function from ``module:Class`` texts, an op and settings to a ``Bed``; its workers end with the test."""
    with contextlib.ExitStack() as stack:

        def made(adapters, op, aspect="value", **settings):
            names = [getattr(sys.modules.get(m) or __import__(m), c).name for m, c in (a.split(":") for a in adapters)]
            chosen = Settings(**{"cases": 30, **settings})
            request = Request(targets=names, adapters=adapters, ops=[op], aspects=[aspect], settings=chosen)
            campaign = Campaign(request)
            engine = stack.enter_context(campaign.engine())
            check_devices(engine)
            return Bed(campaign, engine)

        yield made
