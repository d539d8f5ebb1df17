"""Time, memory and sizes of the reports of large runs: ``python tests/benchmarks/report_scale.py [RECORDS ...]``.

For each number of records (1,000, 100,000 and 1,000,000 unless others are given) a process of its own makes them up
one by one in the table's order, streams them into the table, makes every page from it, and compares it with itself.
About 95 of 100 pass; the others are new differences in some two hundred groups, known ones, unsupported or undefined.
Memory is the peak of that process so far, Python and its libraries included.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "reports")]

from opassay.harness.model.verdicts import Record, status_of  # noqa: E402

SIZES = (1_000, 100_000, 1_000_000)
TARGETS = {"jax:jit": "jax", "tensorflow": "tensorflow", "torch": "torch"}
OPS = tuple(
    f"{name}{rank}d" for name in ("avg_pool", "conv", "dilate", "gather", "max_pool", "sum") for rank in range(4)
)
ASPECTS = ("error", "gradient", "value")
KNOWN = "torch-empty"
FAILURES = (
    ("numeric", "{n} of 4,096 elements differ; y[0,1,{n},0] is 1.25, expected 1.5 (allowed error 1.2e-7)"),
    ("rejects", "RuntimeError: size mismatch, got {n}, {n}x3\nCall stack:\n" + "  in a frame of the framework\n" * 12),
)


def records(count: int) -> Iterator[Record]:
    """``count`` made-up records in the order of the table, the same for the same ``count``."""
    rng = random.Random(count)
    cells = [(op, aspect) for op in OPS for aspect in ASPECTS]
    each, rest = divmod(-(-count // len(TARGETS)), len(cells))
    left = count
    for place, (op, aspect) in enumerate(cells):
        for number in range(each + (place < rest)):
            for target in list(TARGETS)[:left]:
                yield _record(rng, op, aspect, target, number)
                left -= 1


def _record(rng: random.Random, op: str, aspect: str, target: str, number: int) -> Record:
    n = rng.randrange(1, 65)
    dtype = ("float32", "float64", "bfloat16")[number % 3]
    shapes = f"1x{n}x{n}x{number % 7 + 1};3x3x{number % 7 + 1}x4"
    outcome = _outcome(rng, op, target, n)
    numbers: dict[str, Any] = dict.fromkeys(
        ("rho", "max_abs_error", "max_ulp", "bad_elements", "free_elements", "free_by_bound")
    )
    if outcome["verdict"] == "pass":
        rho = rng.random() ** 3
        numbers.update(
            rho=rho, max_abs_error=rho * 1e-6, max_ulp=4 * rho, bad_elements=0, free_elements=0, free_by_bound=0
        )
    texts: dict[str, Any] = dict.fromkeys(
        (
            "choice",
            "worst_index",
            "error_type",
            "cause",
            "explained_by",
            "confirmed",
            "message",
            "known",
            "owner",
            "version_untested",
        ),
        "",
    )
    return Record(
        **{
            "status": status_of(outcome["verdict"], outcome.get("known", ""), ""),
            **texts,
            **numbers,
            **outcome,
            "case_id": f"{_case_id(op, aspect, number):016x}",
            "op": op,
            "aspect": aspect,
            "target": target,
            "adapter": TARGETS[target],
            "mode": "eager",
            "device": "cpu",
            "executor": "ATen",
            "framework_version": "2.13.0",
            "dtype": f"{dtype};{dtype}",
            "fill": "normal;ints",
            "memory": "contiguous;contiguous",
            "shapes": shapes,
            "attrs": f'{{"padding":"SAME","stride":[{number % 3 + 1},2]}}',
            "elements": 4096,
            "number": number,
            "seconds": rng.random() / 100,
            "case": _case(rng, op, aspect, shapes),
        }
    )


def _case_id(op: str, aspect: str, number: int) -> int:
    """An id that looks like a digest: the same for all targets of a case."""
    return (OPS.index(op) * 3 + ASPECTS.index(aspect) + number * 977) * 0x9E3779B97F4A7C15 % 2**64


def _outcome(rng: random.Random, op: str, target: str, n: int) -> dict[str, Any]:
    roll = rng.random()
    if roll < 0.94:
        return {"verdict": "pass"}
    if roll < 0.96:
        return {"verdict": "unsupported", "message": f"{target} declares no {op} of this dtype"}
    if roll < 0.965:
        return {"verdict": "undefined"}
    if target == "torch" and roll < 0.985:
        return {"verdict": "rejects", "known": KNOWN, "message": f"non-empty batch expected, got {n}"}
    if OPS.index(op) % 2:
        return {"verdict": "pass"}
    verdict, message = FAILURES[n % 2]
    return {"verdict": verdict, "message": message.format(n=n), "confirmed": "yes"}


def _case(rng: random.Random, op: str, aspect: str, shapes: str) -> str:
    """A replayable case is some hundred bytes of JSON (programs have KBs), no two alike."""
    seeds = [rng.getrandbits(64) for _ in range(rng.randrange(8, 40))]
    return json.dumps({"op": op, "aspect": aspect, "shapes": shapes, "seeds": seeds}, separators=(",", ":"))


def described(count: int) -> dict[str, Any]:
    """The ``run.json`` of ``count`` records."""
    from records import known, run, target

    planned: dict[tuple[str, str], int] = {}
    each, rest = divmod(-(-count // len(TARGETS)), len(OPS) * len(ASPECTS))
    for place, cell in enumerate((op, aspect) for op in OPS for aspect in ASPECTS):
        planned[cell] = each + (place < rest)
    shards = [
        {"op": op, "aspect": aspect, "target": name, "planned": cases, "absent": False}
        for (op, aspect), cases in planned.items()
        for name in TARGETS
    ]
    told: dict[str, Any] = run(shards, targets={t: target(a) for t, a in TARGETS.items()}, known=[known(id=KNOWN)])
    return told


def measure(count: int) -> dict[str, float]:
    """One size, in this process: seconds, peak GiB, and the sizes of the files in MB."""
    from opassay.reports.data.table import write_sorted
    from opassay.reports.render.pages import write_pages

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "run.json").write_text(json.dumps(described(count)), encoding="utf-8")
        clock = time.perf_counter()
        for _ in records(count):
            pass
        made = time.perf_counter() - clock
        clock = time.perf_counter()
        write_sorted(records(count), folder)
        table = time.perf_counter() - clock - made
        clock = time.perf_counter()
        write_pages(folder)
        pages = time.perf_counter() - clock
        peak = _peak()
        clock = time.perf_counter()
        diff_of(folder)
        diff = time.perf_counter() - clock
        sizes = {path.name: path.stat().st_size / 1e6 for path in folder.iterdir()}
    times = {"making": made, "table": table, "pages": pages, "diff": diff}
    return {"rows": count, **times, "peak": peak, "diff_peak": _peak(), **sizes}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def diff_of(folder: Path) -> None:
    from opassay.reports.data.run_file import read_run
    from opassay.reports.data.stored_table import read_for_pages
    from opassay.reports.render.diff_text import html_diff
    from opassay.reports.sections.diff import compare

    run = read_run(folder)
    (folder / "diff.html").write_text(html_diff(compare(read_for_pages(folder), run, read_for_pages(folder), run)))


def main(sizes: list[int]) -> None:
    print(
        f"{'rows':>9} {'table s':>8} {'pages s':>8} {'peak GiB':>9} {'csv MB':>8} {'parquet MB':>11} {'page MB':>8} "
        f"{'diff s':>7} {'peak GiB':>9}"
    )
    for count in sizes:
        done = subprocess.run([sys.executable, __file__, "--one", str(count)], stdout=subprocess.PIPE, check=True)
        m = json.loads(done.stdout)
        files = (m["results.csv"], m["results.parquet"], m["report.html"])
        print(
            f"{m['rows']:>9,} {m['table']:>8.1f} {m['pages']:>8.1f} {m['peak']:>9.2f} "
            f"{files[0]:>8.1f} {files[1]:>11.1f} {files[2]:>8.2f} {m['diff']:>7.1f} {m['diff_peak']:>9.2f}",
            flush=True,
        )
    name = f"{count // 1_000_000}M" if count % 1_000_000 == 0 else f"{count:,}"
    print(f"report: {name} records, {m['peak']:.2f} GiB, {m['table'] + m['pages']:.0f} s, page {files[2]:.2f} MB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(int(sys.argv[2]))))
    else:
        main([int(argument) for argument in sys.argv[1:]] or list(SIZES))
