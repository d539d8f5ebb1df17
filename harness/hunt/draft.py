"""``opassay known add``: a draft entry for an adapter's list of known differences, made from a finding."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from opassay.harness.find.registry import Registry, UsageError
from opassay.harness.hunt import store
from opassay.harness.hunt.finding import Finding, Predicate
from opassay.harness.model.case import Case
from opassay.harness.model.fills import VALUE_KINDS
from opassay.harness.model.traits import Trait

HEADER = '''"""Draft of a known difference of {adapter}, from the finding {finding}.

To finish it:

- owner: who must act: "ours", "upstream" or "by design".
- reason: the cause, in a sentence.
- reproduces="...": the named mistake that gives the answer, if there is one, in place of `when`. Else check that
  `covers` is as narrow as the cause.
- ops: all that it concerns, by name or by trait.
- url, title: the report upstream, if there is one.

Then move the entry, into the tuple KNOWN, to {place}.
The pin may move to pins.jsonl beside it, as the line ["id of the entry", the case].
"""

{imports}from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

PIN = Case.loads(
    """
{pin}
"""
)


def covers(case: Case) -> bool:
{covers}


DRAFT = Fact(
    "{name}",
    owner="",
    reason={reason},
    ops=("{op}",),
    aspects=("{aspect}",),
    verdicts=("{verdict}",),
    when=covers,
    versions="{versions}",
    url="",
    title="",
    pins=(PIN,),
{modes})
'''
"""The draft as a module. Importing it raises an error that names what is missing."""


def known_command(text: str, out: Path, adapters: Sequence[str] = ()) -> int:
    """Write a draft for each adapter in the finding ``text`` (a folder, or an id in ``out``); print where it belongs.

    ``adapters``: those from outside the checkout, as module:Class.
    """
    folder = find_finding(text, out)
    try:
        finding = store.read(folder)
    except (ValueError, OSError) as error:
        raise UsageError(f"{str(folder)!r} does not hold a finding: {error}") from None
    registry = Registry(adapters)
    places = {adapter: _place(registry, adapter) for adapter in finding.adapters}
    for adapter, place in places.items():
        path = folder / f"known_{adapter}.py"
        _write(path, draft(finding, adapter, registry, place))
        print(f"{adapter}: wrote {path}; fill in its owner and move it to {place}")
    return 0


def _place(registry: Registry, adapter: str) -> str:
    """The file with the adapter's list of known differences; it may not exist yet."""
    if adapter not in registry.adapters:
        raise UsageError(f"the finding is about {adapter!r}, which is no adapter from here: add --adapter module:Class")
    package = registry.adapters[adapter].location.partition(":")[0].rpartition(".")[0]
    if not package:
        raise UsageError(
            f"{adapter!r} has no place for known differences: put its module into a package, beside known.py"
        )
    return f"{package.replace('.', '/')}/known.py"


def _write(path: Path, text: str) -> None:
    """Write a draft; one that was edited stays."""
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise UsageError(f"{str(path)!r} is there already and was changed since: move or remove it first")
    path.write_text(text, encoding="utf-8")


def find_finding(text: str, out: Path) -> Path:
    """The folder that ``text`` names: itself, or that of the finding in ``out`` whose id starts with it."""
    path = Path(text)
    if (path / store.FINDING).is_file():
        return path
    if path.name == store.FINDING and path.is_file():
        return path.parent
    found = [folder for folder in store.stored(out) if text and folder.name.startswith(text)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(
            f"no finding {text!r}: neither a folder with {store.FINDING} nor the id of one in {str(out)!r}"
        )
    raise UsageError(f"{text!r} may be {', '.join(folder.name for folder in found)}; give more of the id")


def draft(finding: Finding, adapter: str, registry: Registry, place: str = "known.py") -> str:
    """The source of a module with the entry ``DRAFT`` for ``adapter``. Its owner is left empty."""
    about = f" ({finding.explained_by})" if finding.explained_by else ""
    modes, covers = _modes(finding, adapter, registry), _covers(finding.predicates)
    return HEADER.format(
        adapter=adapter,
        place=place,
        finding=finding.id,
        name=f"{adapter}-{finding.op}-{finding.verdict}-{finding.case.id[:8]}",
        pin=_lines(finding.case).replace("\\", "\\\\"),
        covers=covers,
        imports="from opassay.adapters.kernels.predicates import attribute\n" if "attribute(" in covers else "",
        op=finding.op,
        aspect=finding.aspect,
        verdict=finding.verdict,
        reason=json.dumps(f"{finding.message}{about}", ensure_ascii=False),
        versions=f"{adapter} {finding.versions.get(adapter, '')}, CPU",
        modes=f"    modes={modes!r},\n" if modes else "",
    )


def _lines(case: Case) -> str:
    """The case as JSON, a line per field, and per tensor of lists."""
    told = json.dumps(case.to_json(), sort_keys=True)
    for start in ('"attributes"', '"cotangents"', '"op"', '"rule"', '"tensors"'):
        told = told.replace(f", {start}", f",\n {start}")
    return told.replace('}, {"dtype"', '},\n  {"dtype"')


def _modes(finding: Finding, adapter: str, registry: Registry) -> tuple[str, ...]:
    """The modes in which it was seen; nothing if these are all modes."""
    seen = {
        registry.target(label).mode for label in finding.targets if label.partition("@")[0].partition(":")[0] == adapter
    }
    return () if seen == set(registry.adapter(adapter).modes) else tuple(sorted(seen))


def _covers(predicates: Sequence[Predicate]) -> str:
    """A statement per predicate: its traits, one a line."""
    alternatives = dict.fromkeys(tuple(map(_source, predicate.traits)) for predicate in predicates)
    *first, last = (_all(traits) for traits in alternatives)
    return "".join(f"    if {each}:\n        return True\n" for each in first) + f"    return {last}"


def _all(traits: Sequence[str]) -> str:
    if len(traits) < 2:
        return "".join(traits) or "True"
    return "(\n        " + "\n        and ".join(traits) + "\n    )"


def _source(trait: Trait) -> str:
    """The trait as an expression over ``case``."""
    place = trait.place
    if place[0] == "attributes":
        where = ", ".join(repr(part) for part in place[1:])
        return f"attribute(case, {where}) {trait.relation} {trait.value!r}"
    if place == ("fill",):
        assert isinstance(trait.value, int)
        kinds = VALUE_KINDS[trait.value :]
        return f"any(t.fill.kind in {('literal', *kinds)!r} for t in case.all_tensors)"
    if place == ("rule",):
        return f"case.rule == {trait.value!r}"
    tensor, what = f"case.all_tensors[{place[1]}]", place[2]
    if what == "empty":
        return f"{tensor}.shape[{place[3]}:][:1] {'==' if trait.value else '!='} (0,)"
    value = {
        "dtype": f"{tensor}.dtype",
        "memory": f"{tensor}.memory.kind",
        "rank": f"len({tensor}.shape)",
        "elements": f"{tensor}.size",
    }[str(what)]
    return f"{value} {trait.relation} {trait.value!r}"
