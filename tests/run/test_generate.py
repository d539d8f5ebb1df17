"""The stream of cases: the same everywhere, in any slice."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from opassay.cases import pool
from opassay.cases.conv import conv2d
from opassay.cases.elementwise import relu
from opassay.cases.unpool import max_unpool2d
from opassay.harness.model.case import ASPECTS, Case, Geometry, Tensor
from opassay.harness.model.op import Op
from opassay.harness.plan.generate import cases, fill_key, geometries, pins

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import json, sys
from opassay.cases.conv import conv2d
from opassay.cases.scatter import scatter_nd
from opassay.cases.unpool import max_unpool2d
from opassay.harness.plan.generate import cases
ops = (conv2d, scatter_nd, max_unpool2d)
print(json.dumps({f"{op.name}/{aspect}": [c.id for _, c in cases(op, aspect, 7, 5, 25, 2)]
                  for op in ops for aspect in ("value", "error")}))
"""


def ids(op, aspect, seed, start, stop, fills=2):
    return [(number, case.id) for number, case in cases(op, aspect, seed, start, stop, fills)]


def op_of(draw, name="toy"):
    return Op(name, ("x",), ("y",), "movement", ("x",), lambda: draw, lambda attributes, inputs: ())


def one_tensor(extents):
    return Geometry(Case("toy", (Tensor(tuple(extents), "float32"),)), ("ones", "normal"))


@pytest.mark.parametrize("aspect", ASPECTS)
def test_slices_concatenate_to_the_whole_stream(aspect):
    whole = ids(max_unpool2d, aspect, 3, 0, 40)
    parts = [ids(max_unpool2d, aspect, 3, start, stop) for start, stop in ((0, 1), (1, 17), (17, 17), (17, 40))]
    assert whole == [entry for part in parts for entry in part]


def test_numbers_count_up_and_each_geometry_has_its_fills():
    numbers = [number for number, _ in cases(relu, "value", 0, 10, 14, 3)]
    assert numbers == [10, 10, 10, 11, 11, 11, 12, 12, 12, 13, 13, 13]


def test_another_process_with_another_hash_seed_gives_the_same_cases_and_leaves_nothing_behind(tmp_path):
    answers = [_in_process(tmp_path, hash_seed) for hash_seed in ("1", "2")]
    assert answers[0] == answers[1]
    assert answers[0]["conv2d/value"] == [case.id for _, case in cases(conv2d, "value", 7, 5, 25, 2)]
    assert list(tmp_path.iterdir()) == []


def _in_process(folder, hash_seed):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hash_seed, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.parametrize("changed", [{"seed": 1}, {"aspect": "shape"}, {"number": 6}, {"op": "other"}])
def test_fill_keys_depend_on_each_of_seed_op_aspect_and_number(changed):
    base = {"seed": 0, "op": "conv2d", "aspect": "value", "number": 5}
    assert fill_key(**base) != fill_key(**{**base, **changed})


def test_fill_keys_have_at_most_62_bits():
    keys = [fill_key(0, "conv2d", "value", number) for number in range(200)]
    assert max(keys) < 2**62
    assert max(keys) > 2**60


def test_another_seed_gives_other_cases():
    assert {i for _, i in ids(conv2d, "value", 0, 0, 20)}.isdisjoint(i for _, i in ids(conv2d, "value", 1, 0, 20))


@pytest.mark.parametrize("op", [conv2d, max_unpool2d, relu], ids=lambda op: op.name)
def test_fills_of_one_geometry_never_share_an_id(op):
    by_number = {}
    for number, case in cases(op, "value", 0, 0, 60, 10):
        by_number.setdefault(number, []).append(case.id)
    assert all(len(set(found)) == 10 for found in by_number.values())


def test_eight_fills_of_a_geometry_are_of_eight_kinds_unless_its_sums_are_too_long_for_most():
    by_number = {}
    for number, case in cases(conv2d, "value", 0, 0, 20, 8):
        by_number.setdefault(number, set()).add(case.tensors[0].fill.kind)
    counts = [len(kinds) for kinds in by_number.values() if "sparse" not in kinds]
    assert set(counts) == {8}
    assert len(counts) > 10


def test_fills_of_one_geometry_differ_in_values_only():
    groups = {}
    for number, case in cases(conv2d, "value", 0, 0, 20, 4):
        groups.setdefault(number, set()).add(case.geometry_key)
    assert all(len(keys) == 1 for keys in groups.values())


def test_index_tensors_get_keys_of_their_own_per_geometry_and_keep_them_over_fills():
    by_number = {}
    for number, case in cases(max_unpool2d, "value", 0, 0, 20, 3):
        by_number.setdefault(number, set()).add(case.tensors[1].fill.key)
    assert all(len(keys) == 1 for keys in by_number.values())
    assert len(set.union(*by_number.values())) == 20


def test_error_cases_take_the_rules_in_turn_with_one_fill_each():
    rules = [rule.name for rule in conv2d.rules]
    found = [(number, case.rule, case.aspect) for number, case in cases(conv2d, "error", 0, 3, 17, 5)]
    assert found == [(k, rules[k % len(rules)], "error") for k in range(3, 17)]


def test_an_op_without_rules_has_no_error_cases():
    assert list(geometries(relu, "error", 0, 0, 10)) == []


@pytest.mark.parametrize("aspect", ["value", "gradient", "shape"])
def test_cases_carry_the_aspect_that_was_asked_for(aspect):
    assert {case.aspect for _, case in cases(pool.avg_pool2d, aspect, 0, 0, 10, 2)} == {aspect}


def test_pins_are_numbered_from_below_zero_and_belong_to_the_aspect():
    for aspect in ("value", "gradient"):
        own = [pin for pin in pool.max_pool2d.pins if pin.case.aspect == aspect]
        found = list(pins(pool.max_pool2d, aspect))
        assert own
        assert [number for number, _ in found] == list(range(-len(own), 0))
        assert [pin.name for _, pin in found] == [pin.name for pin in own]
    assert list(pins(pool.max_pool2d, "error")) == []


@pytest.mark.parametrize(("start", "stop"), [(-1, 3), (4, 3)])
def test_a_slice_that_is_none_is_refused(start, stop):
    with pytest.raises(ValueError, match=f"start {start}, stop {stop}"):
        list(geometries(relu, "value", 0, start, stop))


def test_a_draw_is_made_once_however_many_batches_ask_for_it():
    made = []

    def counted():
        made.append(1)
        return conv2d.geometries()

    op = replace(conv2d, geometries=counted)
    for start in range(0, 12, 4):
        list(cases(op, "value", 0, start, start + 4, 1))
    assert made == [1]
