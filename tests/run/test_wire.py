"""Whatever comes over the wire is a message, its end, or one ``WireError``; nothing in it is ever executed."""

from __future__ import annotations

import io
import json
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from opassay.harness.model.outcome import NotSupported, Raised, Returned, TooLarge
from opassay.harness.worker import wire, words

QUIET = settings(database=None, deadline=None, max_examples=300)


def message(header, payload=b"", claimed=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    size = len(payload) if claimed is None else claimed
    return struct.pack(">4sIQ", wire.MAGIC, len(text), size) + text + payload


ARRAYS = [
    np.float32([[1, 2, 3]]),
    np.zeros((0, 5), np.int64),
    np.array(2.5),
    np.zeros((1, 2), np.complex64),
    np.array([True]),
]


@pytest.mark.parametrize(
    "outcome",
    [
        Returned((*ARRAYS, None), "cpu", 0.5),
        Raised("ValueError", "no \u00d7", "framework", 0.1),
        NotSupported("why", 0.0),
        TooLarge("float32[9]", 8, 0.0),
    ],
)
def test_an_outcome_comes_back_as_it_was(outcome):
    stream = io.BytesIO()
    header, buffers = wire.pack(outcome)
    wire.write(stream, header, buffers)
    stream.seek(0)
    again = wire.unpack(*wire.read(stream))
    assert type(again) is type(outcome)
    if isinstance(outcome, Returned):
        for given_, got in zip(outcome.arrays, again.arrays, strict=True):
            assert (got is None) == (given_ is None)
            assert got is None or (got.dtype, got.shape, got.tobytes()) == (
                given_.dtype,
                given_.shape,
                given_.tobytes(),
            )
    else:
        assert again == outcome
    assert wire.read(stream) is None


def understood(data):
    """Read to the end as the parent does; False where a message was refused."""
    stream = io.BytesIO(data)
    try:
        while (read := wire.read(stream, header_limit=wire.ANSWER_HEADER_LIMIT)) is not None:
            words.check(read[0])
            if read[0]["type"] == "outcome":
                wire.unpack(*read)
    except wire.WireError:
        return False
    return True


HUGE = 10**30
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 9)
    | st.sampled_from(
        [HUGE, -HUGE, 2**31, 2**63, 1e308, "", "O", "V8", "S4", "i4,(9)O", "float32", "returned", "outcome"]
    )
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["dtype", "shape", "kind"]), inner),
    max_leaves=6,
)
OUTCOME = {
    "type": "outcome",
    "batch": 1,
    "position": 0,
    "kind": "returned",
    "arrays": [{"dtype": "float32", "shape": [2]}],
    "executor": "",
    "fallback": "",
    "unsteady": "",
    "changed": "",
    "seconds": 0.1,
    "buffers": [8],
}


@QUIET
@given(st.binary(max_size=80))
@example(message({"type": "done", "batch": 1, "buffers": []})[:-1])
def test_any_bytes_are_a_message_an_end_or_a_wire_error(data):
    assert understood(data) == (data == b"")


@QUIET
@given(st.binary(max_size=60), st.integers(0, 40))
def test_any_header_and_payload_are_a_message_or_a_wire_error(text, size):
    understood(message(text, b"x" * size))


@QUIET
@given(st.dictionaries(st.sampled_from(sorted(OUTCOME)), VALUES), st.binary(max_size=16))
@example({}, b"01234567")
def test_an_outcome_with_fields_of_any_kind_is_one_or_a_wire_error(fields, payload):
    understood(message(OUTCOME | fields, payload))


def test_the_outcome_that_is_varied_is_one():
    assert understood(message(OUTCOME, b"01234567"))


HOSTILE = {
    "a header of a gibibyte": struct.pack(">4sIQ", wire.MAGIC, 2**30, 0),
    "a payload of an exbibyte": struct.pack(">4sIQ", wire.MAGIC, 2, 2**60) + b"{}",
    "a payload that never comes": message({"type": "done", "batch": 1, "buffers": [2**30]}, claimed=2**30),
    "a header that never comes": struct.pack(">4sIQ", wire.MAGIC, wire.ANSWER_HEADER_LIMIT, 0),
    "deep": message(b"[" * 10**5),
    "deep, but for Python": message(b'{"type":"hello","settings":' + b'{"a":' * 900 + b"0" + b"}" * 901),
    "negative sizes": message({**OUTCOME, "buffers": [-1, 9]}, b"01234567"),
    "sizes as text": message({**OUTCOME, "buffers": "8"}, b"01234567"),
    "sizes as truths": message({**OUTCOME, "buffers": [True] * 8}, b"01234567"),
    "sizes as an object": message({**OUTCOME, "buffers": {"8": 8}}, b"01234567"),
    "a negative extent": message({**OUTCOME, "arrays": [{"dtype": "float32", "shape": [-1]}]}, b"01234567"),
    "a huge extent": message({**OUTCOME, "arrays": [{"dtype": "float32", "shape": [HUGE]}]}, b"01234567"),
    "huge empty extents": message({**OUTCOME, "arrays": [{"dtype": "int8", "shape": [0, HUGE]}], "buffers": [0]}),
    "objects": message({**OUTCOME, "arrays": [{"dtype": "O", "shape": [1]}]}, b"01234567"),
    "a dtype that is an expression": message(
        {**OUTCOME, "arrays": [{"dtype": "(__import__('os'))i4", "shape": [1]}]}, b"01234567"
    ),
    "a buffer of nobody": message({**OUTCOME, "arrays": []}, b"01234567"),
    "one key twice": message(b'{"type":"done","type":"done","batch":1}'),
    "NaN": message(b'{"type":"done","batch":NaN}'),
    "UTF-16": message('{"type":"done","batch":1}'.encode("utf-16")),
    "a class": message({"__class__": "os.system", "buffers": []}),
    "another magic": b"\x80\x04\x95" + b"0" * 40,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_message_is_refused_and_takes_no_memory(kind):
    tracemalloc.start()
    try:
        assert not understood(HOSTILE[kind])
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    finally:
        tracemalloc.stop()
