"""Which tests are asked and in what order, the signals that they send, and under which names they import."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from shares import left_out, wants_all


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--whole", action="store_true", help="ask also what the marks 'share' and 'whole' leave out")


def pytest_configure(config: pytest.Config) -> None:
    # pytest-xdist begins with the files of the most tests; of ours those of the fewest take the longest.
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False
    # Under nohup an interrupt is ignored, here and in what the tests start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without what is asked by ``--whole`` alone; files with slow tests first, so that no core is idle at the end."""
    if not wants_all(config.option, config.args) and (left := left_out(items)):
        config.hook.pytest_deselected(items=left)
        gone = set(left)
        items[:] = [item for item in items if item not in gone]
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session", autouse=True)
def one_name() -> Iterator[None]:
    """No module of ours is imported without its prefix, which would make it exist twice."""
    yield
    assert {"adapters", "cases", "harness", "reports"} & set(sys.modules) == set()


@pytest.fixture(scope="session", autouse=True)
def judged_each_time(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No judgement of another test is taken over: a test may have put another judge in the place of ours."""
    from opassay.harness.store import remembered

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(remembered, "JUDGEMENTS", str(tmp_path_factory.getbasetemp() / "file" / "judgements.json"))
        (tmp_path_factory.getbasetemp() / "file").write_text("in the place of a folder")
        yield
