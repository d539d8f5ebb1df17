"""Every fault of ``faulty``: ``python tests/run/fault_table.py`` prints what became of each."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
if __name__ == "__main__":
    sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from opassay.harness.model.verdicts import Record  # noqa: E402 - a script finds them by the path above
from opassay.harness.plan.plan import Settings  # noqa: E402 - a script finds them by the path above
from opassay.harness.run.campaign import Campaign, Request, check_devices  # noqa: E402 - a script finds them by the path above

CRASH, HANG, FAULT = "crash", "hang", "fault"
FAULTS = {
    "segfaults": (CRASH, "SIGSEGV"),
    "aborts": (CRASH, "SIGABRT"),
    "exits": (CRASH, "exit 7"),
    "raises_system_exit": (CRASH, "exit 3"),
    "kills_itself": (CRASH, "SIGKILL"),
    "leaves_child": (CRASH, "SIGABRT"),
    "loops_in_python": (HANG, ""),
    "loops_in_native_code": (HANG, ""),
    "stops": (HANG, ""),
    "grows": (CRASH, "memory"),
    "hoards": ("pass", ""),
    "answers_hugely": ("shape", ""),
    "prints_garbage": ("pass", ""),
    "writes_on_the_wire": (CRASH, "wire"),
    "speaks_nonsense": (CRASH, "wire"),
    "closes_descriptors": (CRASH, "closed its output"),
    "returns_none": (FAULT, "TypeError"),
    "returns_objects": (FAULT, "TypeError"),
    "returns_ragged": (FAULT, "TypeError"),
    "returns_two": ("shape", ""),
    "raises_unprintable": ("rejects", "Unprintable"),
    "raises_unstorable": ("rejects", "ValueError"),
    "computes_elsewhere": ("fallback", ""),
    "loses_its_device": (CRASH, "device lost"),
    "loses_its_device_to_all": (CRASH, "device lost"),
}
"""Mode of the faulty adapter: verdict and ``error_type`` of the cases it spoils."""

UNSTARTED = {
    "CannotStart": "cannot_start",
    "DiesAtStart": "dies_at_start",
    "GreetsWithNonsense": "greets_with_nonsense",
}
"""Class: name of the adapters whose workers never say a proper hello."""

CASES = 2
LIMIT = 2**29


@dataclass(frozen=True)
class Told:
    """What a run says of one target: its records, how many are missing, its state at the end."""

    target: str
    records: tuple[Record, ...]
    lost: int
    state: str

    @property
    def spoilt(self) -> Counter[tuple[str, str]]:
        return Counter((r.verdict, r.error_type) for r in self.records if r.dtype.startswith("int32"))

    @property
    def sound(self) -> Counter[str]:
        return Counter(r.verdict for r in self.records if not r.dtype.startswith("int32"))


def run_all() -> list[Told]:
    """Hangs under a short limit; beside them whatever else, under one that a busy machine does not reach either."""
    hangs = [mode for mode, (verdict, _) in FAULTS.items() if verdict == HANG]
    others = ["sound", *(mode for mode in FAULTS if mode not in hangs)]
    return [*_run(others, list(UNSTARTED), 60), *_run(hangs, [], 1.5)]


def _run(modes: list[str], unstarted: list[str], timeout: float) -> list[Told]:
    """One campaign over all these targets at once."""
    request = Request(
        targets=[*(f"faulty:{mode}" for mode in modes), *(UNSTARTED[cls] for cls in unstarted)],
        adapters=["faulty:Faulty", *(f"faulty:{cls}" for cls in unstarted)],
        ops=["matmul"],
        aspects=["value"],
        settings=Settings(cases=CASES, timeout=timeout),
        memory=LIMIT,
    )
    campaign = Campaign(request)
    with campaign.engine() as engine:
        check_devices(engine)
        records = list(engine.run(campaign.shards))
        lanes = list(engine.lanes.values())
    (planned,) = {shard.planned(campaign.settings.fills) for shard in campaign.shards}
    return [
        _told(lane.label, tuple(r for r in records if r.target == lane.label), planned, lane.state) for lane in lanes
    ]


def _told(target: str, records: tuple[Record, ...], planned: int, state: str) -> Told:
    return Told(target.removeprefix("faulty:"), records, planned - len({(r.number, r.case_id) for r in records}), state)


def print_table(told: list[Told]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("fault", "recorded as", "other cases", "target at the end", "records lost")
    for one in told:
        spoilt = ", ".join(f"{verdict} {kind}".strip() + f" x{n}" for (verdict, kind), n in one.spoilt.items())
        sound = ", ".join(f"{verdict} x{n}" for verdict, n in one.sound.items())
        table.add_row(one.target.replace("_", " "), spoilt, sound, one.state, str(one.lost))
    Console(width=150).print(table)


if __name__ == "__main__":
    print_table(run_all())
