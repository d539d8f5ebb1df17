"""What onnxruntime does differently in ops that treat each element alone. Free of onnxruntime."""

from __future__ import annotations

from opassay.adapters.known_elements import holds_nan
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill


def _narrow_nan(case: Case) -> bool:
    return case.tensors[0].dtype in ("float16", "bfloat16") and holds_nan(case)


ELEMENTS = (
    Fact(
        "onnxruntime-sign-nan",
        "upstream",
        "of float16 and bfloat16, Sign compares with 0, and a NaN is neither less nor greater",
        ops=("sign",),
        verdicts=("special",),
        when=_narrow_nan,
        versions="onnxruntime 1.32.0, CPU",
        pins=tuple(
            Case("sign", (Tensor((2,), dtype, Fill("literal", values=(float("nan"), -1.0))),))
            for dtype in ("float16", "bfloat16")
        ),
    ),
)
