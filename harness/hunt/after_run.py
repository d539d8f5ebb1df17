"""The hunt as the last part of a run: its new records, its workers, its folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from opassay.harness.hunt import store
from opassay.harness.hunt.bench import Bench
from opassay.harness.hunt.examine import UNSTEADY
from opassay.harness.hunt.finding import Finding
from opassay.harness.hunt.hunter import Hunter, Limits
from opassay.harness.hunt.scripts import reproduced
from opassay.harness.model.verdicts import Record
from opassay.harness.run.campaign import Campaign
from opassay.harness.run.engine import Engine
from opassay.harness.run.machine import usable_cores
from opassay.harness.run.run import Run
from opassay.harness.store.files import fault

Say = Callable[[str], None]


def hunt_run(run: Run, engine: Engine, limits: Limits, say: Say = lambda text: None) -> None:
    """Turn the new differences of ``run`` into findings: in its folder, its ``run.json`` and its table.

    Does nothing for a run without new differences. If interrupted, it keeps the findings so far; ``--resume`` continues
    from them. ``say`` is called with the progress. An error of opassay is added to ``run.faults``; the other findings
    are still made.
    """
    if not run.counts.new or not limits.findings:
        return
    hunter = hunter_of(
        run.campaign,
        engine,
        limits,
        lambda found, waiting: say(f"hunting · {found} findings · {waiting} failing cases to look at"),
    )
    try:
        _take_up(run, hunter)
        hunter.hunt(run.journal.records(), frozenset(run.campaign.labels().values()))
    except Exception as error:
        run.faults.append(fault("hunting", error))
    finally:
        for finding in hunter.findings.values():
            store.write(run.folder, finding)
        summarised(run, hunter)
    for number, finding in enumerate(list(hunter.findings.values()), 1):
        say(f"writing scripts · finding {number} of {len(hunter.findings)}")
        hunter.findings[finding.id] = with_scripts(hunter.bench, run.campaign, run.folder, finding)
        summarised(run, hunter)
    run.faults += [f"finding {f.id}: {f.fault}" for f in hunter.findings.values() if f.fault]
    if hunter.waiting:
        run.warnings.append(
            f"{hunter.waiting} failing cases belong to no finding: the hunt ended at {limits.findings} findings or "
            f"{limits.seconds:g} seconds; --resume goes on"
        )


def _take_up(run: Run, hunter: Hunter) -> None:
    """Start from the findings in the folder, except those that a fault of opassay left incomplete."""
    for finding in map(store.read, store.stored(run.folder)):
        if not finding.fault:
            hunter.findings[finding.id] = replace(finding, records=0)


def hunter_of(
    campaign: Campaign,
    engine: Engine,
    limits: Limits,
    begin: Callable[[int, int], None] = lambda found, waiting: None,
) -> Hunter:
    """A hunter that uses the workers of ``engine``, the engine of ``campaign``."""
    bench = Bench(engine, {op.name: op for op in campaign.ops})
    threads = (campaign.settings.threads, usable_cores())
    return Hunter(bench, campaign.settings.seed, threads, limits, begin)


def hunt_shard(hunter: Hunter, campaign: Campaign, records: Sequence[Record], label: str, out: Path) -> list[Finding]:
    """The findings that explain the new differences among ``records``, all of target ``label``; written to ``out``."""
    hunter.hunt(records, frozenset({label}))
    ids = {hunter.owners.get((record.case_id, record.verdict), "") for record in records if record.new}
    for name in sorted(ids & set(hunter.findings)):
        store.write(out, hunter.findings[name])
        hunter.findings[name] = with_scripts(hunter.bench, campaign, out, hunter.findings[name])
    return gravest_first(finding for name, finding in hunter.findings.items() if name in ids)


def summarised(run: Run, hunter: Hunter) -> None:
    """Give ``run`` the findings so far."""
    run.findings = [summary(finding) for finding in gravest_first(hunter.findings.values())]
    run.noted = lambda record: noted(hunter, record)


def gravest_first(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by severity; of equal ones, those with more records first."""
    return sorted(findings, key=lambda f: (f.severity, -f.records, f.id))


def with_scripts(bench: Bench, campaign: Campaign, out: Path, finding: Finding) -> Finding:
    """``finding`` with a script per framework that shows it, each run once; written into its folder in ``out``."""
    if not finding.reproductions:
        finding = reproduced(bench, campaign.registry, store.folder_of(out, finding.id), finding)
        store.write(out, finding)
    return finding


def noted(hunter: Hunter, record: Record) -> Record:
    """``record`` with the cause and the confirmation that the hunt found."""
    finding = hunter.findings.get(hunter.owners.get((record.case_id, record.verdict), ""))
    if finding is None or not record.new:
        return record
    if (record.case_id, record.verdict) in hunter.unsteady:
        text = f"{record.verdict}: {record.message}; did not repeat alone"
        return replace(record, verdict=UNSTEADY, confirmed="no", message=text)
    confirmed = record.confirmed or ("yes" if finding.runs else "")
    return replace(record, explained_by=finding.explained_by, confirmed=confirmed)


def summary(finding: Finding) -> dict[str, Any]:
    """The part of a finding that ``run.json`` holds; ``findings/<id>/`` has the rest."""
    return {
        "id": finding.id,
        "op": finding.op,
        "aspect": finding.aspect,
        "verdict": finding.verdict,
        "explained_by": finding.explained_by,
        "targets": list(finding.targets),
        "records": finding.records,
        "case_id": finding.case.id,
        "elements": finding.case.size,
        "message": finding.message,
        "suspect_oracle": finding.suspect_oracle,
        "failed": finding.failed,
        "runs": finding.runs,
        "threads": finding.threads,
        "reproductions": [dict(reproduction) for reproduction in finding.reproductions],
        "fault": finding.fault,
        "when": finding.when,
        "also": list(finding.also),
    }
