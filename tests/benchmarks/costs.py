"""What the parent of the workers needs for a case, op by op: ``python tests/benchmarks/costs.py [OP ...] [--cases N]``.

Milliseconds of a core per case, of values and gradients together, two fills per geometry as in a run: *made* is drawing
the recipe, *oracle* the first target's verdict on a right answer (reference, bound, comparison), *again* that of every
further target, which shares the first two. ``--table`` takes what ``alarms.py --table`` or a run wrote
(``results.csv``) and sets beside it the median time that the target itself needed.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
import time
import warnings
from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from opassay.harness.find.registry import Registry
from opassay.harness.model.mistake import right
from opassay.harness.model.op import ContractError, NotJudged, references
from opassay.harness.model.outcome import Returned
from opassay.harness.model.target import Target
from opassay.harness.model.verdicts import FAILING
from opassay.harness.plan import generate
from opassay.harness.run.judging import Judging

ASPECTS = ("value", "gradient")
TARGET = Target("right", "right")
SHOWN = 10


@dataclass(frozen=True)
class Lane:
    """A target that gives the right answers, of which nothing is declared."""

    label: str = "right"
    rules: tuple = ()
    target: Target = TARGET


@dataclass
class Spent:
    """Seconds of a core, and for how many cases."""

    made: float = 0.0
    oracle: float = 0.0
    again: float = 0.0
    cases: int = 0

    def per_case(self):
        return [1e3 * seconds / max(1, self.cases) for seconds in (self.made, self.oracle, self.again)]


def answered(op, cases):
    """These cases, each with the right answer; without those that have none."""
    for _, case in cases:
        try:
            yield case, Returned(right(references(op, case)))
        except (ContractError, NotJudged):
            continue


def spent(op, count, seed=0):
    """What ``count`` geometries of each aspect cost. Raises where a right answer is not one."""
    found, lane = Spent(), Lane()
    for aspect in ASPECTS:
        if aspect == "gradient" and not op.gradients:
            continue
        list(generate.cases(op, aspect, seed, 0, 1, 2))
        began = time.process_time()
        drawn = list(generate.cases(op, aspect, seed, 0, count, 2))
        found.made += time.process_time() - began
        judging = Judging()
        for _, geometry in groupby(drawn, key=lambda numbered: numbered[0]):
            answers = list(answered(op, geometry))
            times = [time.process_time()]
            for _ in range(2):
                judged = judging.judge_all(lane, op, answers, 2) if answers else []
                times.append(time.process_time())
            if any(j.verdict in (*FAILING, "fault") for j in judged):
                raise SystemExit(f"the right answer is {judged} of {answers[0][0].dumps()}")
            found.oracle += times[1] - times[0]
            found.again += times[2] - times[1]
            found.cases += len(answers)
    return found


def theirs(files):
    """The median milliseconds per answer that targets needed, by op."""
    times = defaultdict(list)
    for file in files:
        for row in csv.DictReader(file):
            if row["aspect"] in ASPECTS and row["verdict"] == "pass" and row["seconds"]:
                times[row["op"]].append(1e3 * float(row["seconds"]))
    return {op: statistics.median(found) for op, found in times.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ops", nargs="*")
    parser.add_argument("--cases", type=int, default=16, help="geometries per op and aspect")
    parser.add_argument("--all", action="store_true", help="print every op, not the dearest alone")
    parser.add_argument("--table", type=argparse.FileType(), nargs="*", default=())
    chosen = parser.parse_args()
    ops = Registry().ops(chosen.ops)
    costs = {op.name: spent(op, chosen.cases).per_case() for op in ops}
    needed = theirs(chosen.table)
    dearest = sorted(costs, key=lambda name: -sum(costs[name]))
    print(f"{'ms per case':28}{'made':>8}{'oracle':>8}{'again':>8}{'target':>8}")
    for name in dearest if chosen.all else dearest[:SHOWN]:
        line(name, costs[name], needed.get(name))
    columns = zip(*costs.values(), strict=True)
    line(f"median of {len(costs)} ops", map(statistics.median, columns), statistics.median(needed.values() or [0]))
    line("mean", map(statistics.mean, zip(*costs.values(), strict=True)), statistics.mean(needed.values() or [0]))


def line(name, found, needed):
    print(f"{name:28}{''.join(f'{ms:8.2f}' for ms in found)}{'' if not needed else f'{needed:8.2f}'}", flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
