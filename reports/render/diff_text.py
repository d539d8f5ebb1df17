"""A diff of two runs, or of two targets, as plain text, as Markdown, and as a page."""

from __future__ import annotations

from collections.abc import Callable

from opassay.reports.data.text import clean, plural
from opassay.reports.render.html import render
from opassay.reports.render.summary import code_span, inline
from opassay.reports.sections.commands import replay
from opassay.reports.sections.diff import Change, Diff

LIST_LIMIT = 40
"""Most changes of one sort in the text and Markdown; a page lists more."""
UNCHANGED, UNCHANGED_LIMIT = "still there", 3
"""The sort of least interest, and its limit."""
PAGE_LIMIT = 300
STEP_LIMIT = 12
"""Most settings that are listed."""


def title(diff: Diff) -> str:
    """The first line: what is new, or that nothing was compared."""
    if not diff.both:
        return f"No case was judged {_both(diff)}, so nothing was compared"
    changes = diff.of("new")
    what = "new difference" if diff.pair is None else f"difference only on {clean(diff.pair[1])}"
    if changes:
        several = "" if diff.pair is None else f"differences only on {clean(diff.pair[1])}"
        return f"{plural(len(changes), what, several)} in {plural(diff.records['new'], 'record')}"
    return "Nothing new" if diff.pair is None else f"No {what}"


def _both(diff: Diff) -> str:
    return "in both runs" if diff.pair is None else f"on both {clean(diff.pair[0])} and {clean(diff.pair[1])}"


def counts(diff: Diff) -> str:
    """The second line: ``5 new, 2 fixed, ...; 24,000 cases judged in both``."""
    told = ", ".join(f"{diff.records[sort]:,} {name}" for sort, name, _ in diff.sorts)
    later = "in the later one" if diff.pair is None else f"on {clean(diff.pair[1])}"
    before, now = diff.faults
    faults = f"; faults: {before:,} before, {now:,} now" if before or now else ""
    return f"Records: {told}; {diff.both:,} judged {_both(diff)}, {diff.after_only:,} only {later}{faults}"


def versions(diff: Diff) -> str:
    """``torch 2.12 → 2.13, jax 0.10.2``."""
    return ", ".join(f"{name} {_step(old, new, 'not run')}" for name, old, new in diff.versions)


def differing(diff: Diff) -> str:
    """Settings that differ: ``Not the same: seed 0 → 1``; empty if none does."""
    steps = [f"{name} {_step(old, new)}" for name, old, new in diff.differing[:STEP_LIMIT]]
    left = len(diff.differing) - STEP_LIMIT
    steps += [plural(left, "more", "more")] if left > 0 else []
    return f"Not the same: {'; '.join(steps)}" if steps else ""


def _step(old: str, new: str, nothing: str = "none") -> str:
    return new if old == new else f"{old or nothing} → {new or nothing}"


def again(diff: Diff, change: Change, folder: str) -> str:
    """The command that reproduces a change, from the run in ``folder``; empty for sorts without one."""
    if change.sort not in ("new", "fault") or not change.cases:
        return ""
    return replay(diff.run, change.cases[0], diff.pair[1] if diff.pair else change.target, folder)


def how(change: Change) -> str:
    """``pass → numeric``; one verdict if unchanged."""
    old, new = change.old or "not asked", change.new or "not asked"
    return old if old == new else f"{old} → {new}"


def text_diff(diff: Diff, folder: str = "") -> str:
    """Plain text for a terminal; ``folder``: where the later run lies."""
    lines = [line for line in (title(diff), counts(diff), versions(diff), differing(diff)) if line]
    for sort, name, meaning in diff.sorts:
        changes = diff.of(sort)
        lines += ["", f"{name}: {meaning}"] if changes else []
        for change in changes[: _limit(sort)]:
            known = f", known: {change.known}" if change.known else ""
            what = f"{change.op} {change.aspect} on {change.target}, {plural(change.count, 'record')}{known}"
            lines.append(f"  {clean(what)}: {how(change)}")
            lines += [f"      {clean(change.message)}"] if change.message else []
            command = again(diff, change, folder)
            lines += [f"      {command}"] if command else []
        lines += _more(sort, changes, "  ")
    return "\n".join(lines) + "\n"


def markdown_diff(diff: Diff, folder: str = "") -> str:
    """Markdown for a pull request."""
    blocks = [f"# opassay diff: {inline(title(diff))}", f"{inline(counts(diff))}."]
    blocks += [inline(line) for line in (versions(diff), differing(diff)) if line]
    for sort, name, meaning in diff.sorts:
        changes = diff.of(sort)
        if changes:
            lines = [f"- {_markdown_line(change)}" for change in changes[: _limit(sort)]] + _more(sort, changes, "- ")
            blocks.append(f"## {inline(name[0].upper() + name[1:])}\n\n{inline(meaning)}\n\n" + "\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _markdown_line(change: Change) -> str:
    known = f", known: {inline(change.known)}" if change.known else ""
    head = f"**{inline(change.op)}** {change.aspect} on **{inline(change.target)}**, {plural(change.count, 'record')}"
    return f"{head}{known}: {how(change)}" + (f"  \n  {code_span(change.message)}" if change.message else "")


def _limit(sort: str) -> int:
    return min(LIST_LIMIT, UNCHANGED_LIMIT) if sort == UNCHANGED else LIST_LIMIT


def _more(sort: str, changes: list[Change], lead: str) -> list[str]:
    left = len(changes) - _limit(sort)
    return [f"{lead}and {plural(left, 'more', 'more')}, all of them with --format html"] if left > 0 else []


def html_diff(diff: Diff, folder: str = "") -> str:
    """A page like ``report.html``: one file that fetches nothing."""
    groups = [(sort, name, meaning, diff.of(sort)) for sort, name, meaning in diff.sorts]
    fields = ("op", "aspect", "target")
    choices = {name: sorted({str(getattr(change, name)) for change in diff.changes}) for name in fields}
    return render(
        "diff.html.j2",
        images=False,
        title=title(diff),
        counts=counts(diff),
        versions=versions(diff),
        differing=differing(diff),
        again=lambda change: again(diff, change, folder),
        diff=diff,
        groups=groups,
        how=how,
        limit=PAGE_LIMIT,
        choices=choices,
    )


FORMATS: dict[str, Callable[[Diff, str], str]] = {"text": text_diff, "markdown": markdown_diff, "html": html_diff}
SUFFIXES = {".txt": "text", ".md": "markdown", ".html": "html"}
"""The format of ``--out``, by its suffix."""
