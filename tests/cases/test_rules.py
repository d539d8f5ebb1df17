"""Every rule breaks the contract in just the way its name says."""

import pytest

from opassay.cases import conv, matmul, pool, scatter, unpool
from opassay.harness.model.case import Case
from opassay.harness.model.op import ContractError
from opassay.harness.plan.deal import Dealer
from opassay.harness.plan.generate import cases

BREACHES = [
    *((getattr(family, name), found) for family in (conv, pool) for name, found in family.BREACHES.items()),
    (unpool.max_unpool2d, unpool.BREACHES["max_unpool2d"]),
    (unpool.avg_unpool2d, unpool.BREACHES["avg_unpool2d"]),
    (matmul.matmul, matmul.BREACHES),
    (scatter.scatter_nd, scatter.BREACHES),
]
SAYS = {
    "ChannelMismatch": r"x has \d+ channels, the filter",
    "GroupsDoNotDivide": r"groups \d must divide",
    "GroupsZero": r"groups must be .* is (0|-1)",
    "StrideNegative": r"stride must be .* is -1",
    "DilationNegative": r"dilation must be .* is -1",
    "WindowNegative": r"window must be .* is -1",
    "PadUnknown": r"padding must be 'SAME', 'VALID' or .* got '",
    "PadOverflow": r"padding .* must be smaller than the effective window|padding .* must be less than 2\*\*31",
    "FilterRankThree": r"filter must have rank \d, got rank \d",
    "FilterZero": r"filter's .* must be at least 1",
    "DtypeMismatch": r"operands must have one dtype",
    "OutputRankThree": r"output_shape must be \d integers",
    "OutputOverflow": r"output_shape .* too large|more than can be addressed",
    "IndexDtype": r"indices must be int32 or int64, got",
    "RankZero": r"must have rank 2 or more, got rank 0",
    "ShapeNegative": r"shape must be .* is -1",
    "StrideZero": r"stride must be .* is 0",
    "DilationZero": r"dilation must be .* is 0",
    "WindowZero": r"window must be .* is 0",
    "WindowLargerThanInput": r"effective window of \d+ does not fit",
    "PadNegative": r"padding .* is -\d+",
    "PadNotSmallerThanWindow": r"padding .* must be smaller than the effective window",
    "RankThree": r"rank \d .* got rank \d",
    "OutputTooSmall": r"output_shape .* too small",
    "OutputTooLarge": r"output_shape .* too large",
    "OutputNegative": r"output_shape .* is -1",
    "OutputBatch": r"output_shape .* batch",
    "OutputChannels": r"output_shape .* channels",
    "IndexOutOfRange": r"indices.* must lie in",
    "IndexNegative": r"indices.* must lie in .* got \[-",
    "IndexWrongChannel": r"own channel",
    "ShapeMismatch": r"indices must have the shape .* of x",
    "InnerMismatch": r"inner extents must be equal",
    "RankOne": r"must have rank 2 or more, got rank 1",
    "BatchMismatch": r"batch axes must broadcast",
    "UpdatesShape": r"updates must have shape",
    "IndexDepthTooLarge": r"last extent of indices must lie in",
}
EACH = [pytest.param(op, breach, id=f"{op.name}-{breach.name}") for op, found in BREACHES for breach in found]
SIMPLE = [each for each in EACH if each.values[1].name != "IndexDepthTooLarge"]
"""Deeper indices need updates of another shape too, or a second rule would be broken."""


def pairs(op, breach, count):
    draw = breach.pairs()
    dealer = Dealer(draw, f"{op.name}/{breach.name}")
    return [draw.made(dealer.row(number)) for number in range(count)]


@pytest.mark.parametrize(("op", "breach"), EACH)
@pytest.mark.share(2)
def test_the_broken_case_is_rejected_for_what_it_breaks_and_its_sibling_is_not(op, breach):
    for valid, broken in pairs(op, breach, 25):
        assert op.reference(valid.attributes, valid.inputs())
        with pytest.raises(ContractError, match=SAYS[breach.name]):
            op.reference(broken.attributes, broken.inputs())


@pytest.mark.parametrize(("op", "breach"), SIMPLE)
@pytest.mark.share(2)
def test_the_siblings_differ_in_one_tensor_or_one_attribute(op, breach):
    assert [_changes(valid, broken) for valid, broken in pairs(op, breach, 25)] == [1] * 25


def _changes(valid, broken):
    tensors = sum(a != b for a, b in zip(valid.tensors, broken.tensors, strict=True))
    return tensors + sum(valid.attributes[name] != broken.attributes[name] for name in valid.attributes)


@pytest.mark.parametrize("op", [op for op, _ in BREACHES], ids=lambda op: op.name)
def test_the_stream_names_the_rule_and_survives_json(op):
    found = [case for _, case in cases(op, "error", 0, 0, len(op.rules), 1)]
    assert [case.rule for case in found] == [rule.name for rule in op.rules]
    assert all(Case.loads(case.dumps()) == case for case in found)


def test_every_rule_of_an_op_has_a_name_of_its_own_and_says_what_holds():
    for op, _ in BREACHES:
        assert len({rule.name for rule in op.rules}) == len(op.rules)
        assert all(rule.says for rule in op.rules)
