"""``opassay doctor --scheduler``: what each worker of a cluster has, and whether it can take part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from opassay.harness.doors.consoles import say_line, stdout
from opassay.harness.fleet.crew import asked_of, resolved
from opassay.harness.fleet.inspect import Seen, differing, look, told_problem, try_out
from opassay.harness.fleet.place import Place
from opassay.harness.fleet.scheduler import connected, resources_of
from opassay.harness.run.campaign import Campaign, Request


def workers_command(request: Request, scheduler: str) -> int:
    """Status 0 if every worker can take part, 1 otherwise."""
    console = stdout()
    with connected(scheduler) as cluster:
        info = cluster.workers()
        seen = cluster.on_each(look, {worker: (tuple(request.adapters), dict(request.python)) for worker in info})
        fit = {worker: one for worker, one in seen.items() if not told_problem(worker, one)}
        if fit:
            campaign = Campaign(resolved(request, scheduler, fit))
            asked = asked_of(campaign, cluster, Place(""))
            targets = {label: resources_of(target.device) for target, label in campaign.labels().items()}
            given = {w: (asked, [label for label, r in targets.items() if w in cluster.having(r)]) for w in fit}
            seen |= cluster.on_each(try_out, given)
    for worker, one in seen.items():
        for line in _lines(worker, info[worker], one):
            say_line(console, line)
    refused = list(differing({worker: one for worker, one in seen.items() if isinstance(one, Seen)}))
    for line in refused:
        say_line(console, f"refused: {line}")
    return int(bool(refused) or any(told_problem(worker, one) for worker, one in seen.items()))


def _lines(worker: str, info: Mapping[str, Any], seen: Seen | Exception) -> Iterator[str]:
    if problem := told_problem(worker, seen):
        yield f"refused: {problem}"
        return
    assert isinstance(seen, Seen)
    resources = ", ".join(f"{name}={amount:g}" for name, amount in info["resources"].items())
    yield f"{worker} on {seen.host}: opassay {seen.opassay}, Python {seen.python}, {info['nthreads']} at a time" + (
        f", {resources}" if resources else ""
    )
    for label, target in seen.targets.items():
        hello = target.hello
        told = f"{hello['version']}, devices: {', '.join(hello['devices'])}" if hello else target.state
        yield f"    {label}: {told}"
