"""``doctor --choices`` tells what a framework follows, from its answers alone."""

from __future__ import annotations

from importlib.util import find_spec

from opassay.harness.doors.measured_choices import Row, lines, questions, said
from opassay.harness.find.registry import Registry
from opassay.harness.run.campaign import Campaign, Request, check_devices

INDEX = next(c for c in Registry().op("gather").choices if c.name == "index_below")
END, BOTH = Row(("from_end",)), Row(("from_end", "from_end_or_first"))


def test_an_option_that_all_ops_show_is_declared_without_ops() -> None:
    told = {"gather": [END, BOTH, END], "gather_elements": [BOTH]}
    (line,) = said(INDEX, told)
    assert line.startswith('    Follows("index_below", "from_end"),  # it counts from the end')


def test_ops_that_differ_are_declared_apart_and_the_contract_needs_no_line() -> None:
    told = {"gather": [BOTH, END], "one_hot": [Row(("nowhere",))], "gather_nd": [Row(("refuse",))]}
    assert [line.partition("  #")[0] for line in said(INDEX, told)] == [
        '    Follows("index_below", "from_end", ops=("gather",)),',
        '    Follows("index_below", "nowhere", ops=("one_hot",)),',
    ]


def test_what_is_not_clear_is_a_remark() -> None:
    wrong = Row((), "rule IndexNegative: returned\nfloat32[2] = 0, 0")
    (line,) = said(INDEX, {"gather": [Row((), ""), wrong, END]})
    assert line.lstrip().startswith("#")
    assert line.endswith("2× neither, 1× from_end of gather (rule IndexNegative: returned float32[2] = 0, 0)")


def test_questions_break_the_rule_that_an_option_makes_valid() -> None:
    op = Registry().op("gather")
    asked = list(questions(op, INDEX))
    assert asked
    assert {case.rule for case in asked} == set(INDEX.rules)


if find_spec("onnxruntime"):

    def test_onnxruntime_is_found_to_follow_what_it_declares() -> None:
        campaign = Campaign(Request(["onnxruntime"], ["clamp", "matmul", "gather"]))
        with campaign.engine() as engine:
            check_devices(engine)
            (lane,) = engine.lanes.values()
            found = [line.partition("  #")[0].strip() for line in lines(campaign.ops, engine, lane)]
        assert {
            'Follows("vectors", "numpy"),',
            'Follows("crossed_limits", "high"),',
            'Follows("index_below", "from_end"),',
        } <= set(found)
