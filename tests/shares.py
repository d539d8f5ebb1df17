"""Which tests an ordinary run asks: of a function marked ``share(n)`` one in n of its parameters, of ``whole`` none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest


def wants_all(option: Any, words: Iterable[str]) -> bool:
    """Whether somebody asks for all, or for certain tests: who names them gets them."""
    return bool(option.whole or option.keyword or option.markexpr or any("::" in word for word in words))


def left_out(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """The items marked ``whole``, and those of functions marked ``share(n)`` that are not in its share.

    Names decide, so that an op stays in or out whatever is added beside it, and the same ones in all functions of a
    file, which keep what they made of it. A function of whose parameters none is in has its first one.
    """
    functions, left = defaultdict(list), []
    for item in items:
        if item.get_closest_marker("whole"):
            left.append(item)
        elif (mark := item.get_closest_marker("share")) and hasattr(item, "callspec"):
            functions[item.path, item.parent, item.originalname, mark.args[0]].append(item)
    return left + [item for (path, *_, n), asked in functions.items() for item in _others(path, n, asked)]


def _others(path: Path, n: int, asked: list[pytest.Item]) -> list[pytest.Item]:
    turn = crc32(path.name.encode()) % n
    others = [item for item in asked if crc32(item.callspec.id.encode()) % n != turn]
    return others if len(others) < len(asked) else asked[1:]
