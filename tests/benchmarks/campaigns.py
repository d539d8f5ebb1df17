"""What a campaign costs beside its answers: ``python tests/benchmarks/campaigns.py shards|table [RECORDS]``.

``shards``: the seconds that a shard takes by its size, in one process, of which a line's constant is the overhead; what
Dask needs for a task that does nothing; and cases a second on a cluster of one and of two workers.

``table``: the made-up records of ``report_scale.py`` as a campaign's dataset (10,000,000 in shards of about 1,000 for
each of its three targets, unless told), brought into one file, made into pages and compared with itself; peak memory.
Blocks of 100,000 records are repeated with other numbers and ids, so that making them takes no longer than reading.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "reports"), str(ROOT / "tests" / "benchmarks")]

import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.compute as pc  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
import report_scale as scale  # noqa: E402

from opassay.harness.fleet.answer import Asked, Crew  # noqa: E402
from opassay.harness.fleet.place import Place  # noqa: E402
from opassay.harness.fleet.scheduler import connected  # noqa: E402
from opassay.harness.fleet.shelf import Shelf  # noqa: E402
from opassay.harness.fleet.tasks import Task, finite  # noqa: E402
from opassay.harness.plan.plan import Settings  # noqa: E402
from opassay.harness.run.campaign import Campaign, Request  # noqa: E402
from opassay.reports.data.table import arrow_of  # noqa: E402

BLOCK, SHARD = 100_000, 1_000
SIZES = (32, 64, 128, 256, 512)
OPS = ("relu", "matmul", "conv2d")


def timed(work: Callable[..., object], *given: object) -> float:
    began = time.perf_counter()
    work(*given)
    return time.perf_counter() - began


def submitted(executor: Executor, calls: Sequence[tuple[Any, ...]]) -> None:
    for future in [executor.submit(*call) for call in calls]:
        future.result()


def shards() -> None:
    request = Request(targets=["torch"], ops=OPS, aspects=["value"], settings=Settings(cases=2048))
    with tempfile.TemporaryDirectory() as folder:
        crew = Crew(Asked(request, None, 4 * 2**30, Path(folder).as_uri()))
        crew.answer(Task("relu", "value", "torch", 0, 32))
        for op in OPS:
            tasks = [Task(op, "value", "torch", 1024, 1024 + n) for n in SIZES]
            seconds = [min(timed(crew.answer, task) for _ in "ab") for task in tasks]
            each, overhead = np.polyfit(SIZES, seconds, 1)
            told = ", ".join(f"{n}: {s:.3f}" for n, s in zip(SIZES, seconds, strict=True))
            print(f"{op}: seconds by geometries: {told}; {each * 1e3:.2f} ms each, {overhead * 1e3:.0f} ms per shard")
        crew.engines.close()
        clusters(crew.campaign, Asked(request, None, 4 * 2**30, Path(folder, "cluster").as_uri()))


def clusters(campaign: Campaign, asked: Asked) -> None:
    """Rates of one and of two workers on the same shards, after each has started its framework."""
    from opassay.harness.fleet.answer import answer

    tasks = [task for task in finite(campaign, 128) if task.threads == 1]
    for count in (1, 2):
        with connected(f"local:{count}") as cluster:
            executor = cluster.executor({})
            nothing = timed(submitted, executor, [(int, 0)] * 500) / 500
            cluster.on_each(answer, dict.fromkeys(cluster.workers(), (asked, tasks[0])))
            seconds = timed(submitted, executor, [(answer, asked, task) for task in tasks])
            cases = sum(2 * (task.stop - task.start) for task in tasks)
            print(
                f"{count} workers: {cases / seconds:,.0f} cases/s; {nothing * 1e3:.2f} ms for a task of Dask",
                flush=True,
            )


def parts(count: int) -> Iterator[tuple[Task, pa.Table]]:
    """Files of a campaign of about ``count`` records."""
    block = arrow_of(scale.records(BLOCK))
    cells = list(dict.fromkeys(zip(block["op"].to_pylist(), block["aspect"].to_pylist(), strict=True)))
    for op, aspect in cells:
        for target in scale.TARGETS:
            mask = pc.and_(
                pc.and_(pc.equal(block["op"], op), pc.equal(block["aspect"], aspect)), pc.equal(block["target"], target)
            )
            own = block.filter(mask)
            each = own.num_rows
            own = pa.concat_tables([own] * -(-SHARD // each)).slice(0, SHARD)
            for number in range(-(-count // (SHARD * len(cells) * len(scale.TARGETS)))):
                yield Task(op, aspect, target, number * SHARD, (number + 1) * SHARD), _moved(own, number)


def _moved(table: pa.Table, number: int) -> pa.Table:
    numbers = pa.array(np.arange(number * SHARD, (number + 1) * SHARD))
    ids = pa.array([f"{n * 0x9E3779B97F4A7C15 % 2**64:016x}" for n in range(number * SHARD, (number + 1) * SHARD)])
    for name, values in (("number", numbers), ("case_id", ids)):
        table = table.set_column(table.schema.get_field_index(name), name, values)
    return table


def write(count: int, place: Place) -> int:
    made = 0
    for task, table in parts(count):
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd")
        place.write(task.file, sink.getvalue().to_pybytes())
        made += table.num_rows
    return made


def table(count: int) -> None:
    from opassay.reports.render.pages import write_pages

    with tempfile.TemporaryDirectory(dir=".") as name:
        folder, place = Path(name), Place(name)
        made = write(count, place)
        print(f"{made:,} records", flush=True)
        run = scale.described(made)
        (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
        stored = sum(path.stat().st_size for path in (folder / "results").rglob("*.parquet")) / 1e9
        print(f"{len(list(Shelf(place).tasks())):,} files, {stored:.2f} GB; {scale._peak():.2f} GiB so far", flush=True)
        for what, work in {
            "one file": lambda: Shelf(place).write_one(folder / "results.parquet"),
            "pages": lambda: write_pages(folder),
            "diff": lambda: scale.diff_of(folder),
        }.items():
            busy = time.process_time()
            seconds = timed(work)
            busy = time.process_time() - busy
            print(f"{what}: {seconds:,.0f} s, {busy:,.0f} of a core, peak {scale._peak():.2f} GiB", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["shards"]:
        shards()
    else:
        table(int((sys.argv[2:] or ["10000000"])[0]))
