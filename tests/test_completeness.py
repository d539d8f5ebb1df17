"""What an adapter has is read from its source, whatever way it is written; nothing of it is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from opassay.harness.doors.listed_ops import list_adapters
from opassay.harness.find.completeness import Reader
from opassay.harness.find.located import UsageError, beside
from opassay.harness.find.registry import Registry

ROOT = Path(__file__).resolve().parent.parent
OPS = ("relu", "matmul", "conv2d", "scatter_nd", "avg_pool2d", "max_pool2d")
FILES = {
    "__init__.py": "raise RuntimeError('imported')",
    "adapter.py": """
import framework_that_is_not_there
from opassay.harness.model.adapter import Adapter, Unsupported
from . import pools
from .mixins import More as Extra
from .plain import relu_of

class Whole(Extra, pools.Pools, Adapter):
    name = "whole"
    modes = ("eager",)
    relu = relu_of
    def helper(self, x): raise Unsupported("deep inside")
    def scatter_nd(self, x): return self.helper(x)

class Bare(Adapter):
    name = "bare"
    modes = ("eager",)
    def relu(self, x): return x

class Everywhere(Bare):
    def matmul(self, a, b): return a
    def unsupported(self, op, mode, dtypes, attributes): return "no integers" if "int8" in dtypes else None

class Itself(Itself): pass
""",
    "mixins.py": """
from brokenpackage.limits import alike, table
class More:
    def matmul(self, a, b): return a
    def conv2d(self, x, w): return x
    def unsupported(self, op, mode, dtypes, attributes): return table.get(alike.get(op, op))
""",
    "limits.py": "table = {'matmul': 'takes no integers'}\nalike = {'conv2d': 'matmul', 'avg_pool2d': 'relu'}",
    "pools.py": """
class Pools:
    def avg_pool2d(self, x): return x
    async def _max(self): pass
""",
    "plain.py": "def relu_of(self, x): return x",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "brokenpackage"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "Whole",
            {"avg_pool2d": False, "conv2d": True, "matmul": True, "relu": False, "scatter_nd": True},
        ),
        ("Bare", {"relu": False}),
        ("Everywhere", {"matmul": True, "relu": True}),
        ("Itself", {}),
        ("Nobody", {}),
    ],
)
def test_members_and_limits_are_found_through_bases_tables_and_calls(
    name: str, expected: dict[str, bool], package: Path
) -> None:
    assert Reader(f"brokenpackage.adapter:{name}", OPS).read() == expected


@pytest.mark.parametrize(
    ("table", "has", "unread"),
    [
        ("{'relu': 'x', 'matmul': 'a'}", ["matmul", "relu"], set()),
        ("{'relu': 'x', **MORE} | {'matmul': 'a'}", ["conv2d", "matmul", "relu"], set()),
        ("{'relu': 'x', **{op: 'x' for op in MORE}}", ["relu"], {"a table of brokenpackage.words"}),
        ("dict(MORE)", [], {"WORDS of brokenpackage.tabled"}),
    ],
)
def test_a_table_of_expressions_is_read_as_far_as_it_is_a_literal(
    table: str, has: list[str], unread: set[str], package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (package / "words.py").write_text(f"MORE = {{'conv2d': 'x'}}\nWORDS = {table}\n")
    (package / "tabled.py").write_text(
        "from opassay import Adapter, ops_of\nfrom brokenpackage.words import WORDS\n"
        "Made = ops_of(WORDS, __file__)\nclass Tabled(Made, Adapter):\n    name = 'tabled'\n    modes = ('eager',)\n"
    )
    reader = Reader("brokenpackage.tabled:Tabled", OPS)
    assert sorted(reader.read()) == has
    assert reader.unread == unread
    list_adapters(Registry(["brokenpackage.tabled:Tabled"]), ["tabled"])
    told = " ".join(capsys.readouterr().out.split())
    said = [f"not read: {table}, which is computed: ops stand in a literal {{...}}" for table in unread]
    assert told.count("not read") == len(said)
    assert all(line in told for line in said)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x = '\x00'"])
def test_source_that_is_not_text_is_one_line(content: bytes, package: Path) -> None:
    (package / "mixins.py").write_bytes(content)
    with pytest.raises(UsageError, match=r"brokenpackage/mixins\.py"):
        Reader("brokenpackage.adapter:Whole", OPS).read()


def test_the_table_loads_no_framework(tmp_path: Path) -> None:
    names = "('torch', 'tensorflow', 'jax', 'pandas', 'hypothesis')"
    script = f"""
import sys, opassay
sys.argv[1:] = ["list", "adapters"]
try: opassay.main()
except SystemExit: print(sorted(set({names}) & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_modules_beside_an_adapter_are_found_but_not_beside_a_package_itself(package: Path) -> None:
    assert beside("brokenpackage.adapter:Whole", "known") == ""
    (package / "known.py").write_text("KNOWN = ()")
    assert beside("brokenpackage.adapter:Whole", "known") == "brokenpackage.known"
    assert beside("brokenpackage:Whole", "known") == ""
    assert Registry(["brokenpackage.adapter:Bare"]).adapters["bare"].known == "brokenpackage.known"
