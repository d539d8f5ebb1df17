"""A diff of two runs as plain text, as Markdown, and as a page."""

from __future__ import annotations

from collections.abc import Callable

from reports.diff import SORTS, Change, Diff
from reports.html import render
from reports.summary import code_span, inline
from reports.text import clean, plural

LIST_LIMIT = 40
"""How many changes of each sort the text and Markdown tell; a page tells more."""
PAGE_LIMIT = 300


def title(diff: Diff) -> str:
    """The first line: what is new, or that nothing was compared."""
    if not diff.both:
        return "No case was judged in both runs, so nothing was compared"
    changes = diff.of("new")
    if not changes:
        return "Nothing new"
    return f"{plural(len(changes), 'new difference')} in {plural(diff.records['new'], 'record')}"


def counts(diff: Diff) -> str:
    """The second line: ``5 new, 2 fixed, ...; 24,000 cases judged in both``."""
    told = ", ".join(f"{diff.records[sort]:,} {sort}" for sort in SORTS)
    return f"Records: {told}; {diff.both:,} judged in both runs, {diff.after_only:,} only in the later one"


def versions(diff: Diff) -> str:
    """``torch 2.12 → 2.13, jax 0.10.2``."""
    return ", ".join(f"{name} {_step(old, new)}" for name, old, new in diff.versions)


def _step(old: str, new: str) -> str:
    return new if old == new else f"{old or 'not run'} → {new or 'not run'}"


def how(change: Change) -> str:
    """``pass → numeric``; one verdict where it stayed."""
    old, new = change.old or "not asked", change.new or "not asked"
    return old if old == new else f"{old} → {new}"


def text_diff(diff: Diff) -> str:
    """Plain text for a terminal."""
    lines = [title(diff), counts(diff), versions(diff)]
    for sort, meaning in SORTS.items():
        changes = diff.of(sort)
        lines += ["", f"{sort}: {meaning}"] if changes else []
        for change in changes[:LIST_LIMIT]:
            known = f", known: {change.known}" if change.known else ""
            what = f"{change.op} {change.aspect} on {change.target}, {plural(change.count, 'record')}{known}"
            lines.append(f"  {clean(what)}: {how(change)}")
            lines += [f"      {clean(change.message)}"] if change.message else []
            lines += [f"      opassay replay {change.cases[0]}"] if sort == "new" and change.cases else []
        lines += _more(changes, "  ")
    return "\n".join(lines) + "\n"


def markdown_diff(diff: Diff) -> str:
    """Markdown for a pull request."""
    blocks = [f"# opassay diff: {title(diff)}", f"{counts(diff)}.", inline(versions(diff))]
    for sort, meaning in SORTS.items():
        changes = diff.of(sort)
        if changes:
            lines = [f"- {_markdown_line(change)}" for change in changes[:LIST_LIMIT]] + _more(changes, "- ")
            blocks.append(f"## {sort[0].upper()}{sort[1:]}\n\n{meaning}\n\n" + "\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _markdown_line(change: Change) -> str:
    known = f", known: {inline(change.known)}" if change.known else ""
    head = f"**{inline(change.op)}** {change.aspect} on **{inline(change.target)}**, {plural(change.count, 'record')}"
    return f"{head}{known}: {how(change)}" + (f"  \n  {code_span(change.message)}" if change.message else "")


def _more(changes: list[Change], lead: str) -> list[str]:
    left = len(changes) - LIST_LIMIT
    return [f"{lead}and {plural(left, 'more', 'more')}, all of them with --format html"] if left > 0 else []


def html_diff(diff: Diff) -> str:
    """A page like ``report.html``: one file that fetches nothing."""
    groups = [(sort, meaning, diff.of(sort)) for sort, meaning in SORTS.items()]
    fields = ("op", "aspect", "target")
    choices = {name: sorted({str(getattr(change, name)) for change in diff.changes}) for name in fields}
    return render(
        "diff.html.j2",
        images=False,
        title=title(diff),
        counts=counts(diff),
        versions=versions(diff),
        diff=diff,
        groups=groups,
        how=how,
        limit=PAGE_LIMIT,
        choices=choices,
    )


FORMATS: dict[str, Callable[[Diff], str]] = {"text": text_diff, "markdown": markdown_diff, "html": html_diff}
SUFFIXES = {".txt": "text", ".md": "markdown", ".html": "html"}
"""What ``--out`` asks for by its ending."""
