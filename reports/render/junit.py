"""``junit.xml`` for CI dashboards: one test case per op, aspect and target."""

from __future__ import annotations

from typing import TypeVar

from junitparser import Error, Failure, JUnitXml, Properties, Property, Skipped, TestCase, TestSuite

from opassay.reports.data.text import clean, plural, shorten
from opassay.reports.sections import commands
from opassay.reports.sections.differences import Difference
from opassay.reports.sections.matrix import STATES, Cell
from opassay.reports.sections.summarise import Summary

MESSAGE_LIMIT = 1_000
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_PROPERTIES = ("planned", "judged", "passed", "new", "listed", "known", "unsupported", "undefined", "fallback", "fault")
_Result = TypeVar("_Result", Failure, Error)


def junit_xml(summary: Summary) -> str:
    """The document as text.

    ``failure``: differences that no known one covers, in tested versions. ``error``: faults, and less executed than was
    planned. ``skipped``: nothing was judged (not supported, absent, left free). Known differences pass,
    with their count as a property. A run without a single cell is one error: an empty run is never green.
    """
    document = JUnitXml("opassay")
    for target in summary.targets:
        suite = _suite(summary, target)
        if len(suite):
            document.add_testsuite(suite)
    if not len(document):
        document.add_testsuite(_nothing())
    document.update_statistics()  # type: ignore[no-untyped-call]
    body: bytes = document.tostring()  # type: ignore[no-untyped-call]
    return f"{_DECLARATION}{body.decode('utf-8')}\n"


def _suite(summary: Summary, target: str) -> TestSuite:
    suite = TestSuite(clean(target))
    info = summary.run["targets"].get(target, {})
    for name in ("version", "executor", "device", "state"):
        if info.get(name):
            suite.add_property(name, clean(str(info[name])))
    down = summary.down.get(target, "")
    cells = [cell for cell in summary.cells if cell.target == target]
    if down and not any(cell.recorded for cell in cells):
        # One cause is one error, whatever was planned.
        suite.add_testcase(_failed_start(target, down))
        return suite
    # Incremental totals would count all earlier ones again.
    suite.add_testcases([_testcase(cell, summary, down) for cell in cells])
    return suite


def _testcase(cell: Cell, summary: Summary, down: str) -> TestCase:
    case = TestCase(clean(cell.target), clean(f"{cell.op}.{cell.aspect}"), round(cell.seconds, 3))
    results = [*_failures(cell, summary), *_errors(cell, summary, down)]
    if not results and not cell.judged:
        results = [Skipped(clean(_why_skipped(cell)))]
    case.result = results
    properties = Properties()  # type: ignore[no-untyped-call]
    for name in _PROPERTIES:
        properties.add_property(Property(name, str(getattr(cell, name))))
    case.append(properties)  # type: ignore[no-untyped-call]
    return case


def _failures(cell: Cell, summary: Summary) -> list[Failure]:
    if not cell.new:
        return []
    message = f"{plural(cell.new, 'new difference')}, {cell.ran}; first cases: {', '.join(cell.new_cases)}"
    return [_result(Failure(clean(message), "difference"), cell, summary, "new")]


def _errors(cell: Cell, summary: Summary, down: str) -> list[Error]:
    out = []
    if cell.fault:
        message = f"{plural(cell.fault, 'fault')}, {cell.ran}; first cases: {', '.join(cell.fault_cases)}"
        out.append(_result(Error(clean(message), "fault"), cell, summary, "fault"))
    if cell.missing:
        why = f"; {down}" if down else ""
        message = f"{cell.recorded:,} of {cell.planned:,} planned records are there{why}"
        out.append(Error(clean(message), "incomplete"))
    return out


def _result(result: _Result, cell: Cell, summary: Summary, kind: str) -> _Result:
    key = (cell.op, cell.aspect, cell.target, kind)
    groups = [d for d in summary.differences if (d.op, d.aspect, d.target, d.kind) == key]
    result.text = clean("\n\n".join(_describe(d, summary) for d in groups))
    return result


def _describe(d: Difference, summary: Summary) -> str:
    again = commands.replay(summary.run, d.case_id, d.target)
    head = f"{d.verdict} ({d.meaning}), {plural(d.count, 'record')}; smallest case: {again}"
    return f"{head}\n{shorten(str(d.example['message']), MESSAGE_LIMIT)}"


def _why_skipped(cell: Cell) -> str:
    counts = ((cell.unsupported, "unsupported"), (cell.undefined, "undefined"), (cell.fallback, "fallback"))
    parts = [f"{count:,} {name}" for count, name in counts if count]
    return f"{STATES[cell.state]}; {cell.ran}" + (f": {', '.join(parts)}" if parts else "")


def _failed_start(target: str, why: str) -> TestCase:
    case = TestCase(clean(target), "start")
    case.result = [Error(clean(f"{target} {why}; nothing ran"), "incomplete")]
    return case


def _nothing() -> TestSuite:
    suite, case = TestSuite("opassay"), TestCase("run", "opassay")
    case.result = [Error("nothing was planned and nothing ran", "incomplete")]
    suite.add_testcase(case)
    return suite
