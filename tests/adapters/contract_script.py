"""What one adapter does with small, literal questions, as JSON. Run in a process of its own.

    python tests/adapters/contract_script.py adapters.torch.adapter:TorchAdapter

Prints one list of observations ``{"check", "about", "ok", "saw"}``; the tests count and judge them.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import contract_examples as examples
import numpy as np

from harness.model import dtypes, memory
from harness.model.adapter import Adapter, Unconnected, Unsupported
from harness.model.memory import Memory

SHAPES = ((), (3,), (2, 3), (2, 3, 4), (2, 3, 2, 5), (0,), (2, 0, 3, 1))
MEMORIES = tuple(Memory(kind, axis, 3) for kind in memory.KINDS for axis in (0, 1))

Observation = dict[str, Any]


def observe(check: str, about: str, question: Callable[[], Any], expected: Any = True) -> Observation:
    """One observation; whatever is raised is what was seen."""
    try:
        saw = question()
    except Exception as error:
        saw = f"{type(error).__name__}: {error}"
    return {"check": check, "about": about, "ok": _same(saw, expected), "saw": str(saw)[:400]}


def _same(saw: Any, expected: Any) -> bool:
    if isinstance(expected, np.ndarray):
        return isinstance(saw, np.ndarray) and saw.shape == expected.shape and bool((saw == expected).all())
    return type(saw) is type(expected) and saw == expected


def random_bits(dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """Every bit pattern may occur: NaN payloads, subnormals, both zeros."""
    size = dtypes.storage(dtype).itemsize
    raw = np.random.Philox(7).random_raw(max(int(np.prod(shape)), 1)).view(np.uint8)
    return raw[: int(np.prod(shape)) * size].view(dtypes.storage(dtype)).reshape(shape)


def plain(array: np.ndarray) -> bytes:
    return np.ascontiguousarray(array).tobytes()


def spread(dtype: str, shape: tuple[int, ...], kind: Memory) -> np.ndarray:
    return memory.lay_out(random_bits(dtype, memory.stored_shape(kind, shape)), kind, shape)


def round_trips(adapter: Adapter) -> Iterator[Observation]:
    for dtype in dtypes.DTYPES:
        for kind in MEMORIES:
            yield observe(
                "round_trip", f"{dtype} {kind.kind} {kind.axis}", lambda d=dtype, k=kind: _lost(adapter, d, k), []
            )
        yield observe("owns_its_data", dtype, lambda d=dtype: _aliased(adapter, d), [])


def _lost(adapter: Adapter, dtype: str, kind: Memory) -> list[str]:
    lost = []
    for shape in SHAPES:
        array = spread(dtype, shape, kind)
        back = adapter.to_numpy(adapter.to_native(array))
        if (back.dtype, back.shape, plain(back)) != (array.dtype, array.shape, plain(array)):
            lost.append(f"{shape}: {back.dtype} {back.shape}")
    return lost


def _aliased(adapter: Adapter, dtype: str) -> list[str]:
    """Shapes whose tensor changes when the caller's buffer, or the answer of ``to_numpy``, is written to."""
    changed = []
    for shape in ((3,), (2, 3, 2, 5), (64, 65)):
        array = random_bits(dtype, shape).copy()
        tensor = adapter.to_native(array)
        before = plain(adapter.to_numpy(tensor))
        array.view(np.uint8)[...] ^= 255
        first = adapter.to_numpy(tensor)
        if plain(first) != before or not _detached(adapter, tensor, first, before):
            changed.append(str(shape))
    return changed


def _detached(adapter: Adapter, tensor: Any, answer: np.ndarray, before: bytes) -> bool:
    if answer.flags.writeable:
        answer.view(np.uint8)[...] ^= 255
    return plain(adapter.to_numpy(tensor)) == before


def call(adapter: Adapter, mode: str, op: str, arrays: Any, attributes: dict[str, Any]) -> tuple[np.ndarray, ...]:
    """The op's outputs through ``mode``, as NumPy arrays."""
    function = adapter.compile(lambda *tensors: getattr(adapter, op)(*tensors, **attributes), mode)
    outputs = function(*(adapter.to_native(a) for a in arrays))
    return tuple(adapter.to_numpy(y) for y in (outputs if isinstance(outputs, tuple) else (outputs,)))


def mutations(adapter: Adapter) -> Iterator[Observation]:
    for op, (arrays, attributes) in examples.small_calls("float32").items():
        yield observe("inputs_kept", op, lambda o=op, a=arrays, k=attributes: _mutated(adapter, o, a, k), [])


def _mutated(adapter: Adapter, op: str, arrays: Any, attributes: dict[str, Any]) -> list[int]:
    before = [plain(a) for a in arrays]
    tensors = [adapter.to_native(a) for a in arrays]
    getattr(adapter, op)(*tensors, **attributes)
    after = [(plain(a), plain(adapter.to_numpy(t))) for a, t in zip(arrays, tensors, strict=True)]
    return [i for i, (old, new) in enumerate(zip(before, after, strict=True)) if new != (old, old)]


def supported_calls(adapter: Adapter, mode: str) -> Iterator[Observation]:
    """Undeclared combinations answer in the input's dtype; declared ones really fail when called."""
    for dtype in dtypes.DTYPES:
        for op, (arrays, attributes) in examples.small_calls(dtype).items():
            about = f"{op} {dtype} {mode}"
            reason = adapter.unsupported(op, mode, tuple(dtypes.dtype_name(a) for a in arrays), attributes)
            names = lambda o=op, a=arrays, k=attributes: [dtypes.dtype_name(y) for y in call(adapter, mode, o, a, k)]  # noqa: E731
            if reason is None:
                yield observe("dtype_kept", about, names, [dtype, "int64"][: 1 + op.endswith("argmax")])
            else:
                yield observe("limit_is_a_sentence", about, lambda r=reason: len(str(r).split()) > 3)
                yield observe("limit_is_real", f"{about}: {reason}", lambda n=names: _fails(n))


def _fails(question: Callable[[], Any]) -> bool:
    """Whether the framework refuses; ``Unsupported`` out of a call means the adapter refused for it."""
    try:
        question()
    except Unsupported:
        raise
    except Exception:
        return True
    return False


def worked_examples(adapter: Adapter, mode: str) -> Iterator[Observation]:
    for name, op, arrays, attributes, expected in examples.VALUES:
        for position, answer in enumerate(expected):
            ask = lambda o=op, a=arrays, k=attributes, p=position: call(adapter, mode, o, a, k)[p]  # noqa: E731
            yield observe("worked_example", f"{name} [{position}] {mode}", ask, answer)
    for name, op, arrays, attributes in examples.REFUSED:
        ask = lambda o=op, a=arrays, k=attributes: call(adapter, mode, o, a, k)  # noqa: E731
        yield observe("worked_example", f"{name} {mode}", lambda q=ask: _fails(q))


def gradients(adapter: Adapter, mode: str) -> Iterator[Observation]:
    for name, program, arrays, cotangents, expected in examples.gradients(adapter):
        ask = lambda p=program, a=arrays, c=cotangents: vjp(adapter, mode, p, a, c)  # noqa: E731
        for position, answer in enumerate(expected):
            check = "unconnected" if isinstance(answer, str) else "vjp"
            yield observe(check, f"{name} [{position}] {mode}", lambda q=ask, i=position: q()[i], answer)


def vjp(adapter: Adapter, mode: str, program: Any, arrays: Any, cotangents: Any) -> tuple[Any, ...]:
    """The gradients through ``mode``; only arrays may leave a compiled function, so the rest waits outside."""
    given = [c for c in cotangents if c is not None]
    kept: list[bool] = []

    def product(*tensors: Any) -> tuple[Any, ...]:
        rest = iter(tensors[len(arrays) :])
        full = [None if c is None else next(rest) for c in cotangents]
        found = adapter.vjp(program, tensors[: len(arrays)], full)
        kept[:] = [g is not Unconnected for g in found]
        return tuple(g for g in found if g is not Unconnected)

    answers = iter(adapter.compile(product, mode)(*(adapter.to_native(a) for a in (*arrays, *given))))
    return tuple(adapter.to_numpy(next(answers)) if there else "Unconnected" for there in kept)


def observations(adapter: Adapter) -> Iterator[Observation]:
    yield observe("ops", adapter.name, adapter.ops, tuple(sorted(examples.OPS)))
    yield from round_trips(adapter)
    yield from mutations(adapter)
    for mode in (m for m in adapter.modes if m not in adapter.fused_modes):
        yield from worked_examples(adapter, mode)
        yield from gradients(adapter, mode)
        yield from supported_calls(adapter, mode)


def main(target: str) -> None:
    module, _, name = target.partition(":")
    adapter = getattr(importlib.import_module(module), name)("cpu")
    # Frameworks print on stdout when they like; the last line is ours.
    print("\n" + json.dumps(list(observations(adapter))))


if __name__ == "__main__":
    main(sys.argv[1])
