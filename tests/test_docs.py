"""README and docs/ keep their word: what they tell to type can be typed, and what is generated is up to date."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "docs" / "tools")]
import found_bugs  # noqa: E402 - a module of the documentation's tools
import gravest  # noqa: E402
import house  # noqa: E402
import newcomer  # noqa: E402 - a module beside this file
import tables  # noqa: E402
from typed import COMMAND, lines, option_problem  # noqa: E402

from opassay.harness.find.registry import Registry  # noqa: E402
from opassay.harness.model.case import Case  # noqa: E402
from opassay.harness.model.op import references, refusal  # noqa: E402
from opassay.harness.model.verdicts import severity  # noqa: E402

ROOT = newcomer.ROOT
PAGES = {
    str(path.relative_to(ROOT)): path
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
}
TUTORIAL = ("docs/adding-a-backend.md", "## Tutorial")
"""What stands below is typed by ``test_tutorial.py``."""
LANGUAGES = ("sh", "text", "toml", "json", "python", "yaml")
LONG = "<!-- long -->"
TOOLS = ("git", "mkdocs", "mypy", "pip", "pytest", "python", "python3", "ruff")
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file that it is to be saved as, and whether it is marked as long."""

    language: str
    file: str
    text: str
    long: bool


def tokens(text: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(text)


@cache
def blocks(text: str) -> list[Block]:
    found, before = [], ""
    for token in tokens(text):
        if token.type == "fence":
            language, _, rest = token.info.partition(" ")
            file = re.fullmatch(r'(?:title="(.*)")?', rest)
            assert language in LANGUAGES, f"a block without a known language: {token.content}"
            assert file is not None, token.info
            found.append(Block(language, file[1] or "", token.content, before == LONG))
        assert token.type != "code_block", f"an indented block: {token.content}"
        before = token.content.strip() if token.type == "html_block" else ""
    return found


def to_type(name: str) -> list[Block]:
    text = PAGES[name].read_text(encoding="utf-8")
    if name == TUTORIAL[0]:
        assert TUTORIAL[1] in text
        before, _, after = text.partition(TUTORIAL[1])
        text = before + after[after.index("\n## ") :]
    return blocks(text)


def first_on(name: str) -> list[Block]:
    """What is typed for this page: its files and short blocks. A page that only repeats others has nothing."""
    mine = [block for block in to_type(name) if block.file or (block.language == "sh" and not block.long)]
    if any(block.file for block in mine):
        return mine
    earlier = [block for page in PAGES if page < name for block in to_type(page)]
    return [block for block in mine if block not in earlier]


TYPED = {name: first_on(name) for name in PAGES if first_on(name)}


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    return newcomer.environment(tmp_path_factory.mktemp("newcomer") / "env")


@pytest.mark.slow
@pytest.mark.parametrize("name", TYPED)
@pytest.mark.share(2)
def test_what_a_page_tells_to_type_can_be_typed(name: str, variables: Mapping[str, str], tmp_path: Path) -> None:
    for block in TYPED[name]:
        if block.file:
            (tmp_path / block.file).write_text(block.text, encoding="utf-8")
        else:
            done = newcomer.shell(block.text, tmp_path, variables)
            assert done.returncode == 0, f"{block.text}\n{done.stdout}\n{done.stderr}"


def test_what_is_typed_is_not_little() -> None:
    assert {"README.md", "docs/getting-started.md", "docs/kernel.md"} <= set(TYPED)


def problem(words: list[str]) -> str:
    """What is wrong with a command; empty where nothing is. Nothing is run."""
    name, *rest = words
    name = name.removeprefix(".venv/bin/")
    if name in ("python", "python3") and rest[:1] == ["-m"]:
        name, *rest = rest[1:]
        if importlib.util.find_spec(name) is None:
            return f"no module {name}"
        name = name if name in ("opassay", "pip") else "python"
    missing = [word for word in rest if re.match(r"(docs|tests|adapters)/", word) and not (ROOT / word).exists()]
    if missing:
        return f"no file {missing[0]}"
    if name == "opassay":
        return option_problem(rest)
    if name == "pip":
        named = [extra for word in rest for extra in re.findall(r"\[([\w,]+)\]", word)]
        return next((f"no extra {e}" for extras in named for e in extras.split(",") if e not in EXTRAS), "")
    return "" if name in TOOLS else f"no program {name}"


@pytest.mark.parametrize("name", PAGES)
def test_every_command_exists_with_its_options_and_files(name: str) -> None:
    typed = [words for block in to_type(name) if block.language == "sh" for words in lines(block.text)]
    wrong = {shlex.join(words): problem(words) for words in typed}
    for words in (words for code in mentioned(name) for words in lines(code)):
        wrong |= {shlex.join(words): "" if problem(words).startswith("Missing") else problem(words)}
    assert {words: why for words, why in wrong.items() if why} == {}


def mentioned(name: str) -> list[str]:
    """Commands in running text, which may lack arguments."""
    code = [re.sub("<.*?>", "X", text).partition(" > ")[0] for text in inline_code(PAGES[name])]
    return [text for text in code if re.match(r"(opassay|python|mkdocs|pytest) \S", text)]


def inline_code(path: Path) -> list[str]:
    inline = [token for token in tokens(path.read_text(encoding="utf-8")) if token.type == "inline"]
    return [child.content for token in inline for child in token.children or () if child.type == "code_inline"]


def test_what_is_wrong_with_a_command_is_noticed() -> None:
    text = (
        "opassay run --targets jax && pip install -e '.[al]'\npython tests/none.py\npython -m opassay.none\nopassay go"
    )
    told = [problem(words) for words in lines(text)]
    assert told[1:] == ["no extra al", "no file tests/none.py", "no module opassay.none", "no command go"]
    assert "--targets" in told[0]
    assert [problem(words) for words in lines("opassay list known || echo no; python -m opassay run --cases 3")] == [
        "",
        "",
    ]


def test_a_block_that_escapes_the_tests_is_noticed() -> None:
    for text in ("```\nopassay\n```\n", "a\n\n    opassay run\n", "```console\nopassay\n```\n"):
        with pytest.raises(AssertionError, match="block"):
            blocks(text)
    assert [block.long for block in blocks("<!-- long -->\n```sh\na\n```\n\n```sh\nb\n```\n")] == [True, False]


def test_every_case_is_one_that_the_oracle_can_answer_or_has_to_refuse() -> None:
    texts = [block.text for name in PAGES for block in to_type(name) if block.language == "json"]
    cases = [Case.from_json(json.loads(text)) for text in texts]
    assert {case.aspect for case in cases} >= {"value", "gradient", "error"}
    for case in cases:
        op = Registry().op(case.op)
        assert refusal(op, case) if case.aspect == "error" else references(op, case)


def test_the_target_of_a_users_own_is_one(tmp_path: Path) -> None:
    (text,) = [block.text for block in to_type("docs/versions.md") if block.language == "toml"]
    (tmp_path / "opassay.toml").write_text(text, encoding="utf-8")
    (target,) = Registry([], tmp_path).described.values()
    assert (target.name, target.adapter, target.mode, target.device) == ("jax-old", "jax", "jit", "cpu")


def test_the_page_of_commands_names_each_command_with_all_its_options() -> None:
    (synopsis,) = [b.text for b in to_type("docs/commands.md") if b.language == "text"]
    told = {
        m[1]: set(re.findall(r"--[a-z-]+", m[0]))
        for m in re.finditer(r"opassay ([a-z-]+(?: [a-z]+(?= [A-Z]| --))?)[^\n]*(?:\n .*)*", synopsis)
    }
    there = {" ".join(path): options for path, options in commands(COMMAND)}
    assert told == there


def commands(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], set[str]]]:
    if hasattr(command, "commands"):
        for name, inner in command.commands.items():
            yield from commands(inner, (*path, name))
    else:
        yield path, {option for p in command.params for option in p.opts if option.startswith("--")} - {"--help"}


def test_the_page_about_ci_names_each_option_of_the_plugin(request: pytest.FixtureRequest) -> None:
    there = {option for option in vars(request.config.option) if option.startswith("opassay_")}
    told = re.findall(r"^\| `--(opassay-[a-z-]+)", PAGES["docs/ci.md"].read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(told) == sorted(option.replace("_", "-") for option in there)


def test_the_readme_fits_on_a_page() -> None:
    assert len(PAGES["README.md"].read_text(encoding="utf-8").split()) <= 1200


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_a_link_leads_somewhere(name: str) -> None:
    inline = [child for token in tokens(PAGES[name].read_text(encoding="utf-8")) for child in token.children or ()]
    links = [
        str(child.attrs.get("href") or child.attrs.get("src"))
        for child in inline
        if child.type in ("link_open", "image")
    ]
    assert len(links) > 3
    for link in links:
        file, _, anchor = link.partition("#")
        text = (ROOT / file).read_bytes().decode("utf-8", "replace")
        headings = [
            re.sub(r"[^\w -]", "", line).strip().replace(" ", "-").lower()
            for line in re.findall(r"^#+ (.*)", text, re.MULTILINE)
        ]
        assert not anchor or anchor in headings, link


def test_the_drawing_of_the_rooms_is_up_to_date():
    graph = house.imports()
    drawn = house.DRAWING.read_text(encoding="utf-8")
    assert house.svg(graph) == drawn, "run: python docs/tools/house.py"
    assert house.svg({**graph, "reports": graph["reports"] | {"cases"}}) != drawn


def test_a_room_stands_above_what_it_imports_and_no_arrow_repeats_others():
    graph = {name: frozenset(others) for name, others in {"a": "bc", "b": "c", "c": "", "d": "ce", "e": "d"}.items()}
    assert house.levels(graph) == [["c"], ["b", "d", "e"], ["a"]]
    assert house.arrows(graph) == [("a", "b"), ("b", "c"), ("d", "c"), ("d", "e"), ("e", "d")]


@pytest.mark.parametrize("page", tables.PAGES, ids=lambda page: page.name)
def test_what_is_generated_is_what_the_registry_holds(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert tables.current(text) == text, "run: python docs/tools/tables.py"
    spoilt = re.sub(r"(<!-- number \w+ -->)\d+", r"\g<1>7", re.sub(r"(?m)^(\| `torch` |\*asked:).*\n", "", text))
    assert spoilt != text
    assert tables.current(spoilt) == text


def test_the_gallery_is_what_the_lists_and_the_measurements_say() -> None:
    assert found_bugs.PAGE.read_text(encoding="utf-8") == found_bugs.page(), "run: python docs/tools/found_bugs.py"
    chosen = found_bugs.bugs(found_bugs.CHOSEN)
    assert len(chosen) == 30
    assert all({"message", "version"} <= found_bugs.measured()[bug.name].keys() for bug in chosen)
    ranks = [severity(bug.verdict) for bug in chosen]
    assert ranks == sorted(ranks)


def test_the_gallery_has_no_case_left_over() -> None:
    everything = found_bugs.bugs({**found_bugs.CHOSEN, **found_bugs.ELSEWHERE})
    files = {file.stem for file in found_bugs.FOUND.glob("*-*.json")}
    assert files == {bug.name for bug in everything} == found_bugs.measured().keys()


def test_five_of_each_backend_are_pins_of_what_upstream_should_mend_the_gravest_first() -> None:
    registry = Registry()
    for name, rows in gravest.kept().items():
        facts = {fact.id: fact for fact in registry.known(name)}
        assert 1 <= len(rows) <= gravest.MOST
        assert all(facts[row["fact"]].owner == "upstream" for row in rows)
        assert all(row["case"] in {pin.id for pin in facts[row["fact"]].pins} for row in rows)
        assert [gravest.gravity(row) for row in rows] == sorted(map(gravest.gravity, rows))
        assert {row["script"] for row in rows} <= {"alone", "by opassay"}


def test_the_ten_of_kernels_are_pins_of_their_families_the_gravest_first() -> None:
    registry, rows, members = Registry(), gravest.kept_of_kernels(), tables.families()
    assert len(rows) == gravest.MOST_OF_KERNELS
    assert {row["op"] for row in rows} <= {op for family in gravest.KERNELS for op in members[family]}
    for row in rows:
        fact = next(fact for fact in registry.known(row["adapter"]) if fact.id == row["fact"])
        assert fact.owner == "upstream"
        assert row["case"] in {pin.id for pin in fact.pins}
    assert [gravest.gravity(row) for row in rows] == sorted(map(gravest.gravity, rows))
    assert {row["script"] for row in rows} <= {"alone", "by opassay"}


def test_one_of_each_cause_is_told_the_gravest_first_and_the_adapters_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gravest, "_reasons", lambda name: {"a": "one", "b": "two", "c": "three", "d": "four"})

    def shown(name: str, fact: str, verdict: str = "special", alone: bool = True) -> tuple[str, dict, str, bool]:
        return name, {"fact": fact, "verdict": verdict, "empty": False}, "", alone

    found = [shown("jax", "a"), shown("jax", "b"), shown("keras", "a", alone=False), shown("torch", "d", "crash")]
    found += [shown("torch", "c")]
    told = [(name, row["fact"]) for name, row, *_ in gravest.ranked(found)]
    assert told == [("torch", "d"), ("jax", "a"), ("jax", "b"), ("torch", "c")]


def test_of_an_entry_the_pins_of_these_ops_are_asked() -> None:
    fact = next(fact for fact in Registry().known("torch") if len({pin.op for pin in fact.pins}) > 1)
    first = fact.pins[0].op
    assert {pin.op for pin in gravest.with_pins(fact, (first,)).pins} == {first}
    assert gravest.with_pins(fact, ("no op",)).pins == ()
    assert gravest.with_pins(fact, ()) == fact


def test_a_lost_process_is_graver_than_a_wrong_value_and_what_needs_no_elements_comes_last() -> None:
    rows = [
        {"verdict": verdict, "empty": empty}
        for verdict, empty in (("crash", True), ("accepts", False), ("hang", False))
    ]
    assert sorted(rows, key=gravest.gravity) == [rows[2], rows[1], rows[0]]


def test_a_case_that_is_no_pin_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    name = next(iter(found_bugs.CHOSEN))
    monkeypatch.setattr(Registry, "known", lambda self, adapter: ())
    with pytest.raises(KeyError):
        found_bugs.bugs({name: ""})


class Fetched(HTMLParser):
    """What a browser loads by itself with a page."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag != "a":
            self.urls += [url for name in ("src", "href", "data", "srcset") if (url := found.get(name))]


def test_the_site_is_built_without_a_warning_and_fetches_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    reader = Fetched()
    pages = list(tmp_path.glob("*.html"))
    assert len(pages) >= len(PAGES) - 2
    for page in pages:
        reader.feed(page.read_text(encoding="utf-8"))
    styles = "".join(sheet.read_text(encoding="utf-8") for sheet in tmp_path.rglob("*.css"))
    urls = [*reader.urls, *re.findall(r"(?:@import|url\()\s*[\"']?([^\"')\s]+)", styles)]
    assert len(urls) > len(pages)
    assert [url for url in urls if re.match(r"(https?:)?//", url)] == []
