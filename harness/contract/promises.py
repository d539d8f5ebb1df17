"""What each check of the suite stands for, and where that is described: what a failure says first."""

from __future__ import annotations

from collections.abc import Sequence

from opassay.harness.contract.observe import Observation

CLASS = "the docstring of {} in opassay.Adapter"
PAGE = "'What the class promises' in docs/adding-a-backend.md"
OPS = "the op's line in 'opassay list ops'"
PROMISES = {
    "ops": ("every public method is an op of the interface", PAGE),
    "identity": ("version, origin, settings and executor say who computes", CLASS.format("origin")),
    "round_trip": ("to_native and to_numpy keep every bit", CLASS.format("to_native")),
    "owns_its_data": ("arrays of the framework share no memory with NumPy's", CLASS.format("to_native")),
    "inputs_kept": ("an op leaves its inputs as they are", PAGE),
    "dtype_kept": ("answers have the dtype of the contract", OPS),
    "shape_kept": ("answers have the shape of the contract", OPS),
    "device": ("answers lie on the device that was asked for", CLASS.format("location")),
    "worked_example": ("worked examples come out", OPS),
    "error": ("the framework, and nobody for it, refuses invalid input", PAGE),
    "limit_is_a_sentence": ("a limit is a reason that a reader can use", CLASS.format("unsupported")),
    "limit_is_real": ("a limit is the framework's own", CLASS.format("unsupported")),
    "limit_before_call": ("a limit is told before the framework is called", CLASS.format("unsupported")),
    "vjp": ("vjp takes several outputs, inputs and cotangents", CLASS.format("vjp")),
    "unconnected": (
        "vjp says which inputs are unconnected, or choices.py says that they are given zeros",
        "'unconnected' in 'opassay list choices'",
    ),
    "batch": ("cases that run together answer what each answers alone", CLASS.format("compile")),
}
"""By check: the promise, and where it is described."""

LINES, WIDTH = 16, 230
"""So many observations, cut to so many characters, fit a screen."""


def told(wrong: Sequence[Observation], asked: int, known: int) -> str:
    """What is not as promised: each promise with where it is described, then observations, as many as fit."""
    head = f"{len(wrong)} of {asked} are not as promised" + (f", besides {known} that are known" if known else "")
    broken = dict.fromkeys(o["check"] for o in wrong)
    promises = [f"{PROMISES[check][0]}: see {PROMISES[check][1]}" for check in broken]
    more = [f"… and {len(wrong) - LINES} more"] if len(wrong) > LINES else []
    return "\n".join([head, *promises, *(line(o)[:WIDTH] for o in wrong[:LINES]), *more])


def line(observation: Observation) -> str:
    """One observation, with the id of the case that it asked, if it was one."""
    said = "{check} · {about}: expected {expected}, saw {saw}".format(**observation).replace("\n", " ")
    return f"case {observation['case_id']} · {said}" if "case_id" in observation else said
