"""Ends of workers that no case repeats alone: a batch's fault, or the machine's."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from harness.judge.compare import Judgement
from harness.model.outcome import DAMAGED, OUTSIDE, Crashed
from harness.run.job import Job, Replay

FORGIVEN = 2
"""Ends per target and run that did not repeat and are no difference; from the next one on each is a crash."""


class Ends:
    """Counts, per target, the ends that did not repeat; ``lines`` tells of them in words."""

    def __init__(self) -> None:
        self._once: Counter[str] = Counter()
        self.lines: list[str] = []

    def once(self, label: str, case_id: str, end: Crashed, alone: Judgement) -> Judgement:
        """What the case came to alone, with a remark; a crash where such ends have become too many to be chance."""
        self._once[label] += 1
        count = self._once[label]
        text = f"once, not again: {end.message}" + (f" ({end.machine})" if end.machine else "")
        if count > FORGIVEN:
            text += f"; alone in a fresh worker: {alone.verdict}; {count} workers of this target ended so in one run"
            return Judgement("crash", text, error_type=end.signal)
        self.lines.append(f"{label}: {text}; case {case_id}")
        return replace(alone, message="; ".join(filter(None, (text, alone.message))))


def with_batch(replay: Replay) -> Judgement:
    """The judgement where a fresh worker, given the same cases, ended too."""
    before = sum(len(job.items) for job in replay.trail) - 1
    text = (
        f"{replay.end.message}; again in a fresh worker that was given the same {before} cases before it; "
        f"alone: {replay.judgement.verdict}"
    )
    accepted = sorted({case.rule for job in replay.trail for case in job.accepted})
    text += f"; of these, invalid input was accepted of {', '.join(accepted)}" if accepted else ""
    return Judgement("crash", text, error_type=replay.end.signal)


def from_outside(end: Crashed, alone: Judgement) -> bool:
    """Whether other cases or the machine may have ended the worker, since the case does not."""
    return end.signal in OUTSIDE and alone.verdict != "hang"


def replayable(end: Crashed, job: Job) -> bool:
    """Whether an earlier case may have damaged the worker's memory."""
    return end.signal in DAMAGED and bool(job.trail)


def replay_jobs(replay: Replay, job: Job) -> list[Job]:
    """What a fresh worker is given to see whether it ends too; answers go where those of ``job`` do."""
    replay.waiting = sum(len(given.items) for given in replay.trail)
    return [
        Job(given.op, given.items, given.alone, fresh=not number, replay=replay, taker=job.taker)
        for number, given in enumerate(replay.trail)
    ]
