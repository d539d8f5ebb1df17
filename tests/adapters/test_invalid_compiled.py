"""Compiled programs check other things than eager kernels: what they make of invalid input is theirs to answer."""

import pytest

from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.plan.plan import Item
from opassay.harness.run.campaign import Campaign, Request, check_devices


def literal(shape, dtype, *values):
    return Tensor(shape, dtype, Fill("literal", values=values))


SCATTER = Case(
    "scatter_nd",
    (literal((2, 1), "int32", 0, 3), literal((2,), "int32", 7, 9)),
    {"shape": (3,)},
    "error",
    "IndexOutOfRange",
)
UNPOOL = Case(
    "max_unpool2d",
    (Tensor((1, 1, 2, 1), "float32"), literal((1, 1, 2, 1), "int64", 0, -1)),
    {"output_shape": (1, 2, 2, 1), "layout": "NHWC"},
    "error",
    "IndexNegative",
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "eager", "compiled"), [(SCATTER, "tensorflow", "tensorflow:xla"), (UNPOOL, "torch", "torch:compile")]
)
@pytest.mark.share(2)
def test_a_compiled_program_answers_an_index_out_of_range(case, eager, compiled):
    campaign = Campaign(Request([eager, compiled], [case.op], ["error"]))
    with campaign.engine() as engine:
        check_devices(engine)
        found = {label: judgement.verdict for label, _, judgement in engine.ask(campaign.ops[0], Item(0, case))}
    assert found == {eager: "pass", compiled: "accepts"}
