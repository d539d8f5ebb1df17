"""``opassay new-adapter``: writes a working adapter to fill in.

The files come from ``harness/doors/templates/``, one template per file, for a package and for opassay's own tree alike.
"""

from __future__ import annotations

import keyword
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from opassay.harness.find import found
from opassay.harness.find.manifest import MANIFEST
from opassay.harness.find.registry import Registry, UsageError

HOME = Path(__file__).resolve().parents[2]
_CHECKLIST = "docs/adding-a-backend.md"


@dataclass(frozen=True)
class Plan:
    """What is to be written: new folders, each file's template, and the names in it."""

    roots: tuple[Path, ...]
    files: Mapping[Path, str]
    names: Mapping[str, str]


def new_adapter_command(name: str, package: bool) -> int:
    """Write the adapter and print the next steps."""
    _check_name(name)
    plan = _package(name) if package else _tree(name)
    for root in plan.roots:
        if root.exists():
            raise UsageError(f"{root} exists already; nothing was written")
    try:
        _write(plan)
    except OSError as error:
        raise UsageError(f"cannot write {str(error.filename)!r}: {error.strerror}") from None
    print(*(f"wrote {path}" for path in plan.files), sep="\n")
    print(*_next(name, plan, package), sep="\n")
    return 0


def _check_name(name: str) -> None:
    plain = name.isascii() and name.isidentifier() and name == name.lower() and not name.startswith("_")
    if not plain or keyword.iskeyword(name):
        raise UsageError(
            f"not a name for an adapter: {name!r}; expected small letters, digits and _, such as my_backend"
        )
    if name in Registry().adapters or name in ("all", *found.ops()):
        what = "an adapter" if name in Registry().adapters else "a word of opassay's own"
        raise UsageError(f"{name!r} is {what} already; choose another name")


def _package(name: str) -> Plan:
    package = f"opassay_{name}"
    root = Path.cwd() / f"opassay-{name.replace('_', '-')}"
    inner = root / "src" / package
    files = {
        root / "pyproject.toml": "pyproject.toml",
        root / "README.md": "README.md",
        **_modules(inner),
        root / "tests" / f"test_{name}.py": "test_adapter.py",
    }
    names = _names(name, package) | {"package": package, "distribution": root.name, "gap": "", "own_gap": "\n"}
    return Plan((root,), files, names)


def _tree(name: str) -> Plan:
    if not (HOME / "tests" / "adapters").is_dir() or not Path.cwd().resolve().is_relative_to(HOME):
        raise UsageError(
            "this folder is not a checkout of the opassay that runs, so there is no tree to add to; try --package"
        )
    if (HOME / "adapters" / f"{name}.py").exists():
        raise UsageError(f"adapters/{name}.py exists already; nothing was written")
    inner, test = HOME / "adapters" / name, HOME / "tests" / "adapters" / f"test_adapter_{name}.py"
    files = {
        **_modules(inner),
        inner / MANIFEST: MANIFEST,
        test: "test_adapter.py",
    }
    # In the tree, opassay counts as first party.
    names = _names(name, f"opassay.adapters.{name}") | {"gap": "\n", "own_gap": ""}
    return Plan((inner, test), files, names)


def _modules(inner: Path) -> dict[Path, str]:
    """The adapter's own files."""
    names = ("adapter.py", "expressions.py", "choices.py", "known.py")
    return {inner / "__init__.py": "", **{inner / name: name for name in names}}


def _names(name: str, home: str) -> dict[str, str]:
    title = "".join(part[:1].upper() + part[1:] for part in name.split("_"))
    return {"name": name, "title": title, "cls": f"{title}Adapter", "home": home, "module": f"{home}.adapter"}


def _write(plan: Plan) -> None:
    texts = {path: rendered(template, plan.names) for path, template in plan.files.items()}
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def rendered(template: str, names: Mapping[str, str]) -> str:
    """A template of ``harness/doors/templates`` filled in; empty if there is none."""
    loader = FileSystemLoader(HOME / "harness" / "doors" / "templates")
    environment = Environment(loader=loader, undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    return environment.get_template(f"{template}.j2").render(names) if template else ""


def _next(name: str, plan: Plan, package: bool) -> list[str]:
    run = f"opassay run --target {name}"
    if not package:
        test = shlex.quote(str(plan.roots[1]))
        return [
            "next:",
            f"  {run}",
            f"  python -m pytest {test}",
            f"  the checklist in {HOME / _CHECKLIST}",
        ]
    root, source = (shlex.quote(str(path)) for path in (plan.roots[0], plan.roots[0] / "src"))
    class_ = f"{plan.names['module']}:{plan.names['cls']}"
    return [
        "next:",
        f"  pip install -e {shlex.quote(f'{plan.roots[0]}[test]')}",
        f"  {run}",
        f"  python -m pytest {root}",
        "or, without installing it:",
        f"  PYTHONPATH={source} {run} --adapter {class_}",
    ]
