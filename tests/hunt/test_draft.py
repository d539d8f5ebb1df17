"""A draft is a module that says what it lacks; finished, it covers what the finding covers and no more."""

import math
from pathlib import Path

import pytest

from opassay.adapters.kernels.predicates import attribute
from opassay.harness.find.registry import Registry, UsageError
from opassay.harness.hunt import store
from opassay.harness.hunt.draft import draft, find_finding, known_command
from opassay.harness.hunt.draws import simplest
from opassay.harness.hunt.finding import Finding, Predicate
from opassay.harness.hunt.traits import firm, traits
from opassay.harness.judge.facts import applies
from opassay.harness.model.case import Case
from opassay.harness.model.traits import Trait, features
from opassay.harness.plan import generate

TINY = Path(__file__).parent.parent / "thirdparty" / "opassay-tiny" / "src"


def drawn(number, op="conv2d"):
    return next(generate.cases(Registry().op(op), "value", 0, number, number + 1, 1))[1]


def needs(case):
    return traits(case, simplest(Registry().op(case.op), case))


def finding(case, adapter="torch", targets=("torch",), predicates=None):
    sign = frozenset((target, "") for target in targets)
    return Finding(
        id=f"conv2d-value-structural-{case.id[:8]}",
        op=case.op,
        aspect=case.aspect,
        verdict="structural",
        explained_by="no hypothesis fits",
        targets=targets,
        adapters=(adapter,),
        versions={adapter: "2.13.0"},
        records=3,
        case=case,
        geometry=case,
        found_as=case.id,
        message='y[0] expected "1", got \\0',
        rho=float("inf"),
        worst={},
        expected=None,
        actual={},
        suspect_oracle=False,
        failed=2,
        runs=2,
        threads=1,
        asked=10,
        predicates=predicates or (Predicate(sign, needs(case)),),
    )


def finished(source):
    space = {}
    exec(source.replace('owner=""', 'owner="upstream"'), space)
    return space["DRAFT"]


@pytest.mark.parametrize("number", range(12))
def test_a_finished_draft_covers_what_has_all_traits_and_nothing_else(number):
    case = drawn(number)
    known = finished(draft(finding(case), "torch", Registry()))
    assert (known.pins, known.verdicts, known.versions) == ((case,), ("structural",), "torch 2.13.0, CPU")
    assert known.modes == ("eager",)
    assert applies(known, case, "eager")
    held = [all(t.holds(features(other)) for t in needs(case)) for other in map(drawn, range(40))]
    assert [known.covers(other) for other in map(drawn, range(40))] == held
    assert not known.covers(simplest(Registry().op("conv2d"), case))


def test_an_unfinished_draft_says_that_it_lacks_an_owner():
    with pytest.raises(ValueError, match="owner"):
        exec(draft(finding(drawn(0)), "torch", Registry()), {})


def test_a_draft_with_alternatives_covers_each():
    one, other = drawn(0), drawn(1)
    both = tuple(Predicate(frozenset({("torch", "")}), needs(case)) for case in (one, other))
    known = finished(draft(finding(one, predicates=both), "torch", Registry()))
    assert known.covers(one)
    assert known.covers(other)


def test_a_draft_that_needs_nothing_covers_everything():
    plain = simplest(Registry().op("conv2d"), drawn(0))
    known = finished(draft(finding(plain), "torch", Registry()))
    assert all(known.covers(drawn(number)) for number in range(10))


def test_all_modes_are_no_restriction():
    source = draft(finding(drawn(0), targets=("torch", "torch:compile")), "torch", Registry())
    assert finished(source).modes == ()


def test_a_program_with_fewer_stages_is_not_covered_and_does_not_raise():
    case = drawn(3, "deconvnet")
    known = finished(draft(finding(case), "torch", Registry()))
    assert known.covers(case)
    assert not all(known.covers(drawn(number, "deconvnet")) for number in range(20))


def test_an_attribute_that_is_not_there_compares_to_nothing():
    case = Case("relu", (), {"padding": "SAME", "stride": (1, 2)})
    assert attribute(case, "stride", 1) == 2
    for place in (("padding", 0), ("stride", 2), ("none",), ("stride", "x")):
        found = attribute(case, *place)
        assert math.isnan(found)


def test_the_command_writes_beside_the_finding_and_says_where_it_belongs(tmp_path, capsys):
    found = finding(drawn(0))
    folder = store.write(tmp_path, found)
    assert known_command(found.id[:-3], tmp_path) == 0
    assert "adapters/torch/known.py" in capsys.readouterr().out
    assert applies(finished((folder / "known_torch.py").read_text(encoding="utf-8")), found.case, "eager")
    assert find_finding(str(folder), tmp_path) == find_finding(str(folder / store.FINDING), tmp_path) == folder


def test_an_adapter_from_outside_has_its_list_beside_it(tmp_path, capsys, monkeypatch):
    monkeypatch.syspath_prepend(str(TINY))
    folder = store.write(tmp_path, finding(drawn(0), "tiny", ("tiny",)))
    assert known_command(str(folder), tmp_path, ["opassay_tiny.adapter:TinyAdapter"]) == 0
    assert "move it to opassay_tiny/known.py" in capsys.readouterr().out
    text = (folder / "known_tiny.py").read_text(encoding="utf-8")
    assert "to opassay_tiny/known.py" in text
    assert finished(text).pins == (drawn(0),)


@pytest.mark.parametrize(("adapters", "words"), [((), "add --adapter"), (("lonely:Lonely",), "into a package")])
def test_where_there_is_no_place_for_an_entry_that_is_said(adapters, words, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "lonely.py").write_text(
        'class Lonely:\n    name = "lonely"\n    modes = ("eager",)\n', encoding="utf-8"
    )
    folder = store.write(tmp_path, finding(drawn(0), "lonely", ("lonely",)))
    with pytest.raises(UsageError, match=words):
        known_command(str(folder), tmp_path, adapters)
    assert not list(folder.glob("known_*"))


def test_a_draft_that_somebody_has_worked_on_stays(tmp_path):
    folder = store.write(tmp_path, finding(drawn(0)))
    assert known_command(str(folder), tmp_path) == known_command(str(folder), tmp_path) == 0
    (folder / "known_torch.py").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="was changed since"):
        known_command(str(folder), tmp_path)
    assert (folder / "known_torch.py").read_text(encoding="utf-8") == "mine"


def test_what_names_no_finding_or_several_is_refused(tmp_path):
    for number in (0, 1):
        store.write(tmp_path, finding(drawn(number)))
    for text, words in (("nope", "no finding"), ("", "no finding"), ("conv2d", "more of the id")):
        with pytest.raises(UsageError, match=words):
            find_finding(text, tmp_path)
    (tmp_path / store.FINDING).write_text("{}")
    with pytest.raises(UsageError, match="does not hold a finding"):
        known_command(str(tmp_path), tmp_path)


def test_sizes_and_values_are_no_firm_traits():
    told = (Trait(("fill",), ">=", 3), Trait(("tensors", 0, "elements"), ">=", 9), Trait(("rule",), "==", "x"))
    assert firm(told) == {told[2]}


def test_the_simplest_case_needs_nothing():
    for name in ("conv2d", "matmul", "relu", "scatter_nd", "max_unpool2d"):
        assert needs(simplest(Registry().op(name), drawn(0, name))) == ()
