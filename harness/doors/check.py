"""``opassay check`` and ``check(...)``: from the options to a report."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from opassay.harness.check import function as functions
from opassay.harness.check.algorithm import declared
from opassay.harness.check.behaves import behaves, exactness
from opassay.harness.check.function import Claims, Function
from opassay.harness.check.reference import op_of
from opassay.harness.check.report import Report
from opassay.harness.check.restrict import Restriction, restricted
from opassay.harness.check.script import write
from opassay.harness.check.session import Asked, Budget, Session
from opassay.harness.check.sharp import sharpness
from opassay.harness.check.smallest import Cause, cause, gravest, smallest
from opassay.harness.check.start import dtypes_of, session
from opassay.harness.find.registry import Registry, UsageError, unknown
from opassay.harness.model.dtypes import DTYPES
from opassay.harness.model.op import Op


@dataclass(frozen=True)
class Wanted:
    """The options besides the function."""

    like: str
    to: Restriction = field(default_factory=Restriction)
    claims: Claims = field(default_factory=Claims)
    budget: Budget = field(default_factory=Budget)
    seed: int | None = None
    backward: bool = False
    device: str = "cpu"
    algorithm: str = ""
    out: Path = Path("opassay-check")


class CheckFailed(AssertionError):
    """A function differs from its op, or none of its answers could be judged; ``report`` has the details."""

    def __init__(self, report: Report) -> None:
        super().__init__(str(report))
        self.report = report


def checked(
    function: Function, wanted: Wanted, registry: Registry, op: Op | None = None, heuristic: str = ""
) -> Report:
    """Run a check. Raises ``UsageError`` for what cannot be asked."""
    began = time.monotonic()
    op = registry.op(wanted.like) if op is None else op
    if op.staged:
        raise UsageError(f"{op.name} is a program of several ops, which no one function is like")
    _check(wanted, op, function)
    to = replace(wanted.to, dtypes=wanted.to.dtypes or dtypes_of(op, DTYPES))
    op = restricted(declared(op, wanted.algorithm) if wanted.algorithm else op, to)
    seed = secrets.randbelow(2**31) if wanted.seed is None else wanted.seed
    with session(function, op, to, wanted.claims, wanted.budget, seed, registry, wanted.device) as asking:
        taken = asking.takes(to.dtypes)
        if not taken:
            raise UsageError(_takes_nothing(function, asking.dropped))
        asking.op = restricted(op, replace(to, dtypes=taken))
        report = _asked(asking, function, wanted, registry)
    return replace(report, seconds=time.monotonic() - began, heuristic=heuristic)


def _takes_nothing(function: Function, dropped: Mapping[str, str]) -> str:
    dtype, why = next(iter(dropped.items()))
    return f"{function.label} answers the simplest case in no dtype; in {dtype}: {why.splitlines()[0]}"


def _check(wanted: Wanted, op: Op, function: Function) -> None:
    for dtype in wanted.to.dtypes:
        if dtype not in DTYPES:
            raise UsageError(unknown("dtype", dtype, DTYPES))
    if wanted.backward and op.gradients is None:
        raise UsageError(f"{op.name} has no gradient: leave out --backward")
    if wanted.backward and function.framework == functions.NUMPY:
        raise UsageError("--backward needs a framework that differentiates: NumPy does not")
    for name in (wanted.claims.acc, wanted.claims.math, wanted.claims.cast.rpartition("=")[2]):
        known = ("tf32", *(d for d in DTYPES if "float" in d))
        if name and name not in known:
            raise UsageError(unknown("format", name, known))


def _asked(asking: Session, function: Function, wanted: Wanted, registry: Registry) -> Report:
    aspects = ["value"] if asking.op.geometries else []
    aspects += ["gradient"] if wanted.backward or not aspects else []
    asked = [one for aspect in aspects for one in asking.all(aspect)]
    failed = [one for one in asked if one.failed]
    if not failed and (varies := asking.again(asked)) is not None:
        asked.append(varies)
        failed = [varies]
    mistakes = registry.mistakes(asking.op.name)
    least, named = (None, Cause()) if not failed else _looked_at(asking, failed, mistakes)
    script = write(asking, function, least, wanted.out, registry) if least is not None else None
    dtypes = list(dict.fromkeys(one.case.tensors[-1].dtype for one in asked))
    return Report(
        function.label,
        asking.op.name,
        f"arrays of {function.framework} {asking.version} ({function.why})",
        wanted.claims.told(dtypes) + (f"; by {wanted.algorithm}" if wanted.algorithm else ""),
        asking.seed,
        asked,
        asking.dropped,
        exactness(asking, asked),
        {d: behaves(asking, asked, d) for d in dtypes if _sums(asking, asked, d)},
        sharpness(asking, asked, mistakes),
        asking.planned,
        least,
        named,
        script,
    )


def _sums(asking: Session, asked: Sequence[Asked], dtype: str) -> bool:
    """Whether any answer in the dtype had an error."""
    return any(one.case.tensors[-1].dtype == dtype and one.judgement.rho for one in asked)


def _looked_at(asking: Session, failed: Sequence[Asked], mistakes: Sequence[Any]) -> tuple[Asked, Cause]:
    first = gravest(failed)
    least = first
    if first.judgement.verdict != "nondeterministic":
        least = smallest(asking, first, failed)
    alike = [one for one in failed if one.judgement.verdict == first.judgement.verdict]
    return least, cause(asking, [least, *alike], mistakes)


def check(
    fn: Callable[..., Any],
    like: str = "",
    *,
    reference: Callable[..., Any] | None = None,
    inputs: Mapping[str, Any] | None = None,
    where: Mapping[str, Any] | None = None,
    dtype: Sequence[str] = (),
    shapes: Sequence[Any] = (),
    contiguous: bool = False,
    map: Mapping[str, str] | None = None,
    framework: str = "",
    device: str = "cpu",
    acc: str = "",
    math: str = "",
    cast: str = "",
    algorithm: str = "",
    backward: bool = False,
    own: bool = False,
    cases: int = Budget.cases,
    seed: int | None = None,
    out: Path | str = "opassay-check",
) -> Report:
    """Check that ``fn`` computes the op ``like``; in a test, ``check(my_softmax, "softmax")``.

    For an op that the catalogue lacks, ``reference`` is a NumPy function, and ``inputs`` gives the axes of its
    parameters: ``{"x": "n k", "w": "k"}``, where equal words are equal extents. Raises ``CheckFailed``, an
    ``AssertionError`` with the difference, and ``ValueError`` for what cannot be asked. The arguments are those of
    ``opassay check``.
    """
    registry = Registry()
    dtype = (dtype,) if isinstance(dtype, str) else tuple(dtype)
    to = Restriction(dict(where or {}), dtype, tuple(_shapes(one) for one in shapes), contiguous=contiguous)
    wanted = Wanted(like, to, Claims(acc, math, cast), Budget(cases), seed, backward, device, algorithm, Path(out))
    try:
        function = functions.of(fn, framework, map or {}, own, registry)
        op, why = (None, "") if reference is None else op_of(function.name, reference, inputs or {}, registry)
        report = checked(function, wanted, registry, op, why)
    except UsageError as error:
        raise ValueError(str(error)) from None
    if report.status:
        raise CheckFailed(report)
    return report


def _shapes(one: Any) -> tuple[tuple[int, ...], ...]:
    given = one.values() if isinstance(one, Mapping) else one
    return tuple(tuple(int(n) for n in shape) for shape in given)
