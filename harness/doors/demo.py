"""``opassay demo``: plants a mistake in a framework's convolution and finds it.

It does what a user would: writes an adapter with the mistake into a folder, and calls ``opassay run``.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opassay.harness.doors.commands import run_command
from opassay.harness.doors.scaffold import rendered
from opassay.harness.find.registry import AdapterEntry, Registry, UsageError
from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Request

PACKAGE = "opassay_demo"
PLANTED = "planted"
OP = "conv2d"
SIZE = Settings(cases=20, fills=1)
"""One fill, whose sums are exact: the mistake is then one finding with one verdict."""
REPORT = Path("opassay-report")
NUMPY = AdapterEntry("numpy", f"{PACKAGE}.honest:NumPyAdapter", ("eager",))


@dataclass(frozen=True)
class Demo:
    """The original target, and the files and names from which the planted one is made."""

    honest: AdapterEntry

    @property
    def files(self) -> dict[str, str]:
        files = {"__init__.py": "", "adapter.py": "demo_adapter.py"}
        files |= {"known.py": "demo_known.py"} if self.honest.known else {}
        return files | ({"honest.py": "demo_numpy.py"} if self.honest is NUMPY else {})

    @property
    def names(self) -> Mapping[str, str]:
        module, _, cls = self.honest.location.partition(":")
        title = "A convolution in NumPy" if self.honest is NUMPY else f"opassay's adapter of {self.honest.name}"
        mode, known = self.honest.modes[0], self.honest.known
        return {"title": title, "module": module, "cls": cls, "name": self.honest.name, "mode": mode, "known": known}

    @property
    def adapters(self) -> list[str]:
        own = [self.honest.location] if self.honest is NUMPY else []
        return [*own, f"{PACKAGE}.adapter:Planted"]

    @property
    def words(self) -> list[str]:
        """The command line of the run."""
        words = ["opassay", "run", *(w for adapter in self.adapters for w in ("--adapter", adapter))]
        words += ["--target", self.honest.name, "--target", PLANTED]
        return [*words, "--op", OP, "--aspect", "value", "--cases", str(SIZE.cases), "--fills", str(SIZE.fills)]


def demo_command(target: str, out: Path) -> int:
    """Status 0: the mistake was found and nothing else; 1: it was not; 3: a fault."""
    demo = Demo(_chosen(target))
    written = _write(demo, out)
    command = shlex.join(demo.words)
    print(f"{OP} of {demo.honest.name}, and the same with a mistake planted in it: SAME padding that puts the odd row")
    print(f"and column at the beginning instead of the end. It stands in {written}.")
    print()
    print(f"cd {shlex.quote(str(out))}", command, sep="\n", flush=True)
    os.chdir(out)
    targets = [demo.honest.name, PLANTED]
    request = Request(targets, [OP], ["value"], demo.adapters, settings=SIZE, command=command)
    status = run_command(request, REPORT, resume=False, strict=False, findings=5)
    print()
    if status not in (0, 1):
        return status
    return _conclude(demo, out, command)


def _chosen(target: str) -> AdapterEntry:
    """The named framework, or the first one that is installed; NumPy without any."""
    registry = Registry()
    if target == NUMPY.name:
        return NUMPY
    if target:
        return registry.adapter(registry.target(target).adapter)
    return next(iter(registry.installed()), NUMPY)


def _write(demo: Demo, out: Path) -> Path:
    """The package with the planted adapter. A file that was edited is not overwritten."""
    texts = {out / PACKAGE / name: rendered(template, demo.names) for name, template in demo.files.items()}
    for path, text in texts.items():
        if path.exists() and path.read_text(encoding="utf-8") != text:
            raise UsageError(f"{path} exists and holds something else; remove {out} or choose another --out")
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"cannot write {str(error.filename)!r}: {error.strerror}") from None
    return out / PACKAGE / "adapter.py"


def _conclude(demo: Demo, out: Path, command: str) -> int:
    from opassay.reports.data.run_file import read_run
    from opassay.reports.data.stored_table import read_for_pages
    from opassay.reports.sections.summarise import summarise

    summary = summarise(read_for_pages(REPORT), read_run(REPORT))
    cells = {cell.target: cell for cell in summary.cells}
    honest, planted = cells[demo.honest.name], cells[PLANTED]
    found = [f for f in summary.run["findings"] if f["targets"] == [PLANTED]]
    print("What you saw:")
    told = f"{honest.new} new differences" if honest.new else "no new difference"
    print(f"  {honest.target}: {honest.judged} answers judged, {told}")
    print(f"  {planted.target}: {planted.judged} answers judged, {planted.new} of them wrong; {_cause(found)}")
    print(f"Open {out / REPORT / 'report.html'}")
    if not found or honest.new or not honest.judged:
        print("That is not what the demo is to show, which is the planted mistake alone.")
        return 1
    print("The run itself ends with status 1, as every run that finds something new; the demo ends with 0.")
    print(f"Mend the line marked MISTAKE in {out / PACKAGE / 'adapter.py'} and, in {out}, run it again:")
    print(f"  {command}")
    return 0


def _cause(found: Sequence[Mapping[str, Any]]) -> str:
    if not found:
        return "no finding came of it"
    first = found[0]
    cause = first["explained_by"] or "its cause was not recognised"
    return f"smallest case of {first['elements']} elements in findings/{first['id']}: {cause}"
