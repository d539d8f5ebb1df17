"""Three small matrices of answers by target: invalid input, special values, shape inference."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from opassay.harness.model.messages import first_line
from opassay.reports.data.rows import Results, distinct, rows
from opassay.reports.sections.matrix import kind_of, targets

WORD_LIMIT = 6
"""How many kinds of answer one cell distinguishes; further ones count as ``OTHER``."""
OTHER = "other"
_COLUMNS = (
    "op",
    "aspect",
    "target",
    "verdict",
    "known",
    "version_untested",
    "error_type",
    "message",
    "case_id",
    "fill",
    "attrs",
)


@dataclass
class Answers:
    """How one target answered one kind of question. ``words`` counts the answers, in the reader's terms."""

    passed: int = 0
    new: int = 0
    listed: int = 0
    known: int = 0
    silent: int = 0
    fault: int = 0
    words: Counter[str] = field(default_factory=Counter)
    case: str = ""

    @property
    def judged(self) -> int:
        return self.passed + self.new + self.listed + self.known

    @property
    def state(self) -> str:
        """A key of ``matrix.STATES``: the gravest one."""
        if self.new or self.fault:
            return "new" if self.new else "fault"
        return "listed" if self.listed else "known" if self.known else "pass" if self.passed else "unjudged"

    def add(self, kind: str, word: str, case_id: str) -> None:
        name = kind if kind in ("passed", "new", "listed", "known", "fault") else "silent"
        setattr(self, name, getattr(self, name) + 1)
        self.words[word if word in self.words or len(self.words) < WORD_LIMIT else OTHER] += 1
        if kind in ("new", "listed", "known") and not self.case:
            self.case = case_id


@dataclass
class Question:
    """A row of a matrix: an op and a question, with the answers per target."""

    op: str
    asked: str
    answers: dict[str, Answers] = field(default_factory=dict)

    @property
    def parts(self) -> bool:
        """Whether some target passed everything and another did not."""
        judged = [a for a in self.answers.values() if a.judged]
        return len({a.passed == a.judged for a in judged}) > 1


@dataclass(frozen=True)
class Matrices:
    """The rows of each matrix, by op; ``targets`` are the columns."""

    targets: list[str]
    invalid: list[Question]
    special: list[Question]
    shape: list[Question]


def matrices(table: Results, run: Mapping[str, Any]) -> Matrices:
    """All three, from three passes over the table."""
    valid = distinct(table, "aspect") - {"error"}
    fills = {fill for fill in distinct(table, "fill") if "special" not in fill.split(";")}
    asked_shapes = distinct(table, "aspect") - {"shape"}
    return Matrices(
        targets(table, run),
        _questions(table, {"aspect": valid}, lambda row: rule_of(row["attrs"]), _raised),
        _questions(table, {"aspect": {"error", "shape"}, "fill": fills}, lambda row: str(row["aspect"]), _told),
        _questions(table, {"aspect": asked_shapes}, lambda row: "", _told),
    )


def _questions(
    table: Results,
    skip: Mapping[str, Collection[str]],
    asked: Callable[[Mapping[str, str]], str],
    word: Callable[[Mapping[str, str]], str],
) -> list[Question]:
    found: dict[tuple[str, str], Question] = {}
    for values in rows(table, _COLUMNS, skip):
        row = dict(zip(_COLUMNS, values, strict=True))
        key = (row["op"], asked(row))
        answers = found.setdefault(key, Question(*key)).answers.setdefault(row["target"], Answers())
        answers.add(kind_of(row["verdict"], row["known"], row["version_untested"]), word(row), row["case_id"])
    return [found[key] for key in sorted(found)]


@lru_cache(maxsize=4096)
def rule_of(attrs: str) -> str:
    """The rule that a case of the aspect ``error`` breaks; a question mark where the cell does not state it."""
    try:
        given = json.loads(attrs)
    except ValueError:
        return "?"
    return str(given.get("rule", "?")) if isinstance(given, dict) else "?"


def _raised(row: Mapping[str, str]) -> str:
    if row["verdict"] == "pass":
        # Where the adapter declares another choice, an answer is right as well.
        return f"raises {row['error_type']}" if row["error_type"] else "returns, as declared"
    return row["verdict"]


def _told(row: Mapping[str, str]) -> str:
    """``pass``, or what a special value became (the start of such messages), or the verdict."""
    if row["verdict"] != "special":
        return row["verdict"]
    return first_line(row["message"]).partition(":")[0][:40] or "special"


def legible(words: Iterable[tuple[str, int]]) -> str:
    """``raises ValueError 12, accepts 3``; one answer needs no number."""
    return ", ".join(f"{word} {count:,}" if count > 1 else word for word, count in words)
