"""What the planted framework was known to answer in its versions 1.4 and 1.5: one thing that it still does, one not."""

from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill


def _entry(name, dtype, versions):
    pin = Case("relu", (Tensor((2,), dtype, Fill("ones")),), {})
    reason = "The answer is one too large."
    return Fact(
        name,
        "upstream",
        reason,
        ops=("relu",),
        verdicts=("structural",),
        when=lambda case: case.tensors[0].dtype == dtype,
        versions=versions,
        pins=(pin,),
    )


KNOWN = (_entry("aging-int32", "int32", "aging 1.4 and 1.5"), _entry("aging-int8", "int8", "aging 1.5"))
