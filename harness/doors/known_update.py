"""``opassay known update``: a baseline after a run, and what was added and dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from opassay.harness.doors.known_draft import updated
from opassay.harness.doors.known_shown import Place, Seen, Shown, place_of
from opassay.harness.doors.reporting import strange
from opassay.harness.find.bounded import too_many
from opassay.harness.find.found import family
from opassay.harness.find.registry import Registry, UsageError
from opassay.harness.model.baseline import PREFIX, Key, Line
from opassay.harness.model.case import Case
from opassay.harness.model.fact import apart
from opassay.harness.model.messages import signature
from opassay.harness.model.processors import kind_of
from opassay.harness.model.verdicts import FAILING, UNANSWERED
from opassay.harness.store.baseline import in_order, read_baseline, write_baseline
from opassay.harness.store.files import FileError

DEFAULT = Path("opassay-baseline.jsonl")

_COLUMNS = (
    *("adapter", "op", "aspect", "target", "mode", "device", "framework_version"),
    *("verdict", "known", "cause", "message", "case_id", "case"),
)
Row = Mapping[str, Any]
Asked = tuple[str, str, str]
"""An adapter, a mode, and the id of a case."""


def known_update_command(folder: Path, baseline: Path, adapters: Sequence[str]) -> int:
    """Update the file ``baseline`` from the run in ``folder``; print what changed."""
    old = read_baseline(baseline) if baseline.exists() else ()
    try:
        shown = read_shown(folder, old, _shipped(Registry(adapters), old))
        new = in_order(updated(old, shown, family))
    except (UsageError, ValueError) as error:
        raise UsageError(str(error)) from None
    except Exception as error:
        raise strange(error) from None
    try:
        write_baseline(baseline, new)
    except FileError as error:
        raise UsageError(f"{error}; what was in it is still there") from None
    for line in _told(old, new, baseline):
        print(line)
    return 0


def _shipped(registry: Registry, old: Sequence[Line]) -> frozenset[str]:
    """The ids of the lines that adapters ship with, except those in the updated file."""
    files = [path for name in registry.adapters if (path := registry.baseline(name)) is not None]
    return frozenset(line.id for path in files for line in read_baseline(path)) - {line.id for line in old}


def read_shown(folder: Path, old: Sequence[Line], shipped: Collection[str]) -> Shown:
    """What the run in ``folder`` shows. Raises ``ValueError`` for a folder that holds no run."""
    from opassay.reports.data.run_file import read_run

    differences: dict[tuple[Key, str], Seen] = {}
    answered: dict[Asked, Key | None] = {}
    pins = {line.pin.id for line in old}
    for row in _rows(folder):
        shows = None
        if row["verdict"] in FAILING and _open(row["known"], shipped):
            shows = _note(differences, row)
        if row["case_id"] in pins and row["verdict"] not in UNANSWERED:
            answered[row["adapter"], row["mode"], row["case_id"]] = shows
    places = {place_of(key, mode) for (key, mode) in differences if not key.cause}
    run = read_run(folder)
    kinds = _kinds(run)
    return Shown(differences, _passing(folder, places), Gone(run, answered, kinds), kinds)


def _kinds(run: Row) -> dict[tuple[str, str], str]:
    """By adapter and mode, the kind of processor that a target on the CPU ran as."""
    flags = run["machine"].get("cpu", {}).get("flags", "").split()
    return {
        (target["adapter"], target["mode"]): kind_of(flags, target.get("settings", {}))
        for target in run["targets"].values()
    }


def _open(known: str, shipped: Collection[str]) -> bool:
    """Whether only lines of the updated baseline, or nothing, cover a record."""
    ids = [id for id in apart(known) if id.startswith(PREFIX)]
    return not known or bool(ids and not set(ids) <= set(shipped))


def _note(differences: dict[tuple[Key, str], Seen], row: Row) -> Key:
    case = Case.loads(row["case"])
    said = "" if row["cause"] else signature(row["verdict"], row["message"])
    device = row["device"].partition(":")[0]
    key = Key(row["adapter"], row["op"], row["aspect"], case.rule, row["verdict"], device, row["cause"], said)
    if too_many(case):
        return key
    seen = differences.setdefault((key, row["mode"]), Seen())
    seen.cases[case.id] = case
    # Builds of a version are one version, as for facts.
    seen.versions |= {version for version in [row["framework_version"].partition("+")[0]] if version}
    return key


def _passing(folder: Path, places: Collection[Place]) -> dict[Place, list[Case]]:
    """The passing cases, by where they were asked."""
    found: dict[Place, list[Case]] = {place: [] for place in places}
    for row in _rows(folder) if places else ():
        place = row["adapter"], row["op"], row["aspect"], row["device"].partition(":")[0], row["mode"]
        if row["verdict"] == "pass" and place in found:
            found[place].append(Case.loads(row["case"]))
    return found


def _rows(folder: Path) -> Iterator[Row]:
    from opassay.reports.data.stored_table import read_for_pages

    for batch in read_for_pages(folder).batches(_COLUMNS):
        yield from batch.to_pylist()


class Gone:
    """Whether a run has seen that a line's pin no longer shows it: the run asked the pin, or had it among its cases.

    A run on a kind of processor that the line does not name has not.
    """

    def __init__(self, run: Row, answered: Mapping[Asked, Key | None], kinds: Mapping[tuple[str, str], str]) -> None:
        self._kinds = kinds
        self._pins = {(row["adapter"], row["id"]): row.get("pins", {}) for row in run["known"]}
        self._targets, self._answered = run["targets"], answered

    def __call__(self, line: Line, mode: str) -> bool:
        if line.processors and self._kinds.get((line.adapter, mode)) not in line.processors:
            return False
        told = self._pins.get((line.adapter, line.id), {}).get(line.pin.id, {})
        here = [shows for label, shows in told.items() if self._is(label, line, mode)]
        if here:
            return not any(here)
        return (line.adapter, mode, line.pin.id) in self._answered and not self._answered[
            line.adapter, mode, line.pin.id
        ]

    def _is(self, label: str, line: Line, mode: str) -> bool:
        target = self._targets.get(label, {})
        return target.get("mode") == mode and str(target.get("device", "")).partition(":")[0] == line.device


def _told(old: Sequence[Line], new: Sequence[Line], path: Path) -> Iterator[str]:
    """A line per addition and removal, and the number of lines in the file."""
    before, after = ({line.id: line for line in lines} for lines in (old, new))
    yield from (f"- {summary(line)}" for id, line in before.items() if id not in after)
    yield from (f"+ {summary(line)}" for id, line in after.items() if id not in before)
    changed = sum(id in before and before[id] != line for id, line in after.items())
    added, dropped = len(after.keys() - before.keys()), len(before.keys() - after.keys())
    yield f"{path}: {len(after)} lines; {added} added, {dropped} dropped, {changed} changed"
    waiting = Counter(line.verdict for line in new if line.covers_nothing)
    if waiting:
        told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(waiting.items()))
        yield f"these cover nothing until somebody is written into them as owner: {told}"


def summary(line: Line) -> str:
    """A line of the baseline in words: id, where, what, and how often it was seen."""
    where = f"{line.adapter}:{','.join(sorted(line.modes))} {','.join(line.ops)} {line.aspect}"
    said = line.reason or line.cause or line.message
    return f"{line.id}  {where} {line.rule or ''}{' ' if line.rule else ''}{line.verdict}, {line.count} records: {said}"
