"""Which accumulator a function behaves like: the widest format whose bound covers all its answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from opassay.harness.check.session import Asked, Session
from opassay.harness.judge.verdict import judge
from opassay.harness.model import dtypes
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.model.op import references
from opassay.harness.model.outcome import Returned
from opassay.harness.model.reference import Reference
from opassay.harness.model.verdicts import FAILING

FORMATS = sorted(dtypes.FLOATS, key=lambda name: -dtypes.FORMATS[name].precision)

LIKELY = 24
"""Number of cases that are judged per format: those with the largest error under the claim."""


def behaves(session: Session, asked: Sequence[Asked], dtype: str) -> str:
    """The format; empty if no answer in the dtype has an error, or if no bound covers all of them."""
    chosen = [a for a in asked if a.case.tensors[-1].dtype == dtype and isinstance(a.outcome, Returned)]
    chosen = [a for a in chosen if a.judgement.rho]
    chosen.sort(key=lambda a: -(a.judgement.rho or 0))
    if not chosen or not dtypes.is_float(dtype):
        return ""
    return next((name for name in FORMATS if _inside(session, chosen[:LIKELY], name)), "")


def exactness(session: Session, asked: Sequence[Asked]) -> str:
    """Whether answers are exact for integer inputs and results: "yes" or "no"; empty without such a case."""
    whole = [one for one in asked if one.judged and one.case.exact and not one.case.empty][:LIKELY]
    whole = [one for one in whole if all(_integers(r) for r in references(session.op, one.case))]
    if not whole:
        return ""
    return "no" if any(one.failed or one.judgement.max_abs_error for one in whole) else "yes"


def _integers(reference: Reference) -> bool:
    exact = reference.exact
    return reference.policy != "unconnected" and bool(np.isfinite(exact).all() and (exact == np.rint(exact)).all())


def _inside(session: Session, asked: Sequence[Asked], name: str) -> bool:
    return all(_passes(session, one, name) for one in asked)


def _passes(session: Session, one: Asked, name: str) -> bool:
    assert isinstance(one.outcome, Returned)
    truth = references(session.op, one.case, one.outcome.arrays)
    models = [NumericModel(name, model.inputs) for model in session.models(truth)]
    return judge(one.case, one.outcome, truth, models).verdict not in FAILING
