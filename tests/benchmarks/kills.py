"""How many named mistakes are found with 100 cases: ``python tests/benchmarks/kills.py [--seeds N] [OP]...``.

Per mistake: by how many seeds it is found, and the number of the first case that shows it; ``-`` says that no case did.
``pin`` says whether a pin, which every run has besides, finds it, too. The last line counts what of all
that a run of no stated size finds.
The same of a comparison by tolerances: rtol and atol of ``torch.testing.assert_close``,
https://docs.pytorch.org/docs/stable/testing.html, exact for integers. In these figures, what counts is what is drawn.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from opassay.harness.find.registry import Registry
from opassay.harness.model import dtypes
from opassay.harness.model.target import Target
from opassay.harness.plan import generate
from opassay.harness.plan.plan import shards
from opassay.harness.plan.sharpness import judged, sought

TOLERANCES = {"float16": (1e-3, 1e-5), "bfloat16": (1.6e-2, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}


def tolerated(case, answer, told, truth, mistake):
    """Whether ``assert_close`` would fail."""
    for a, b in zip(answer, told, strict=True):
        if a is None or b is None or a.shape != b.shape or a.dtype != b.dtype:
            if not (a is None and b is None):
                return True
            continue
        rtol, atol = TOLERANCES.get(dtypes.dtype_name(b), (0, 0))
        if not np.allclose(dtypes.widen(a), dtypes.widen(b), rtol, atol, equal_nan=True):
            return True
    return False


SEES = {"opassay": judged, "tolerance": tolerated}


def of_seed(seed, cases, ops):
    """What is found with one seed, op by op and aspect by aspect."""
    for name in ops:
        op, mistakes = Registry().op(name), Registry().mistakes(name)
        for aspect in dict.fromkeys(m.aspect for m in mistakes):
            chosen = [m for m in mistakes if m.aspect == aspect]
            yield from sought(op, chosen, generate.cases(op, aspect, seed, 0, cases, 2), SEES)


def by_pins(ops):
    """The ids of mistakes that pins find."""
    for name in ops:
        op = Registry().op(name)
        for aspect in ("value", "gradient"):
            chosen = [m for m in Registry().mistakes(name) if m.aspect == aspect]
            cases = ((number, pin.case) for number, pin in generate.pins(op, aspect))
            yield from (e.mistake.id for e in sought(op, chosen, cases, {"opassay": judged}) if e.found)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ops", nargs="*")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--missed", action="store_true", help="list only what some seed misses")
    chosen = parser.parse_args()
    ops = chosen.ops or [op.name for op in Registry().ops() if Registry().mistakes(op.name)]
    if not any(Registry().mistakes(op) for op in ops):
        parser.error(f"no mistake of {', '.join(ops)} stands in adapters/oracle/mistakes/: add one first")
    by_mistake, began, pinned = defaultdict(list), time.perf_counter(), set(by_pins(ops))
    for seed in range(chosen.seeds):
        missed = []
        for entry in of_seed(seed, chosen.cases, ops):
            by_mistake[entry.mistake.id].append(entry)
            missed += [] if "opassay" in entry.found else [entry.mistake.id]
        found = f"{len(by_mistake) - len(missed)} of {len(by_mistake)} found; missed: {', '.join(missed) or 'none'}"
        print(f"seed {seed}: {time.perf_counter() - began:.0f} s, {found}", file=sys.stderr, flush=True)
    print(f"{'mistake':64}{'made':>6}{'found':>6}{'first':>7}{'by tolerance':>14}{'pin':>5}")
    for id, entries in by_mistake.items():
        line(id, entries, chosen, id in pinned)
    totals(by_mistake, chosen.seeds, pinned)


def line(id, entries, chosen, pinned):
    made = sum(e.made is not None for e in entries)
    firsts = {how: [e.found[how] for e in entries if how in e.found] for how in SEES}
    if chosen.missed and len(firsts["opassay"]) == chosen.seeds:
        return
    shown = {how: f"{statistics.median(v):.0f}" if v else "-" for how, v in firsts.items()}
    ours, theirs = (len(firsts[how]) for how in SEES)
    print(f"{id:64}{made:6}{ours:6}{shown['opassay']:>7}{theirs:8}{shown['tolerance']:>6}{'yes' if pinned else '':>5}")


def totals(by_mistake, seeds, pinned):
    for how in SEES:
        found = [sum(how in e.found for e in entries) for entries in by_mistake.values()]
        first = [e.found.get(how, float("inf")) for entries in by_mistake.values() for e in entries]
        each = [sum(how in entries[seed].found for entries in by_mistake.values()) for seed in range(seeds)]
        print(
            f"{how}: of {len(found)} mistakes, {sum(n == seeds for n in found)} found by each of {seeds} seeds, "
            f"{sum(n > 0 for n in found)} by some; by seed {each}; median first case {statistics.median(first):.0f}"
        )
    luck = [id for id, entries in by_mistake.items() if not all("opassay" in e.found for e in entries)]
    left = [id for id in luck if id not in pinned]
    sized = {(s.op.name, s.aspect): s.stop for s in shards(Registry().ops(), (), [Target("any", "any")])}
    told = [by_default(entry, pinned, sized) for entries in by_mistake.values() for entry in entries]
    there, found = len(told) - told.count(None), sum(map(bool, told))
    print(f"by a pin where some seed misses it: {len(luck) - len(left)}; neither: {', '.join(left) or 'none'}")
    print(f"a run of no stated size finds {found} of the {there} that these cases and pins find, {found / there:.1%}")


def by_default(entry, pinned, sized):
    """Whether a run of no stated size finds it; None where these cases do not, either."""
    first = -1 if entry.mistake.id in pinned else entry.found.get("opassay")
    return None if first is None else first < sized[entry.mistake.op, entry.mistake.aspect]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
