"""A method or expression of an adapter that is named as no op is never asked: the run says so."""

from types import SimpleNamespace

from opassay.harness.run.run import _misspelt


def test_a_name_that_is_no_op_is_a_warning_with_the_closest_op():
    lane = SimpleNamespace(label="mine", hello={"ops": ["relu", "erfz", "qqqqq"]})
    engine = SimpleNamespace(lanes={"mine": lane, "down": SimpleNamespace(label="down", hello={})})
    assert list(_misspelt(engine, ["erf", "relu"])) == [
        "mine: its adapter has 'erfz', which is no op of opassay; did you mean 'erf'?",
        "mine: its adapter has 'qqqqq', which is no op of opassay",
    ]
