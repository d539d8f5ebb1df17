"""Why a target differs: the oracle is evaluated again under one hypothesis about the target at a time.

Two words say how sure that is. A hypothesis *reproduces the answer* when it meets every element, bit for bit or within
the very bound that the answer missed, and no other one does. An answer is *consistent with* those that several meet, or
that meet it by a looser bound only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from weakref import ref

import numpy as np

from opassay.harness.judge.compare import marks
from opassay.harness.judge.measure import measure_of
from opassay.harness.judge.verdict import judge
from opassay.harness.model.case import Case
from opassay.harness.model.explanation import NO_FIT, UNTOLD, VARIES, consistent_with, reproduced_by, unchecked
from opassay.harness.model.hypothesis import Hypothesis, Question, References, made_together
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.op import Op
from opassay.harness.model.outcome import Outcome, Returned
from opassay.harness.model.reference import Reference

Seen = tuple[tuple[ref[Reference], ...], tuple[NumericModel, ...], tuple[int, ...]]
"""References by identity, while they are kept, the models that they are judged by, and the places of the outputs."""


@dataclass(frozen=True, eq=False)
class Answered:
    """A target's answer to a case and its references. ``models``: one per reference; the loosest where none.

    ``always``: the options of choices under which ``references`` are right.
    """

    case: Case
    outcome: Outcome
    references: References
    models: Sequence[NumericModel] = ()
    always: tuple[Hypothesis, ...] = ()

    @property
    def known(self) -> Sequence[NumericModel]:
        return self.models or [NumericModel(accumulator=reference.dtype) for reference in self.references]

    @cached_property
    def differs(self) -> bool:
        """Whether there is an answer, and it is wrong somewhere."""
        if not isinstance(self.outcome, Returned) or self.case.aspect == "error":
            return False
        return judge(self.case, self.outcome, self.references, self.known).verdict not in ("pass", "undefined")

    @cached_property
    def bad(self) -> list[np.ndarray]:
        """Which elements of each output are wrong."""
        assert isinstance(self.outcome, Returned)
        triples = zip(self.outcome.arrays, self.references, self.known, strict=False)
        return [marks(array, reference, model, self.case.exact).bad for array, reference, model in triples]

    @cached_property
    def wrong(self) -> frozenset[int]:
        """The indices of the outputs that do not pass alone."""
        assert isinstance(self.outcome, Returned)
        triples = zip(self.outcome.arrays, self.references, self.known, strict=False)
        judged = [judge(self.case, Returned((array,)), (r,), (model,)).verdict for array, r, model in triples]
        return frozenset(i for i, verdict in enumerate(judged) if verdict not in ("pass", "undefined"))

    @cached_property
    def question(self) -> Question:
        """The question that mistakes are asked."""
        assert isinstance(self.outcome, Returned)
        case, truth = self.case, tuple(self.references)
        return Question(
            case.op, case.attributes, case.inputs(), case.cotangent_values(), truth, tuple(self.outcome.arrays)
        )

    @cached_property
    def seen(self) -> dict[Seen, bool]:
        """Whether the outputs equal a mistake's answer, among those compared so far."""
        return {}

    @cached_property
    def met(self) -> dict[tuple[Hypothesis, ...], References | None]:
        """What ``met_by`` found, by mistakes."""
        return {}

    @property
    def apart(self) -> Sequence[int]:
        """The indices of wrong outputs that are computed independently; none if there is only one, or all depend on
        each other."""
        several = len(self.references) > 1 and isinstance(self.outcome, Returned)
        if not several or len(self.outcome.arrays) != len(self.references):  # type: ignore[union-attr]
            return ()
        return sorted(self.wrong) if self.case.aspect == "gradient" or "stages" in self.case.attributes else ()


@dataclass(frozen=True)
class Fits:
    """The hypotheses that an answer meets, by their own bound or by a looser one.

    ``telling``: false if the answer cannot separate hypotheses, because all that it meets give zeros, as others would.
    """

    exactly: tuple[Hypothesis, ...]
    loosely: tuple[Hypothesis, ...]
    telling: bool


def explain(
    op: Op,
    case: Case,
    outcome: Outcome,
    references: Sequence[Reference],
    models: Sequence[NumericModel] = (),
    again: Sequence[Outcome] = (),
) -> str:
    """Which of the op's hypotheses reproduces the answer, or which it is consistent with, in words.

    ``models``: one per reference, how the target computes; without them, the loosest assumption. ``again``: what the
    target answered to the same case at other times. Empty where there is no answer to explain (raised, crashed,
    invalid input) or nothing is wrong with it.
    """
    asked = Answered(case, outcome, references, models)
    if asked.differs and any(not _same(outcome, other) for other in again):
        return VARIES
    return explain_all(op, [asked])


def explain_all(op: Op, answers: Iterable[Answered]) -> str:
    """The same of one mistake in the answers to several cases.

    Later answers are looked at while several mistakes are possible. One that is named must give one answer more, where
    there is one, and one that fits what many come to must give them all: what a small case shows by chance is no cause
    of what it was shrunk from.
    """
    found = None
    for answered in answers:
        if not answered.differs:
            continue
        if found is not None and found.telling and len(found.exactly) == 1:
            (only,) = found.exactly
            if met_by([only], answered) is None:
                return unchecked(only)
            if not only.general:
                return _words(found)
            continue
        fits = fitting(op, answered)
        if fits.telling or found is None:
            found = fits if found is None or not found.telling else _common(found, fits)
    return "" if found is None else _words(found)


def _common(one: Fits, other: Fits) -> Fits:
    """The hypotheses that meet both answers. An answer that only other hypotheses meet belongs to another mistake."""
    exactly = tuple(h for h in one.exactly if h in other.exactly)
    loosely = tuple(h for h in one.loosely if h in other.loosely)
    return Fits(exactly, loosely, True) if exactly or loosely else one


def _words(found: Fits) -> str:
    if not found.telling:
        return UNTOLD
    if len(found.exactly) == 1:
        return reproduced_by(found.exactly[0])
    close = found.exactly or found.loosely
    return consistent_with(close) if close else NO_FIT


def fitting(op: Op, asked: Answered) -> Fits:
    """The hypotheses of ``op`` that meet an answer, in their order."""
    concerned = [h for h in op.hypotheses if h.concerns(op.name, asked.case.aspect)]
    met = [(h, answers) for h in concerned if (answers := met_by([h], asked)) is not None]
    exactly = [(h, answers) for h, answers in met if not h.looser]
    nothing = all(_says_zero(answers, asked) for _, answers in exactly)
    idle = len(exactly) > 1 or (bool(exactly) and _without_cotangents(asked.case))
    named = tuple(h for h, _ in exactly if not h.general) or tuple(h for h, _ in exactly)
    return Fits(named, tuple(h for h, _ in met if h.looser), not (nothing and idle))


def met_by(mistakes: Sequence[Hypothesis], asked: Answered) -> References | None:
    """The answer of a target that makes these mistakes, where it equals the actual one.

    Gradients, and the stages of a program, are computed each by itself: of each of them any variant may be met.
    """
    key = tuple(mistakes)
    if key not in asked.met:
        asked.met[key] = _met_by(key, asked)
    return asked.met[key]


def _met_by(mistakes: Sequence[Hypothesis], asked: Answered) -> References | None:
    models = list(asked.known)
    for mistake in mistakes:
        models = [mistake.model(model) for model in models]
    apart = asked.apart
    met: list[Reference | None] = [None] * len(asked.references)
    for answers in _variants([*asked.always, *mistakes], asked):
        if _met(answers, models, asked, range(len(met))):
            return answers
        for place in apart if len(answers) == len(met) else ():
            if met[place] is None and _met([answers[place]], [models[place]], asked, [place]):
                met[place] = answers[place]
    if not apart:
        return None
    met = [asked.references[i] if i not in asked.wrong else found for i, found in enumerate(met)]
    return tuple(r for r in met if r is not None) if all(r is not None for r in met) else None


def _met(answers: References, models: Sequence[NumericModel], asked: Answered, places: Sequence[int]) -> bool:
    """Whether these outputs equal those answers, which predict every wrong element."""
    key = tuple(map(ref, answers)), tuple(models), tuple(places)
    if key not in asked.seen:
        asked.seen[key] = _compared(answers, models, asked, places)
    return asked.seen[key]


def _compared(answers: References, models: Sequence[NumericModel], asked: Answered, places: Sequence[int]) -> bool:
    assert isinstance(asked.outcome, Returned)
    arrays = asked.outcome.arrays
    if len(arrays) != len(asked.references):
        # As many outputs as asked for are given under no mistake.
        return False
    outcome = asked.outcome if len(places) == len(arrays) else Returned(tuple(arrays[i] for i in places))
    # Where most elements have no bound, those that are wrong may have one.
    if judge(asked.case, outcome, answers, models).verdict not in ("pass", "undefined"):
        return False
    return _decides(answers, models, asked.case, [asked.bad[i] for i in places])


def _variants(mistakes: Sequence[Hypothesis], asked: Answered) -> Iterator[References]:
    try:
        yield from made_together(mistakes, asked.question)
    except ValueError:
        # The question that the mistake turns this one into has no answer; ContractError is a ValueError.
        return


def _decides(answers: References, models: Sequence[NumericModel], case: Case, wrong: Sequence[np.ndarray]) -> bool:
    """Whether the hypothesis predicts every wrong element."""
    each = zip(answers, models, wrong, strict=False)
    fitting = [found for found in each if found[0].policy != "unconnected" and found[0].exact.shape == found[2].shape]
    return not any(bool((_free(answer, model, case) & bad).any()) for answer, model, bad in fitting)


def _free(reference: Reference, model: NumericModel, case: Case) -> np.ndarray:
    return measure_of(reference, model, case.exact if reference.integral is None else reference.integral).free


def _says_zero(answers: References, asked: Answered) -> bool:
    """Whether it predicts zeros only for each wrong output."""
    assert isinstance(asked.outcome, Returned)
    judged = [
        judge(asked.case, Returned((array,)), (reference,), (model,)).verdict
        for array, reference, model in zip(asked.outcome.arrays, asked.references, asked.known, strict=True)
    ]
    wrong = [a for a, verdict in zip(answers, judged, strict=True) if verdict not in ("pass", "undefined")]
    return all(a.policy != "unconnected" and not np.any(a.exact) for a in wrong)


def _without_cotangents(case: Case) -> bool:
    """Whether a gradient is asked of cotangents that are all zero, so that any gradient is zero."""
    given = [values for values in case.cotangent_values() if values is not None]
    return bool(given) and not any(np.any(values) for values in given)


def _same(one: Outcome, other: Outcome) -> bool:
    """Bit for bit."""
    if not isinstance(one, Returned) or not isinstance(other, Returned) or len(one.arrays) != len(other.arrays):
        return False
    return all(_same_array(a, b) for a, b in zip(one.arrays, other.arrays, strict=True))


def _same_array(a: np.ndarray | None, b: np.ndarray | None) -> bool:
    if a is None or b is None:
        return a is b
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
