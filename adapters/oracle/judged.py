"""The oracle's part of an op's entry in ``cases``."""

from __future__ import annotations

from typing import Any

from opassay.adapters.oracle.choices import choices_for
from opassay.adapters.oracle.definition import OPS, Definition
from opassay.adapters.oracle.hypotheses import hypotheses_for


def judged(name: str) -> dict[str, Any]:
    """The fields of ``Op`` that follow from its definition, with its mistakes and choices."""
    known = OPS[name]
    assert isinstance(known, Definition)
    return {
        "inputs": tuple(known.inputs),
        "outputs": known.outputs,
        "differentiable": tuple(known.differentiable),
        "reference": known.reference,
        "stacked": known.stacked if known.stacks else None,
        "vjp": known.vjp,
        "hypotheses": hypotheses_for(name),
        "choices": choices_for(name),
    }
