"""The workers of a campaign: all suitable ones and, for each target, those that have its device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from opassay.harness.find.located import UsageError
from opassay.harness.fleet.answer import Asked
from opassay.harness.fleet.inspect import Seen, State, differing, look, told_problem, try_out
from opassay.harness.fleet.place import Place
from opassay.harness.fleet.scheduler import LOCAL, Cluster, resources_of
from opassay.harness.run.campaign import Campaign, Request
from opassay.harness.run.machine import LEAST_MEMORY


def looked(cluster: Cluster, request: Request) -> dict[str, Seen]:
    """What each worker has. Raises ``UsageError`` if one is unsuitable."""
    given = {worker: (tuple(request.adapters), dict(request.python)) for worker in cluster.workers()}
    return _all_well(cluster.on_each(look, given))


def resolved(request: Request, scheduler: str, seen: Mapping[str, Seen]) -> Request:
    """``request`` resolved against the frameworks of the workers."""
    request = replace(request, folder=request.folder.absolute())
    if scheduler.partition(":")[0] == LOCAL:
        return request
    there = {name for one in seen.values() for name in one.frameworks}
    return replace(request, elsewhere=sorted(there))


def asked_of(campaign: Campaign, cluster: Cluster, place: Place) -> Asked:
    """What the workers need to know of ``campaign``: its targets by name, and the memory limit of each."""
    request = replace(campaign.request, targets=list(campaign.labels().values()), elsewhere=None)
    share = int(cluster.memory() * 0.75 / len(campaign.targets))
    memory = campaign.request.memory or max(share, LEAST_MEMORY)
    return Asked(request, campaign.baseline, memory, "" if place.folder else place.text)


def tried_out(campaign: Campaign, cluster: Cluster, asked: Asked, place: Place) -> dict[str, State]:
    """The state of each target, after every worker with its device has started it.

    A target whose device no worker has is not ready. Raises ``UsageError`` if workers differ, cannot start one, or
    cannot write to the campaign's place.
    """
    having = {label: cluster.having(resources_of(t.device)) for t, label in campaign.labels().items()}
    given = {w: (asked, [label for label, those in having.items() if w in those]) for w in cluster.workers()}
    seen = _all_well(cluster.on_each(try_out, given))
    _refuse(list(differing(seen)))
    _check_probes(seen, place)
    states: dict[str, State] = {}
    for target, label in campaign.labels().items():
        told = [one.targets[label] for one in seen.values() if label in one.targets]
        lacking = ", ".join(f"{name}={amount:g}" for name, amount in resources_of(target.device).items())
        states[label] = told[0] if told else State(f"no worker has the resource {lacking}")
    if not any(one.hello for one in states.values()):
        raise UsageError("; ".join(f"{label}: {one.state}" for label, one in states.items()) + ": nothing would run")
    return states


def _check_probes(seen: Mapping[str, Seen], place: Place) -> None:
    for worker, one in seen.items():
        if one.probe and place.read(one.probe) is None:
            raise UsageError(
                f"what worker {worker} writes to {place.text} is not there for others: name a place that all share"
            )
    for probe in {one.probe for one in seen.values() if one.probe}:
        place.remove(probe)


def _all_well(told: Mapping[str, Any]) -> dict[str, Seen]:
    _refuse([problem for worker, seen in told.items() if (problem := told_problem(worker, seen))])
    return dict(told)


def _refuse(problems: list[str]) -> None:
    if problems:
        more = f" (and {len(problems) - 1} more; opassay doctor --scheduler has all)" if len(problems) > 1 else ""
        raise UsageError(problems[0] + more)
