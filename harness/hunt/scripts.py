"""The scripts of a finding, one per framework, each run in a fresh process; and the issue text."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

from opassay.harness.find.registry import Registry, UsageError
from opassay.harness.hunt.bench import Bench
from opassay.harness.hunt.finding import Finding
from opassay.harness.hunt.issue import NAME, issue_text
from opassay.harness.hunt.repro import Reproduction, Seen, title, write_reproduction
from opassay.harness.hunt.told_values import told
from opassay.harness.judge.compare import Judgement
from opassay.harness.model.case import Case
from opassay.harness.model.explanation import labelled
from opassay.harness.model.op import Op
from opassay.harness.model.outcome import Outcome
from opassay.harness.model.verdicts import FAILING, UNANSWERED
from opassay.harness.run.kinds import Asked
from opassay.harness.run.lane import Lane
from opassay.harness.store.files import fault

MOST_OUTPUT = 4_000
"""Number of characters of a script's output that the finding holds. The file beside the script has all of it."""


def reproduced(bench: Bench, registry: Registry, folder: Path, finding: Finding) -> Finding:
    """``finding`` with ``reproductions``; scripts and issue texts are written to ``folder``.

    After an error of opassay, the script is missing and the finding's ``fault`` says why.
    """
    scripts, faults = [], [finding.fault] if finding.fault else []
    for adapter, asked in sorted(_answers(bench, finding, faults).items()):
        try:
            scripts.append(_script(bench, registry, folder, finding, asked))
        except Exception as error:
            faults.append(fault(f"the script for {adapter}", error))
    return replace(finding, reproductions=tuple(scripts), fault="; ".join(faults))


def _answers(bench: Bench, finding: Finding, faults: list[str]) -> dict[str, Asked]:
    """The answer of each adapter's first target to the smallest case."""
    try:
        asked = [found for found in bench.ask(finding.case) if found[0] in finding.targets]
    except Exception as error:
        faults.append(fault("asking for the smallest case", error))
        bench.reset()
        return {}
    return {bench.lane(label).target.adapter: (label, outcome, judgement) for label, outcome, judgement in asked[::-1]}


def case_script(registry: Registry, lane: Lane, op: Op, case: Case, asked: Asked, folder: Path) -> str:
    """Write and run a script of what the lane's target did with any case; return a line that says what it showed.

    It lies below ``folder``, in a folder of this case and target. If the target agrees with the oracle, the script does
    too.
    """
    label, outcome, judgement = asked
    if judgement.verdict in UNANSWERED or judgement.verdict == "fault":
        return f"no script for {label}: {judgement.verdict}"
    verdict = judgement.verdict if judgement.verdict in FAILING else "accepts" if case.aspect == "error" else "numeric"
    here = folder / f"{case.id}-{re.sub('[^A-Za-z0-9]+', '-', label)}"
    seen = _seen(lane, outcome, judgement, verdict)
    try:
        found = write_reproduction(here, lane.target.adapter, case, op, seen, registry, lane.python)
    except OSError as error:
        raise UsageError(f"cannot write a script in {str(here)!r}: {error.strerror}") from None
    shows = "shows the difference" if found.reproduces else "shows no difference"
    return f"{shlex.join(['python', str(found.file)])}  # exit status {found.exit_status}: {shows}"


def _seen(lane: Lane, outcome: Outcome, judgement: Judgement, verdict: str, about: str = "") -> Seen:
    return Seen(
        verdict,
        judgement.message,
        outcome,
        lane.target.mode,
        lane.target.device,
        str(lane.hello.get("version", "")),
        lane.threads,
        lane.rules,
        lane.hello.get("settings", {}),
        about,
        lane.target.name,
    )


def _script(bench: Bench, registry: Registry, folder: Path, finding: Finding, asked: Asked) -> dict[str, Any]:
    label, outcome, judgement = asked
    lane = bench.lane(label)
    adapter, about = lane.target.adapter, labelled(finding.explained_by)
    seen = _seen(lane, outcome, judgement, finding.verdict, about)
    found = write_reproduction(folder, adapter, finding.case, bench.op(finding.case), seen, registry, lane.python)
    versions = f"- {adapter} {seen.version}, mode {seen.mode}, on {seen.device}"
    text = issue_text(title(adapter, finding.case, seen), found, versions, about, told(finding, label), finding.when)
    # Pages show the script of the first framework. Each framework has its own issue tracker.
    name = NAME if adapter == finding.adapters[0] else f"issue_{adapter}.md"
    (folder / name).write_text(text, encoding="utf-8")
    return _told(adapter, found)


def _told(adapter: str, found: Reproduction) -> dict[str, Any]:
    return {
        "adapter": adapter,
        "file": found.file.name,
        "exit_status": found.exit_status,
        "output": found.output[-MOST_OUTPUT:],
        "reproduces": found.reproduces,
        "standalone": found.standalone,
    }
