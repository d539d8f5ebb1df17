"""The aspect ``shape``: what the contract asks for, what execution gave and what was inferred must be the same."""

from __future__ import annotations

from collections.abc import Sequence

from opassay.harness.judge.compare import Judgement
from opassay.harness.model import dtypes
from opassay.harness.model.outcome import Inferred, Returned
from opassay.harness.model.reference import Reference

Told = Inferred | None

_WHO = {
    (False, True, False): "inference disagrees with execution and contract",
    (False, False, True): "execution disagrees with contract and inference",
    (True, False, False): "execution and inference disagree with the contract",
    (False, False, False): "contract, execution and inference all disagree",
    (True, False, True): "execution disagrees with the contract, and inference leaves open which is right",
}
"""By whether inference agrees with execution, execution with the contract, and the contract with inference."""


def judge_shapes(outcome: Returned, references: Sequence[Reference]) -> Judgement:
    """``shape`` or ``dtype`` where the three disagree, ``rejects`` where abstract evaluation refused valid input.

    A dimension that inference leaves unknown agrees with any; ``message`` says so.
    """
    if len(outcome.arrays) != len(references):
        return Judgement("shape", f"expected {len(references)} outputs, got {len(outcome.arrays)}")
    inference = outcome.inference
    if inference is None:
        return Judgement("fault", "the worker sent no inference for a case of the aspect shape")
    if inference.refusal:
        return Judgement(
            "rejects",
            f"abstract evaluation refuses what execution accepts: {inference.refusal}",
            error_type=inference.refusal.partition(":")[0],
        )
    if len(inference.outputs) != len(references):
        return Judgement("shape", f"execution gave {len(references)} outputs, inference {len(inference.outputs)}")
    executed = [None if a is None else (a.shape, dtypes.dtype_name(a)) for a in outcome.arrays]
    judged = [
        _one(reference, ran, inferred)
        for reference, ran, inferred in zip(references, executed, inference.outputs, strict=True)
    ]
    failing = [j for verdict in ("shape", "dtype") for j in judged if j.verdict == verdict]
    if failing:
        return failing[0]
    return Judgement("pass", "; ".join(j.message for j in judged if j.message), bad_elements=0)


def _one(reference: Reference, executed: Told, inferred: Told) -> Judgement:
    contract: Told = None if reference.policy == "unconnected" else (reference.exact.shape, reference.dtype)
    if reference.zeros_too and executed is not None:
        contract = (reference.exact.shape, reference.dtype)
    for verdict, agree in (("shape", _same_shape), ("dtype", _same_dtype)):
        told = (agree(inferred, executed), agree(executed, contract), agree(contract, inferred))
        if not all(told):
            three = _three(contract, executed, inferred)
            return Judgement(verdict, f"{reference.name}: {_WHO[told]}: {three}")
    unknown = inferred is not None and (inferred[0] is None or None in inferred[0])
    return Judgement("pass", f"inference leaves {reference.name} {_show(inferred)}" if unknown else "")


def _same_shape(one: Told, other: Told) -> bool:
    if one is None or other is None:
        return one is other
    if one[0] is None or other[0] is None:
        return True
    pairs = zip(one[0], other[0], strict=False)
    return len(one[0]) == len(other[0]) and all(a is None or b is None or a == b for a, b in pairs)


def _same_dtype(one: Told, other: Told) -> bool:
    return one is None or other is None or one[1] == other[1]


def _three(contract: Told, executed: Told, inferred: Told) -> str:
    return f"contract {_show(contract)}, execution {_show(executed)}, inference {_show(inferred)}"


def _show(told: Told) -> str:
    """``float32[2, ?, 3]``: a question mark is an unknown extent, an ellipsis an unknown rank."""
    if told is None:
        return "nothing"
    shape, dtype = told
    inside = "..." if shape is None else ", ".join("?" if n is None else str(n) for n in shape)
    return f"{dtype}[{inside}]"
