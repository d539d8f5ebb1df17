"""False alarms: correct kernels, judged: ``python tests/benchmarks/alarms.py [--records N] [--target T]``.

Values of each op by NumPy in float32 (float64 for float64), added up forwards, backwards, by halves and in lanes,
rounded once to the dtype of the answer (``numpy_adapter.py``). Every failing record is a false alarm; a remark says
that an answer is farther off than correct kernels are. Both are counted, under the adapter's own rules.

With ``--target``, a framework is asked instead, every op, seed after seed: what no known difference covers is printed,
for a person to say whether it is one. What opassay itself and the workers took of a core is told after each seed, and
``--table`` keeps what ``rho.py`` reads.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
import warnings
from collections import Counter
from functools import partial
from itertools import count
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    sys.path.insert(0, str(Path(__file__).resolve().parent))

from numpy_adapter import NumPyAdapter

from opassay.harness.find.registry import Registry
from opassay.harness.judge.compare import BEYOND
from opassay.harness.judge.verdict import judge
from opassay.harness.model.adapter import Unsupported, as_tuple
from opassay.harness.model.numeric_model import find_model
from opassay.harness.model.op import ContractError, references
from opassay.harness.model.outcome import Returned
from opassay.harness.model.verdicts import FAILING
from opassay.harness.plan import generate
from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Campaign, Request, check_devices

ASKED = ["value", "gradient"]
COLUMNS = ["op", "aspect", "target", "dtype", "number", "verdict", "known", "rho", "seconds"]


def records(adapter, op, number, seed):
    """The judgement of each order of summation on the two fills of a geometry, with the case and the order."""
    method, rules = getattr(adapter, op.name), adapter.numeric_rules()
    for _, case in generate.cases(op, "value", seed, number, number + 1, 2):
        if adapter.lacks(op.name, "", [t.dtype for t in case.tensors], case.attributes):
            continue
        try:
            truth = references(op, case)
        except ContractError:
            continue
        models = [find_model(rules, *(r.computes or (op.name, r.name)), r.dtype) for r in truth]
        for order in adapter.modes:
            asked = adapter.compile(partial(method, **case.attributes), order)
            try:
                answer = tuple(map(adapter.to_numpy, as_tuple(asked(*case.inputs()))))
            except Unsupported:
                break
            except (ValueError, IndexError, TypeError) as error:
                print(f"the adapter's fault: {error!r} in {case.dumps()}", flush=True)
                break
            yield case, order, judge(case, Returned(answer), truth, models)


def of_target(chosen):
    """Seed after seed of a target; pins, which are the same in each, once."""
    verdicts, began, done = Counter(), time.perf_counter(), 0
    table = csv.writer(chosen.table)
    table.writerow(COLUMNS)
    for seed in count(chosen.seed):
        if done >= chosen.records:
            break
        settings = Settings(seed=seed, cases=chosen.cases)
        campaign = Campaign(Request(targets=[chosen.target], ops=chosen.ops, aspects=chosen.aspects, settings=settings))
        with campaign.engine() as engine:
            check_devices(engine)
            for record in engine.run(campaign.shards):
                if (record.number < 0 and seed > chosen.seed) or record.verdict not in (*FAILING, "pass"):
                    continue
                done += 1
                verdicts["known" if record.known else record.verdict] += 1
                verdicts["remark"] += record.message == BEYOND
                table.writerow(getattr(record, name) for name in COLUMNS)
                if record.new:
                    print(record.op, record.aspect, record.verdict, record.message, record.case, flush=True)
        ours, theirs = (os.times()[i] + os.times()[i + 1] for i in (0, 2))
        print(f"{done} records in {time.perf_counter() - began:.0f} s: {dict(verdicts)}", flush=True)
        print(f"of a core: opassay {ours:.0f} s, workers {theirs:.0f} s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target", help="ask this target, not kernels in NumPy")
    parser.add_argument("--cases", type=int, default=30, help="geometries per op, aspect and seed of a target")
    parser.add_argument("--aspects", nargs="*", default=ASKED, help="of a target")
    parser.add_argument("--ops", nargs="*", default=(), help="ask a target these ops, not all")
    parser.add_argument(
        "--table",
        type=argparse.FileType("w"),
        default=os.devnull,
        help="a file for op, aspect, dtype and rho of a target",
    )
    chosen = parser.parse_args()
    if chosen.target:
        of_target(chosen)
        return
    adapter = NumPyAdapter()
    ops = [op for op in Registry().ops() if hasattr(adapter, op.name) and op.numerics != "program"]
    print(f"{len(ops)} ops", flush=True)
    verdicts, began, done = Counter(), time.perf_counter(), 0
    for number in count():
        for op in ops:
            for case, order, judgement in records(adapter, op, number, chosen.seed):
                done += judgement.verdict in (*FAILING, "pass")
                verdicts[judgement.verdict] += 1
                remark = judgement.message == BEYOND
                verdicts["remark"] += remark
                if judgement.verdict in FAILING or remark:
                    print(order, judgement.verdict, judgement.message, f"rho {judgement.rho}", case.dumps(), flush=True)
        print(f"{done} records in {time.perf_counter() - began:.0f} s: {dict(verdicts)}", file=sys.stderr, flush=True)
        if done >= chosen.records:
            break
    print(f"{done} records in {time.perf_counter() - began:.0f} s: {dict(verdicts)}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
