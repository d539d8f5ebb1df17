"""The order of the tests, the signals that they send, and under which names they import."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator

import pytest


def pytest_configure(config: pytest.Config) -> None:
    # pytest-xdist begins with the files of the most tests; of ours those of the fewest take the longest.
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False
    # Under nohup an interrupt is ignored, here and in what the tests start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first, so that no core is idle at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session", autouse=True)
def one_name() -> Iterator[None]:
    """No module of ours is imported without its prefix, which would make it exist twice."""
    yield
    assert {"adapters", "cases", "harness", "reports"} & set(sys.modules) == set()
