"""False alarms: correct kernels, judged: ``python tests/benchmarks/alarms.py [--records N] [--target T]``.

Products and sums of matmul, conv2d, avg_pool2d and scatter_nd in float32 (float64 for float64), added up forwards,
backwards, by halves and in lanes, rounded once to the dtype of the answer. Every failing record is a false alarm; a
remark says that an answer is farther off than correct kernels are. Both are counted, under the adapter's own rules.

With ``--target``, a framework is asked instead, every op, seed after seed: what no known difference covers is printed,
for a person to say whether it is one.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections import Counter
from itertools import count
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from opassay.adapters.oracle.geometry import from_nhwc, to_nhwc
from opassay.adapters.oracle.hypotheses.question import windows_of
from opassay.harness.find.registry import Registry
from opassay.harness.judge.compare import BEYOND
from opassay.harness.judge.verdict import judge
from opassay.harness.model import dtypes
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.mistake import ACCUMULATORS
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.op import references
from opassay.harness.model.outcome import Returned
from opassay.harness.model.verdicts import FAILING
from opassay.harness.plan import generate
from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Campaign, Request, check_devices


def kind(dtype):
    return np.float64 if dtype == "float64" else np.float32


def working(array):
    name = dtypes.dtype_name(array)
    return dtypes.widen(array).astype(kind(name))


def forwards(terms):
    return np.add.accumulate(terms, axis=-1)[..., -1]


def in_lanes(terms):
    whole = terms.shape[-1] // 8 * 8
    blocks = terms[..., :whole].reshape(*terms.shape[:-1], whole // 8, 8)
    lanes = np.add.reduce(np.moveaxis(blocks, -2, 0), axis=0)
    return np.add.reduce(lanes, axis=-1) + np.add.reduce(terms[..., whole:], axis=-1)


SUMS = {
    "forwards": forwards,
    "backwards": lambda terms: forwards(terms[..., ::-1]),
    "halves": lambda terms: np.add.reduce(np.ascontiguousarray(terms), axis=-1),
    "lanes": in_lanes,
}


def product(question, order):
    a, b = map(working, question.inputs)
    if not a.size or not b.size:
        return a @ b
    return SUMS[order](a[..., :, None, :] * np.swapaxes(b, -1, -2)[..., None, :, :])


def taps(question, order):
    found = windows_of(question).taps()
    return found[::-1] if order == "backwards" else found


def convolution(question, order):
    (x, w), a = map(working, question.inputs), question.attributes
    image, groups = to_nhwc(x, a["layout"]), a["groups"]
    y = np.zeros(to_nhwc(question.truth[0].exact, a["layout"]).shape, x.dtype)
    for tap in taps(question, order):
        read = image[:, tap.inputs[0], tap.inputs[1]]
        parts = zip(np.split(read, groups, axis=3), np.split(w[tap.position], groups, axis=1), strict=True)
        y[:, tap.outputs[0], tap.outputs[1]] += np.concatenate([p @ f for p, f in parts], axis=3)
    return from_nhwc(y, a["layout"])


def average(question, order):
    x, a, windows = working(question.inputs[0]), question.attributes, windows_of(question)
    y = np.zeros(to_nhwc(question.truth[0].exact, a["layout"]).shape, x.dtype)
    for tap in taps(question, order):
        y[:, tap.outputs[0], tap.outputs[1]] += to_nhwc(x, a["layout"])[:, tap.inputs[0], tap.inputs[1]]
    area = np.full(windows.outputs, np.prod(windows.window)) if a["count_padding"] else windows.real_taps()
    area = np.maximum(area, 1).astype(x.dtype)[None, :, :, None]
    return from_nhwc(y * (1 / area) if order == "lanes" else y / area, a["layout"])


def scattered(question, order):
    indices, updates = question.inputs[0], working(question.inputs[1])
    step = -1 if order == "backwards" else 1
    y, depth = np.zeros(question.attributes["shape"], updates.dtype), indices.shape[-1]
    rows = updates.reshape(-1, *y.shape[depth:]) if updates.size else updates.reshape(0, *y.shape[depth:])
    places = indices.reshape(-1, depth)[: len(rows)]
    np.add.at(y, tuple(places[::step].T), rows[::step])
    return y


KERNELS = {"matmul": product, "conv2d": convolution, "avg_pool2d": average, "scatter_nd": scattered}


def records(op, number, seed):
    """The judgement of each order of summation on the two fills of a geometry."""
    for _, case in generate.cases(op, "value", seed, number, number + 1, 2):
        truth = references(op, case)
        (reference,) = truth
        if not dtypes.is_float(reference.dtype):
            continue
        question = Question(op.name, case.attributes, case.inputs(), (), truth)
        model = NumericModel(ACCUMULATORS.get(reference.dtype, reference.dtype), flushes=False)
        for order in SUMS:
            with np.errstate(all="ignore"):
                answer = dtypes.narrow(KERNELS[op.name](question, order), reference.dtype)
            yield case, order, judge(case, Returned((answer,)), truth, [model])


def of_target(chosen):
    """Seed after seed of a target; pins, which are the same in each, once."""
    verdicts, began, done = Counter(), time.perf_counter(), 0
    for seed in count(chosen.seed):
        if done >= chosen.records:
            break
        settings = Settings(seed=seed, cases=chosen.cases)
        campaign = Campaign(Request(targets=[chosen.target], aspects=["value", "gradient"], settings=settings))
        with campaign.engine() as engine:
            check_devices(engine)
            for record in engine.run(campaign.shards):
                if (record.number < 0 and seed > chosen.seed) or record.verdict not in (*FAILING, "pass"):
                    continue
                done += 1
                verdicts["known" if record.known else record.verdict] += 1
                verdicts["remark"] += record.message == BEYOND
                if record.new:
                    print(record.op, record.aspect, record.verdict, record.message, record.case, flush=True)
        print(f"{done} records in {time.perf_counter() - began:.0f} s: {dict(verdicts)}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target", help="ask this target, not kernels in NumPy")
    parser.add_argument("--cases", type=int, default=30, help="geometries per op, aspect and seed of a target")
    chosen = parser.parse_args()
    if chosen.target:
        of_target(chosen)
        return
    ops = [Registry().op(name) for name in KERNELS]
    verdicts, began, done = Counter(), time.perf_counter(), 0
    for number in count():
        for op in ops:
            for case, order, judgement in records(op, number, chosen.seed):
                done += 1
                verdicts[judgement.verdict] += 1
                remark = judgement.message == BEYOND
                verdicts["remark"] += remark
                if judgement.verdict in FAILING or remark:
                    print(order, judgement.verdict, judgement.message, f"rho {judgement.rho}", case.dumps(), flush=True)
        if done >= chosen.records:
            break
    print(f"{done} records in {time.perf_counter() - began:.0f} s: {dict(verdicts)}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
