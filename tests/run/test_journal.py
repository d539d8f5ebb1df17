"""A journal cut at any byte is gone on from: to the same files, and without asking what was answered."""

from __future__ import annotations

import csv
import json
import os
import sys
from pathlib import Path

import pytest

from opassay.harness.find.registry import UsageError
from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Campaign, Request, check_devices
from opassay.harness.run.process import WorkerProcess
from opassay.harness.run.run import Run
from opassay.harness.store import journal as journal_module
from opassay.harness.store.files import FileError, replace_file
from opassay.harness.store.journal import Journal, JournalError, read_header, read_records
from opassay.reports.data.table import write_sorted

sys.path.insert(0, str(Path(__file__).parent))


class Bench:
    """One campaign whose workers live on while it is run into many folders. ``asked``: cases sent for the last one."""

    def __init__(self, engine, campaign, patch):
        self.engine, self.campaign, self.asked = engine, campaign, 0
        send = WorkerProcess.send

        def counting(process, message):
            self.asked += len(message["cases"])
            send(process, message)

        patch.setattr(WorkerProcess, "send", counting)

    def run(self, folder, resume=False):
        """The rows of results.csv, all but ``seconds``, and run.json."""
        self.asked = 0
        run = Run(self.campaign, folder, resume)
        list(run.execute(self.engine))
        described = run.describe(self.engine)
        run.journal.close()
        write_sorted(run.journal.sorted_records(), folder)
        return rows(folder), described


def rows(folder):
    """All but ``seconds``: a clock reads otherwise each time."""
    with (folder / "results.csv").open(newline="", encoding="utf-8") as stream:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(stream)]


@pytest.fixture(scope="module")
def bench():
    request = Request(["honest"], ["scatter_nd"], ["value"], ["planted:Honest"], settings=Settings(cases=4))
    campaign = Campaign(request)
    with campaign.engine() as engine, pytest.MonkeyPatch.context() as patch:
        check_devices(engine)
        yield Bench(engine, campaign, patch)


@pytest.fixture(scope="module")
def whole(bench, tmp_path_factory):
    """An uninterrupted run: its journal, the rows of its table, its run.json."""
    folder = tmp_path_factory.mktemp("whole")
    table, described = bench.run(folder)
    assert len(table) >= 3
    return (folder / "journal.jsonl").read_bytes(), table, described


def resumed(bench, folder, left):
    (folder / "journal.jsonl").write_bytes(left)
    return bench.run(folder, resume=True)


STEP = 199
"""Bytes between two cuts of the last but one record and the one before at which a run is gone on with."""


def test_cut_at_every_byte_of_its_last_three_records(whole, tmp_path):
    """What is whole is read, and the journal is ready for the next line."""
    data, _, _ = whole
    lines = data.splitlines(keepends=True)
    records = list(read_records(_written(tmp_path, data)))
    for end in range(sum(map(len, lines[:-3])), len(data) + 1):
        left = data[:end]
        assert list(read_records(_written(tmp_path, left))) == records[: left.count(b"\n") - 1], end


@pytest.mark.slow
def test_gone_on_with_after_many_bytes_of_its_last_records(bench, whole, tmp_path):
    data, table, described = whole
    lines = data.splitlines(keepends=True)
    before, last = (sum(map(len, lines[:-count])) for count in (3, 1))
    between = before + len(lines[-3])
    for end in (
        *range(before, last, STEP),
        between - 1,
        between,
        between + 1,
        last - 1,
        *range(last, len(data), 7),
        len(data) - 1,
        len(data),
    ):
        left = data[:end]
        again = resumed(bench, tmp_path, left)
        assert again == (table, described), end
        assert bench.asked == len(table) - (left.count(b"\n") - 1), end
        assert (tmp_path / "journal.jsonl").read_bytes().startswith(left[: left.rfind(b"\n") + 1])


def _written(folder, data):
    path = folder / "journal.jsonl"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("end", [0, 1, 40, "header without its newline", "header"])
def test_cut_in_or_after_its_header(bench, whole, tmp_path, end):
    data, table, described = whole
    header = data.index(b"\n") + 1
    left = data[: {"header": header, "header without its newline": header - 1}.get(end, end)]
    assert resumed(bench, tmp_path, left) == (table, described)
    pins = sum(int(row["number"]) < 0 for row in table)
    assert bench.asked == len(table) + pins, "a pin is asked once more, in a fresh worker"


def test_a_line_torn_in_the_middle_of_a_character(bench, whole, tmp_path):
    data, table, described = whole
    torn = '{"case_id":"…'.encode()[:-1]
    assert resumed(bench, tmp_path, data + torn) == (table, described)
    assert (bench.asked, (tmp_path / "journal.jsonl").read_bytes()) == (0, data)


def test_a_whole_journal_asks_nothing(bench, whole, tmp_path):
    data, table, described = whole
    assert resumed(bench, tmp_path, data) == (table, described)
    assert bench.asked == 0


IDENTITY = {"seed": 0}


@pytest.fixture
def record(whole, tmp_path):
    (tmp_path / "journal.jsonl").write_bytes(whole[0])
    return next(read_records(tmp_path / "journal.jsonl"))


def test_two_runs_never_write_one_journal(tmp_path, record):
    first = Journal(tmp_path, IDENTITY)
    first.add(record)
    for resume in (False, True):
        with pytest.raises(JournalError, match="another opassay writes it now"):
            Journal(tmp_path, IDENTITY, resume)
    assert list(first.records()) == [record]
    first.close()
    Journal(tmp_path, IDENTITY, resume=True).close()


def test_a_disk_that_takes_half_a_line_leaves_whole_records(tmp_path, record, monkeypatch):
    journal, write, left = Journal(tmp_path, IDENTITY), os.write, [300]

    def full(descriptor, data):
        if not left[0]:
            raise OSError(28, "No space left on device")
        taken = min(len(data), left[0])
        left[0] -= taken
        return write(descriptor, data[:taken])

    journal.add(record)
    monkeypatch.setattr(journal_module.os, "write", full)
    with pytest.raises(FileError, match=r"cannot write .*journal.jsonl: No space left on device"):
        journal.add(record)
    monkeypatch.undo()
    journal.close()
    assert list(read_records(journal.path)) == [record]
    again = Journal(tmp_path, IDENTITY, resume=True)
    again.add(record)
    again.close()
    assert list(read_records(journal.path)) == [record, record]


def test_a_journal_that_is_removed_meanwhile_is_noticed_at_the_next_record(tmp_path, record):
    journal = Journal(tmp_path, IDENTITY)
    journal.path.unlink()
    with pytest.raises(FileError, match="was removed while the run wrote to it"):
        journal.add(record)
    journal.close()


@pytest.mark.parametrize("place", ["/dev/full", "folder"])
def test_an_unwritable_journal_is_one_line(tmp_path, bench, place):
    target = tmp_path / "journal.jsonl"
    target.mkdir() if place == "folder" else target.symlink_to(place)
    with pytest.raises(UsageError, match=r"^cannot write .*journal.jsonl: [A-Z][a-z ]+$"):
        Run(bench.campaign, tmp_path)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "run.json"
    replace_file(path, b"old")

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("opassay.harness.store.files.os.replace", killed)
    with pytest.raises(KeyboardInterrupt):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"


def changed(**columns):
    """A change of the second line: one record."""

    def change(data):
        header, line, *_ = data.splitlines(keepends=True)
        return header + line + json.dumps(json.loads(line) | columns).encode() + b"\n"

    return change


HOSTILE = {
    "deep": lambda data: b"[" * 10**5 + b"\n",
    "deep in a record": lambda data: data + b'{"case_id":' * 900 + b"0" + b"}" * 900 + b"\n",
    "a list": lambda data: b"[]\n",
    "text": lambda data: b'"run"\n',
    "not UTF-8": lambda data: data + b'{"case_id":"\xff"}\n',
    "NUL": lambda data: data + b"\0\n",
    "NaN": lambda data: data + b'{"run":NaN}\n',
    "one key twice": lambda data: b'{"run":{},"run":{}}\n',
    "endless line": lambda data: data + b" " * (journal_module.LINE_LIMIT + 1),
    "no header": lambda data: b'{"__class__":"os.system"}\n',
    "a million digits": lambda data: data + b'{"number":' + b"9" * 10**6 + b"}\n",
    "a huge number": changed(number=10**30),
    "a number as text": changed(number="1"),
    "a truth as a number": changed(elements=True),
    "text as a float": changed(rho={"float": "__import__('os')"}),
    "a float of no text": changed(rho={"float": []}),
    "an object as text": changed(op={"__class__": "str"}),
    "an unknown verdict": changed(verdict="great"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_journal_is_refused_in_one_line(tmp_path, whole, kind):
    path = tmp_path / "journal.jsonl"
    path.write_bytes(HOSTILE[kind](whole[0]))
    with pytest.raises(JournalError) as caught:
        read_header(path)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 500
