"""Writes and runs a standalone script for the pinned case of every known difference.

    python tests/hunt/pin_scripts.py FOLDER [ADAPTER[@DEVICE]]...

Prints one line per pin and, at the end, how many scripts show their difference in a fresh process, by framework and
aspect. Takes about ten minutes on two cores. Ends with 1 where one does not and is not listed in ``EXPECTED``.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from opassay.harness.find.registry import Registry
from opassay.harness.hunt.repro import Seen, run_script, script_text
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact
from opassay.harness.model.target import Target
from opassay.harness.plan.plan import Item
from opassay.harness.run.campaign import Campaign, Request
from opassay.harness.run.pins import concerned

EXPECTED: dict[str, str] = {}
"""Pins whose script does not show the difference, and why."""


@dataclass(frozen=True)
class Pinned:
    """A known difference in the mode in which its pin was asked, and what the target did with it there."""

    adapter: str
    known: Fact
    pin: Case
    seen: Seen


def pins(adapter: str, only: Sequence[str] = (), device: str = "cpu") -> Iterator[Pinned]:
    """Every pinned case of an adapter (or those of ``only``) that this machine can show, asked in a worker."""
    registry = Registry()
    entries = [known for known in registry.known(adapter) if not only or known.id in only]
    default = registry.adapter(adapter).modes[0]
    for mode in sorted({known.modes[0] if known.modes else default for known in entries}):
        chosen = [known for known in entries if (known.modes[0] if known.modes else default) == mode]
        target = Target(adapter, mode, device)
        campaign = Campaign(
            Request(targets=[str(target)], ops=sorted({pin.op for known in chosen for pin in known.pins}))
        )
        ops = {op.name: op for op in campaign.ops}
        with campaign.engine() as engine:
            engine.wait_ready()
            (lane,) = engine.lanes.values()
            all_pins = ((known, pin) for known in chosen for pin in known.pins)
            for known, pin in (pair for pair in all_pins if concerned(lane, *pair)):
                item = Item(0, pin, "nondeterministic" in known.verdicts)
                ((_, outcome, judgement),) = engine.ask(ops[pin.op], item)
                seen = Seen(
                    judgement.verdict,
                    judgement.message,
                    outcome,
                    mode,
                    device=device,
                    version=str(lane.hello["version"]),
                    rules=lane.rules,
                    settings=dict(lane.hello["settings"]),
                )
                yield Pinned(adapter, known, pin, seen)


def write(pinned: Pinned, folder: Path) -> Path:
    registry = Registry()
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"repro_{pinned.adapter}.py"
    text, _ = script_text(pinned.adapter, pinned.pin, registry.op(pinned.pin.op), pinned.seen, registry)
    file.write_text(text, encoding="utf-8")
    return file


def main(folder: Path, adapters: Sequence[str]) -> int:
    shown, all_of, surprises = Counter[str](), Counter[str](), 0
    for asked in adapters:
        adapter, _, device = asked.partition("@")
        for pinned in list(pins(adapter, device=device or "cpu")):
            found = run_script(write(pinned, folder / f"{pinned.known.id}-{pinned.pin.id}"))
            key = f"{adapter} {pinned.pin.aspect}"
            all_of[key] += 1
            shown[key] += found.reproduces
            surprises += not found.reproduces and pinned.known.id not in EXPECTED
            state = "shows it" if found.reproduces else f"DOES NOT, exit status {found.exit_status}"
            print(f"{pinned.known.id} ({pinned.seen.verdict}): {state}", flush=True)
    for key, count in sorted(all_of.items()):
        print(f"{key}: {shown[key]} of {count} scripts show their difference in a fresh process")
    print(f"all: {sum(shown.values())} of {sum(all_of.values())}")
    return int(surprises > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:] or ("jax", "tensorflow", "torch")))
