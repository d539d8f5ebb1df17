"""What the planted framework was known to answer in its versions 1.4 and 1.5: one thing that it still does, one not."""

from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.known import Known


def _entry(name, dtype, versions):
    pin = Case("relu", (Tensor((2,), dtype, Fill("ones")),), {})
    reason = "The answer is one too large."
    return Known(
        name, "relu", "structural", lambda case: case.tensors[0].dtype == dtype, "upstream", reason, versions, pin
    )


KNOWN = (_entry("aging-int32", "int32", "aging 1.4 and 1.5"), _entry("aging-int8", "int8", "aging 1.5"))
