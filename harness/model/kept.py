"""Results that are reused while one answer is explained: many mistakes ask the oracle, and each other, the same."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b
from itertools import count, islice
from typing import TYPE_CHECKING
from weakref import ref

import numpy as np

from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.reference import Reference

if TYPE_CHECKING:
    from opassay.harness.model.hypothesis import Hypothesis, Question

References = Sequence[Reference]

BYTES = 2**26
"""Bytes that are kept during one explanation. What does not fit is computed again."""

WHOLE = 8
"""Of so many references, the last, all that bounds their error is kept: an array per step of the op. Of older ones only
the bounds that were asked for."""


class Kept:
    """References by what was asked, bit for bit."""

    def __init__(self, room: int = BYTES) -> None:
        self._room = room
        self._answers: dict[Hashable, References] = {}
        self._variants: dict[Hashable, _Variants] = {}
        self._whole: deque[Reference] = deque(maxlen=WHOLE)

    def answer(self, question: Question, make: Callable[[], References]) -> References:
        """What ``make`` answers to ``question``: the same references each time; raises what it raises."""
        key = _key(question)
        found = self._answers.get(key)
        if found is None:
            found = self.lightened(make(), make)
            if key is not None and self.takes(found):
                self._answers[key] = found
        return found

    def variants(
        self, mistakes: tuple[Hypothesis, ...], question: Question, make: Callable[[], Iterator[References]]
    ) -> Iterable[References]:
        """What ``make`` yields for these mistakes, each computed when it is first asked for."""
        asked = _key(question)
        if asked is None:
            return make()
        return self._variants.setdefault((mistakes, asked), _Variants(make, self))

    def takes(self, found: References) -> bool:
        """Whether there is room for ``found``, which takes it."""
        arrays = (value for reference in found for value in vars(reference).values() if isinstance(value, np.ndarray))
        size = sum(array.nbytes for array in arrays)
        if size > self._room:
            return False
        self._room -= size
        return True

    def lightened(self, found: References, again: Callable[[], References]) -> References:
        """The same without what their bounds are made of, which ``again`` makes again where it is needed."""
        return tuple(self._light(reference, i, again) for i, reference in enumerate(found))

    def _light(self, reference: Reference, i: int, again: Callable[[], References]) -> Reference:
        if reference.allowed_by is None or isinstance(reference.allowed_by, _Allowed):
            return reference
        self._whole.append(reference)
        return replace(reference, allowed_by=_Allowed(reference, lambda: again()[i]))


class _Allowed:
    """The bound of a reference by model, kept; the reference itself is made again where it is gone."""

    def __init__(self, whole: Reference, again: Callable[[], Reference]) -> None:
        self._whole, self._again = ref(whole), again
        self._known: dict[NumericModel, np.ndarray] = {}

    def __call__(self, model: NumericModel) -> np.ndarray:
        if model not in self._known:
            whole = self._whole() or self._again()
            assert whole.allowed_by is not None
            self._known[model] = whole.allowed_by(model)
        return self._known[model]


class _Variants:
    """What a generator yields, as far as it was asked, and how it ended; made again from where there is no room."""

    def __init__(self, make: Callable[[], Iterator[References]], kept: Kept) -> None:
        self._make, self._kept = make, kept
        self._source = make()
        self._made: list[References] = []
        self._full = self._ended = False
        self._error: ValueError | None = None

    def __iter__(self) -> Iterator[References]:
        for at in count():
            if at == len(self._made) and not self._full and not self._ended:
                self._pull(at)
            if at < len(self._made):
                yield self._made[at]
            elif self._full:
                yield from islice(self._make(), at, None)
                return
            elif self._error is not None:
                raise self._error
            else:
                return

    def _pull(self, at: int) -> None:
        try:
            found = next(self._source)
        except StopIteration:
            self._ended = True
            return
        except ValueError as error:
            self._ended, self._error = True, error
            return
        light = self._kept.lightened(found, lambda: next(islice(self._make(), at, None)))
        self._full = not self._kept.takes(light)
        if not self._full:
            self._made.append(light)


def _key(question: Question) -> Hashable:
    """None if nothing distinguishes two such questions."""
    if any(map(_holds_arrays, question.attributes.values())):
        return None
    # Not by equality: 0.0 and -0.0 are two attributes.
    attributes = repr(sorted(question.attributes.items()))
    asked = question.op, question.oracle, question.allowed, len(question.inputs), attributes
    return asked, digest((*question.inputs, *question.cotangents))


def _holds_arrays(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_holds_arrays, value))
    return isinstance(value, np.ndarray)


def digest(arrays: Sequence[np.ndarray | None]) -> bytes:
    """A name of arrays that differs where a bit, a dtype or a shape of them does."""
    found = blake2b(digest_size=16)
    for x in arrays:
        found.update(repr(None if x is None else (x.shape, x.dtype.str)).encode())
        if x is not None:
            found.update(x.tobytes())
    return found.digest()
