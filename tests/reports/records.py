"""Made-up records and runs for the tests of the reports, and a whole folder to look at.

``python tests/reports/records.py FOLDER`` writes a table, its ``run.json`` and every page.
"""

from __future__ import annotations

import json
import math
import random
import sys
from pathlib import Path
from typing import Any

from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.verdicts import Record, status_of

HOSTILE = (
    '<script>alert("x")</script> & </pre><img src=x onerror=alert(1)> \x1b[31mred\x00 \u202e ]]> [bold]tag[/bold] é 𝛻'
)


def record(**changes: Any) -> Record:
    """A passing record; ``changes`` replace its fields."""
    plain: dict[str, Any] = {
        "case_id": "0123456789abcdef",
        "op": "conv2d",
        "aspect": "value",
        "target": "torch",
        "adapter": "torch",
        "mode": "eager",
        "device": "cpu",
        "executor": "ATen",
        "framework_version": "2.13.0",
        "dtype": "float32;float32",
        "fill": "ints;ints",
        "memory": "contiguous;contiguous",
        "shapes": "1x4x4x1;2x2x1x1",
        "attrs": '{"stride":[2,2]}',
        "verdict": "pass",
        "known": "",
        "owner": "",
        "version_untested": "",
        "choice": "",
        "rho": 0.0,
        "max_abs_error": 0.0,
        "max_ulp": 0.0,
        "bad_elements": 0,
        "elements": 4,
        "free_elements": 0,
        "free_by_bound": 0,
        "worst_index": "",
        "error_type": "",
        "message": "",
        "cause": "",
        "explained_by": "",
        "confirmed": "",
        "number": 0,
        "seconds": 0.001,
        "case": "{}",
    }
    row = {**plain, **changes}
    row.setdefault("status", status_of(row["verdict"], row["known"], row["version_untested"]))
    return Record(**row)


def shard(op: str = "conv2d", target: str = "torch", planned: int = 1, **more: Any) -> dict[str, Any]:
    return {"op": op, "aspect": "value", "target": target, "planned": planned, "absent": False, **more}


def target(adapter: str = "torch", state: str = "ready", **more: Any) -> dict[str, Any]:
    plain = {"adapter": adapter, "mode": "eager", "device": "cpu", "version": "2.13.0", "origin": f"{adapter}.py"}
    return {**plain, "executor": "ATen", "settings": {"threads": "1"}, "state": state, "ops": ["conv2d"], **more}


def known(**more: Any) -> dict[str, Any]:
    plain = {"id": "torch-empty", "adapter": "torch", "op": "conv2d", "aspect": "value", "verdict": "rejects"}
    told = {"owner": "upstream", "reason": "An empty batch is refused.", "url": "", "title": "", "versions": "2.13"}
    return {**plain, **told, "failed": 1, "passed": 0, "pin": "fails", **more}


def run(shards: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    plain = {"opassay": "0.1.0", "command": "opassay run", "seed": 0, "cases": 100, "fills": 2, "status": "finished"}
    rest = {"targets": {"torch": target()}, "known": [], "machine": {"python": "3.11", "cores": 2}, "warnings": []}
    return {**plain, **rest, "shards": shards, **more}


OPS = ("avg_pool2d", "conv2d", "conv2d_transpose", "matmul", "max_pool2d_with_argmax", "relu", "scatter_nd")
TARGETS = {
    "jax:jit": target("jax", version="0.10.2", executor="XLA:CPU", mode="jit"),
    "tensorflow": target("tensorflow", version="2.21.0", executor=""),
    "tensorflow:dynamic": target("tensorflow", version="2.21.0", executor="", mode="dynamic"),
    "tensorflow:xla": target("tensorflow", version="2.21.0", executor="XLA", mode="xla"),
    "torch": target(),
    "torch:compile": target(mode="compile"),
    "mindspore": target("mindspore", state="could not start: ModuleNotFoundError: No module named 'mindspore'"),
}
_VERDICTS = ("numeric", "structural", "rejects", "special", "crash", "hang", "accepts", "shape", "nondeterministic")
_MESSAGES = (
    "{n} of 64 elements differ; y[0,1,{n},0] is 1.25, expected 1.5 (allowed error 1.2e-7)",
    "RuntimeError: size mismatch, got {n}, {n}x3\nCall stack:\n  frame {n}",
    HOSTILE,
    "=SUM(1;{n}) looks like a formula",
    "",
)


def realistic(seed: int = 0, per_cell: int = 30) -> tuple[list[Record], dict[str, Any]]:
    """A few thousand records with every verdict, and the run that they belong to."""
    rng = random.Random(seed)
    records, shards = [], []
    for op in OPS:
        for aspect in ("value", "gradient", "error", "shape"):
            for name in TARGETS:
                absent = (op, name) == ("max_pool2d_with_argmax", "tensorflow:xla")
                planned = 0 if absent else per_cell
                shards.append(shard(op, name, planned, aspect=aspect, absent=absent))
                if name != "mindspore":
                    records += [_random_record(rng, op, aspect, name, k) for k in range(planned - (op == "relu"))]
    link = "https://github.com/pytorch/pytorch/issues/78729"
    knowns = [
        known(id="jax-no-window", adapter="jax", owner="by design", reason="Answers an empty tensor.", failed=41),
        known(url=link, title="A title <b>with markup</b>", failed=23, passed=2),
        known(
            id="tf-flush", adapter="tensorflow", verdict="special", pin="passes", url="javascript:alert(1)", title="t"
        ),
    ]
    packages = {"numpy": "2.4.6", "hypothesis": "6.170.15", "torch": "2.13.0"}
    machine = {
        "platform": "Linux-6.1-x86_64",
        "python": "3.11.9",
        "processor": "x86_64",
        "cores": 2,
        "memory_gib": 15.6,
    }
    warning = "torch:compile was restarted 3 times: its memory grew"
    told = run(shards, targets=TARGETS, known=knowns, machine={**machine, "packages": packages}, warnings=[warning])
    return records, told


def _random_record(rng: random.Random, op: str, aspect: str, name: str, number: int) -> Record:
    n = rng.choice((1, 3, 5, 17, 64))
    dtype = rng.choice(("float32", "float32", "float16", "bfloat16", "float64"))
    dy = (Tensor((1, n, n, 3), dtype),) if aspect == "gradient" else ()
    x, w = Tensor((1, n, n, 2), dtype), Tensor((2, 2, 2, 3), dtype)
    case = Case(op, (x, w), {"stride": (number + 1, 2)}, aspect, cotangents=dy)
    common = {"case_id": case.id, "case": case.dumps(), "shapes": f"1x{n}x{n}x2;2x2x2x3", "dtype": f"{dtype};{dtype}"}
    where = {"op": op, "aspect": aspect, "target": name, "adapter": name.split(":")[0], "number": number - 2}
    judged = _random_verdict(rng, op, name, n)
    untested = "yes" if name == "tensorflow:dynamic" and judged["verdict"] in _VERDICTS else ""
    return record(**common, **where, **judged, version_untested=untested, seconds=rng.random() / 100)


def _random_verdict(rng: random.Random, op: str, name: str, n: int) -> dict[str, Any]:
    roll, troubled = rng.random(), (op in ("conv2d_transpose", "scatter_nd", "avg_pool2d"))
    if op == "matmul" and name == "jax:jit":
        return {"verdict": "unsupported", "rho": None, "message": "jit has no such dtype"}
    if roll < 0.05:
        return {"verdict": rng.choice(("unsupported", "undefined", "fallback")), "rho": None}
    if troubled and roll < 0.09:
        failing = {"verdict": rng.choice(_VERDICTS), "message": rng.choice(_MESSAGES).format(n=n), "bad_elements": n}
        return {**failing, "rho": rng.choice((math.inf, math.nan, 17.3, None)), "confirmed": "yes", "max_ulp": 3.0 * n}
    if roll < 0.14 and name.startswith("torch") and op != "relu":
        return {
            "verdict": "rejects",
            "known": "torch-empty",
            "message": f"non-empty batch expected, got {n}",
            "rho": None,
        }
    if op == "scatter_nd" and name == "tensorflow" and roll > 0.97:
        return {"verdict": "fault", "error_type": "IndexError", "message": "tuple index out of range", "rho": None}
    return {"verdict": "pass", "rho": rng.choice((0.0, rng.random() ** 3))}


def wide(ops: int = 200, targets: int = 6, families: int = 25) -> tuple[list[Record], dict[str, Any]]:
    """A record per op, aspect and target, of which a few are new, known, by design or not judged."""
    names = [f"op_of_some_length_{number}" for number in range(ops)]
    where = {f"framework{number}": target(f"framework{number}") for number in range(targets)}
    cells = [(op, aspect, name) for op in names for aspect in ("value", "gradient", "error") for name in where]
    told = [shard(op, name, aspect=aspect) for op, aspect, name in cells]
    made = [_wide_record(number, *cell) for number, cell in enumerate(cells)]
    knowns = [known(id="torch-empty", owner="upstream"), known(id="torch-zeros", owner="by design")]
    grouped = {op: f"family {number % families}" for number, op in enumerate(names)}
    return made, run(told, targets=where, known=knowns, families=grouped)


def _wide_record(number: int, op: str, aspect: str, name: str) -> Record:
    case = Case(op, (Tensor((1, 4), "float32"),), {"number": number})
    judged: dict[str, Any] = {"verdict": "pass", "rho": (number % 97) / 100}
    if number in (1_001, 2_002):
        judged = {"verdict": "numeric", "rho": 17.0, "message": f"3 of 64 elements differ; y[0,{number}] is 1.25"}
    elif number % 31 == 0:
        judged = {"verdict": "rejects", "known": ("torch-empty", "torch-zeros")[number % 2], "rho": None}
    elif number % 29 == 0:
        judged = {"verdict": "unsupported", "rho": None}
    return record(op=op, aspect=aspect, target=name, adapter="torch", case_id=case.id, case=case.dumps(), **judged)


def write_folder(folder: Path, records: list[Record], told: dict[str, Any]) -> Path:
    """A folder as ``opassay run`` leaves it, without the pages."""
    from opassay.reports.data.table import write_table

    write_table(records, folder)
    (folder / "run.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


if __name__ == "__main__":
    from opassay.reports.render.pages import write_pages

    for written in write_pages(write_folder(Path(sys.argv[1]), *realistic())):
        print(written, f"{written.stat().st_size:,} bytes")
