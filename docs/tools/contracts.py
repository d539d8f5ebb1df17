"""The contracts of all ops, and the choices that they leave to frameworks, as ``docs/ops.md`` has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from opassay.harness.doors.listed_ops import contract
from opassay.harness.find.registry import Registry
from opassay.harness.model.choice import Choice
from opassay.harness.model.op import Op
from opassay.harness.plan.plan import aspects

DEFAULT = "*contract*"


def contracts(registry: Registry, families: Mapping[str, Sequence[str]]) -> str:
    """Every op by family: how it is called, what it computes, what is asked of it, what it refuses and leaves open."""
    return "\n\n".join(
        "\n\n".join((f"## {family.replace('_', ' ').capitalize()}", *(_op(registry, name) for name in names)))
        for family, names in families.items()
    )


def _op(registry: Registry, name: str) -> str:
    head, says = contract(registry, name)
    return "<br>\n".join((f"**`{head}`** {says}", *_lines(registry.op(name))))


def _lines(op: Op) -> Iterator[str]:
    yield f"*asked:* {', '.join(aspects(op))}"
    if op.rules:
        yield f"*refuses input unless* {'; '.join(dict.fromkeys(rule.says for rule in op.rules))}"
    if op.choices:
        yield f"*leaves open:* {', '.join(_link(choice) for choice in op.choices)}"


def _link(choice: Choice) -> str:
    return f"[{_words(choice)}](#{_words(choice).replace(' ', '-')})"


def _words(choice: Choice) -> str:
    return choice.name.replace("_", " ")


def choices(registry: Registry) -> str:
    """Every choice: what is chosen, what may be, and which adapters follow what."""
    ops = registry.ops()
    found = {choice.name: choice for op in ops for choice in op.choices}
    return "\n\n".join(_choice(registry, found[name], ops) for name in sorted(found))


def _choice(registry: Registry, choice: Choice, ops: Sequence[Op]) -> str:
    having = [op.name for op in ops if choice.name in {c.name for c in op.choices}]
    rows = [f"| {DEFAULT} | {choice.contract} | every adapter that is not below |"]
    rows += [
        f"| `{name}` | {option.says} | {_following(registry, choice, name)} |"
        for name, option in choice.options.items()
    ]
    head = [f"### {_words(choice)}", "", choice.asks, "", "| answer | which is | followed by |", "|---|---|---|"]
    return "\n".join((*head, *rows, "", f"Ops: {', '.join(f'`{name}`' for name in having)}"))


def _following(registry: Registry, choice: Choice, option: str) -> str:
    found: dict[str, list[str]] = {}
    for adapter in registry.adapters:
        for follows in registry.follows(adapter):
            if (follows.choice, follows.option) == (choice.name, option):
                found.setdefault(adapter, []).extend(follows.modes or ("",))
    told = (
        f"`{name}`" + ("" if "" in modes else f" ({', '.join(dict.fromkeys(modes))})") for name, modes in found.items()
    )
    return ", ".join(told) or "–"
