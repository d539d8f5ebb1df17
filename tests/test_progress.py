"""What is seen of a run while it lasts, by a clock that the test sets: nothing here sleeps."""

from __future__ import annotations

import io
import re
import threading

import pytest
from rich.console import Console

from opassay.harness.doors.consoles import UNCUT, stdout, watched
from opassay.harness.doors.pace import Pace, duration
from opassay.harness.doors.progress import EVERY, Lines, Moving
from opassay.harness.plan.budget import ToCome


class Record:
    def __init__(self, target: str = "torch", new: bool = False, op: str = "relu") -> None:
        self.target, self.new, self.op, self.aspect = target, new, op, "value"


def to_come(records, seconds=1.0):
    """So many records of one op by target."""
    kinds = {(target, "relu", "value"): count for target, count in records.items()}
    return ToCome(kinds, dict.fromkeys(kinds, seconds))


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def made(clock: Clock) -> tuple[Lines, io.StringIO]:
    stream = io.StringIO()
    return Lines(Console(file=stream, width=80), clock), stream


@pytest.fixture
def unticked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ticks come from the test, not from a thread."""
    monkeypatch.setattr(threading.Thread, "start", lambda thread: None)
    monkeypatch.setattr(threading.Thread, "join", lambda thread: None)


def test_the_pace_counts_what_is_done_of_what_is_planned() -> None:
    clock = Clock()
    pace = Pace(to_come({"torch": 1_000, "jax": 2_000}), clock)
    for number in range(500):
        pace.add(Record(new=number < 3))
        pace.add(Record("jax"))
    clock.now += 20
    assert str(pace) == "1,000 of 3,000 judged, 3 new, 50 a second, about 1:00 left"


def test_what_is_left_is_that_of_the_slowest_target() -> None:
    clock = Clock()
    pace = Pace(to_come({"fast": 1_000, "slow": 1_000}), clock)
    for _ in range(1_000):
        pace.add(Record("fast"))
    for _ in range(100):
        pace.add(Record("slow"))
    clock.now += 10
    assert pace.left == 90
    assert "about 1:30 left" in str(pace)


def test_ops_that_take_longer_are_more_of_what_is_done() -> None:
    clock = Clock()
    kinds = {("torch", "conv2d", "value"): 10, ("torch", "relu", "value"): 90}
    pace = Pace(ToCome(kinds, {kind: 9.0 if kind[1] == "conv2d" else 1.0 for kind in kinds}), clock)
    for _ in range(10):
        pace.add(Record(op="conv2d"))
    clock.now += 60
    assert pace.left == 60


@pytest.mark.parametrize(("targets", "seconds"), [(("fast",), 10.0), (("fast", "slow"), 4.0), ((), 100.0)])
def test_nothing_is_foretold_early_or_where_a_target_has_not_answered_yet(targets, seconds) -> None:
    clock = Clock()
    pace = Pace(to_come({"fast": 10, "slow": 10}), clock)
    for target in targets:
        pace.add(Record(target))
    clock.now += seconds
    assert pace.left is None
    assert "left" not in str(pace)


def test_answers_of_what_is_asked_twice_are_told_and_count_half() -> None:
    """Pins of a run with ``--cases`` are recorded only at the end of the second pass."""
    clock, held = Clock(), {"torch": 0}
    pace = Pace(to_come({"torch": 100}), clock, held)
    clock.now += 10
    assert pace.left is None
    held["torch"] = 100
    assert str(pace) == "0 of 100 judged, 100 answers of what is asked twice, 0 new, 0.0 a second, about 0:10 left"
    held["torch"] = 160
    assert pace.left == pytest.approx(2.5)
    held["torch"] = 0
    for _ in range(100):
        pace.add(Record())
    assert str(pace) == "100 of 100 judged, 0 new, 10 a second, about 0:00 left"


def test_a_pace_of_nothing_is_told_without_a_division() -> None:
    assert str(Pace(to_come({}), Clock())) == "0 of 0 judged, 0 new, 0.0 a second"


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, "0:00"), (7.4, "0:07"), (59.9, "1:00"), (750, "12:30"), (3_723, "1:02:03")]
)
def test_durations_read_like_a_clock(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


@pytest.mark.usefixtures("unticked")
def test_a_line_comes_every_thirty_seconds_whatever_happens_in_between() -> None:
    clock = Clock()
    lines, stream = made(clock)
    with lines.judging(to_come({"torch": 400})) as judged:
        pace = judged.__self__
        for _ in range(100):
            clock.now += 1
            judged(Record())
            judged(Record())
            lines.tick(str(pace))
    told = stream.getvalue().splitlines()
    assert told[0] == "[0:00] 400 answers to judge"
    assert told[1:4] == [
        "[0:30] 60 of 400 judged, 0 new, 2.0 a second, about 2:50 left",
        "[1:00] 120 of 400 judged, 0 new, 2.0 a second, about 2:20 left",
        "[1:30] 180 of 400 judged, 0 new, 2.0 a second, about 1:50 left",
    ]
    assert told[4:] == ["[1:40] 200 of 400 judged in 1:40, 0 new, 2.0 a second"]


@pytest.mark.usefixtures("unticked")
def test_a_silent_phase_is_told_every_thirty_seconds_too_with_what_it_does() -> None:
    clock = Clock()
    lines, stream = made(clock)
    with lines.phase("hunting") as say:
        for second in range(1, 62):
            clock.now += 1
            if second == 40:
                say("hunting · 2 findings")
            lines.tick("still hunting" if second < 40 else "hunting · 2 findings")
    assert stream.getvalue().splitlines() == ["[0:00] hunting", "[0:30] still hunting", "[1:00] hunting · 2 findings"]


@pytest.mark.usefixtures("unticked")
def test_a_fast_run_is_told_in_a_few_lines() -> None:
    clock = Clock()
    lines, stream = made(clock)
    for phase in ("starting torch", "writing the report"):
        with lines.phase(phase) as say:
            for _ in range(1_000):
                say("more")
                lines.tick("more")
    with lines.judging(to_come({"torch": 5_000})) as judged:
        for _ in range(5_000):
            judged(Record())
            lines.tick("more")
    assert len(stream.getvalue().splitlines()) == 4


def test_the_thread_tells_what_is_due_and_ends_with_its_phase() -> None:
    clock = Clock()
    lines, stream = made(clock)
    due = threading.Event()
    lines.say, say = lambda text: (say(text), "still" in text and due.set()), lines.say
    before = threading.active_count()
    with lines.phase("writing the report"):
        clock.now += EVERY
        assert due.wait(30)
    assert threading.active_count() == before
    assert "[0:30] still writing the report" in stream.getvalue()


def test_no_line_is_broken_and_markup_is_printed_as_it_is() -> None:
    lines, stream = made(Clock())
    long = "[bold]starting[/bold] " + ", ".join(f"target{k}" for k in range(40))
    lines.say(long)
    assert stream.getvalue() == f"[0:00] {long}\n"


def test_a_terminal_of_eighty_columns_shows_the_pace_and_a_clock_in_one_line() -> None:
    stream = io.StringIO()
    clock = Clock()
    with Moving(Console(file=stream, force_terminal=True, width=80), clock).judging(
        to_come({"torch": 12_345})
    ) as judged:
        for _ in range(1_234):
            judged(Record(new=True))
        clock.now += 20
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    (last,) = {line for line in re.split(r"[\r\n]+", shown) if "1,234 of 12,345" in line}
    assert "judged, 1,234 new, 62 a second, about 3:00 left" in last
    assert re.search(r"0:00:0\d$", last)
    assert len(last) <= 80


def test_a_terminal_shows_what_a_phase_does() -> None:
    stream = io.StringIO()
    with Moving(Console(file=stream, force_terminal=True, width=80)).phase("starting torch") as say:
        say("waiting for [torch]")
    assert "waiting for [torch]" in stream.getvalue()


@pytest.mark.parametrize(
    ("columns", "terminal", "expected"), [("", False, UNCUT), ("90", False, UNCUT), ("70", True, 70)]
)
def test_what_is_piped_is_not_cut_and_a_terminal_is_as_wide_as_it_says(
    columns, terminal, expected, monkeypatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: terminal, raising=False)
    monkeypatch.setattr("sys.stdout", stream)
    assert stdout().width == expected
    assert watched(stream) == terminal
