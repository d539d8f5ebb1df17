"""Untrusted JSON: parsed in bounded depth, or refused with ``ValueError``."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from typing import Any

DEPTH = 32
"""How deep lists and objects may nest; what opassay writes nests less than half as deep."""


def loads(text: str | bytes) -> Any:
    """What ``text`` (UTF-8) holds.

    Raises ``ValueError`` alone: for what is not JSON, for NaN and infinities, which JSON lacks, for an object with
    one key twice, and for nesting beyond ``DEPTH``.
    """
    try:
        told = text.decode() if isinstance(text, bytes) else text
        data = _decode(told)
    except RecursionError:
        raise ValueError(f"nested deeper than {DEPTH} levels") from None
    # Brackets in strings count too, so this can only be too strict.
    if told.count("[") + told.count("{") > DEPTH:
        _check_depth(data, DEPTH)
    return data


def integer(value: Any) -> int:
    """``value`` if it is an integer of 64 bits. Raises ``ValueError`` otherwise: Python would also accept True and
    "7"."""
    if isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63:
        return value
    raise ValueError(f"expected an integer of at most 64 bits, got {value!r:.60}")


def entries(value: Any) -> list[Any]:
    """``value`` if it is a list. Raises ``ValueError`` otherwise: text would be iterable too."""
    if isinstance(value, list):
        return value
    raise ValueError(f"expected a list, got {value!r:.60}")


def mapping(value: Any, what: str) -> Mapping[str, Any]:
    """``value`` if it is an object; ``ValueError`` else."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{what}: expected an object, got {value!r:.60}")
    return value


def fields(value: Any, what: str, needs: Sequence[str], may: Sequence[str] = ()) -> Mapping[str, Any]:
    """``value`` if it is an object with all fields of ``needs`` and no others than these and ``may``.

    Raises ``ValueError`` otherwise, and names the field: an unknown one is misspelt, or of a later version.
    """
    given = mapping(value, what)
    for name in needs:
        if name not in given:
            raise ValueError(f"{what} lacks {name!r}")
    known = (*needs, *may)
    for name in given:
        if name not in known:
            guess = "".join(f"; did you mean {close!r}?" for close in difflib.get_close_matches(name, known, n=1))
            raise ValueError(f"{what} has no field {name!r:.60}{guess} (there are: {', '.join(known)})")
    return given


def refusal(found: Mapping[str, Any]) -> str:
    """An entry of pydantic's ``errors()`` in one line: where it stands, what was expected, what was given."""
    place = ".".join(str(part) for part in found["loc"]) or "the file"
    if found["type"] == "json_invalid":
        return "not JSON"
    if found["type"] == "missing":
        return f"{place} is missing"
    expected = _EXPECTED.get(found["type"], found["msg"].removeprefix("Input should be "))
    return f"{place}: expected {expected:.300}, got {found['input']!r:.60}"


_EXPECTED = {
    "model_type": "an object",
    "dict_type": "an object",
    "list_type": "a list",
    "string_type": "text",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
}
"""By pydantic's types of errors, in the words of JSON."""


def _check_depth(value: Any, left: int) -> None:
    if isinstance(value, (list, dict)):
        if not left:
            raise ValueError(f"nested deeper than {DEPTH} levels")
        for entry in value.values() if isinstance(value, dict) else value:
            _check_depth(entry, left - 1)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has a key twice")
    return found


def _constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


_decode = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant).decode
