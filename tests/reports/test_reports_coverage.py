"""Coverage: what counts as asked, which pairs, and which of them never."""

import json

import numpy as np
import pytest

from opassay.reports.data.table import frame_of
from opassay.reports.render.html import report_html
from opassay.reports.sections import coverage as module
from opassay.reports.sections.coverage import attribute_texts, coverage, value_text
from opassay.reports.sections.parts import Parts
from opassay.reports.sections.summarise import summarise

TWO = {"torch": {}, "jax": {}}


def covered(made, records, targets=("torch", "jax")):
    run = made.run([made.shard(target=t) for t in targets], targets={t: made.target(t) for t in targets})
    return coverage(frame_of(records), run), run


def values(op, name):
    return dict(op.attributes[name].ordered)


def test_judged_answers_are_counted_per_value_and_target(made):
    records = [made.record(attrs='{"stride":[2,2]}', number=k) for k in range(3)]
    records += [made.record(attrs='{"stride":[1,2]}', verdict="numeric")]
    (targets, (op,)), _ = covered(made, records)
    assert targets == ["torch", "jax"]
    assert values(op, "stride") == {"2×2": [3, 0], "1×2": [1, 0]}


@pytest.mark.parametrize("change", [{"verdict": "unsupported"}, {"verdict": "undefined"}, {"aspect": "error"}])
def test_what_was_not_judged_or_not_valid_is_not_counted(made, change):
    (_, ops), _ = covered(made, [made.record(**change)])
    assert ops == []


def test_pairs_that_never_came_together_are_named(made):
    records = [
        made.record(attrs=json.dumps({"layout": a, "padding": b})) for a, b in (("NHWC", "SAME"), ("NCHW", "VALID"))
    ]
    (_, (op,)), _ = covered(made, records)
    assert sorted(op.never(("layout", "padding"))) == ["NCHW with SAME", "NHWC with VALID"]
    assert op.pairs["layout", "padding"][0].sum() == 2
    assert op.exercised(1) == 0
    assert op.possible > op.exercised(0) > 0


def test_what_every_op_has_is_counted_too(made):
    changes = {"dtype": "float16;float32", "fill": "special;ints", "memory": "sliced;contiguous"}
    record = made.record(**changes, shapes="65x65;0x2", executor="ATen, 2 threads")
    (_, (op,)), _ = covered(made, [record])
    found = {name: next(iter(values(op, name))) for name in op.attributes}
    assert found["dtype"] == "float16+float32"
    assert found["fill"] == "ints+special"
    assert found["memory of the first input"] == "sliced"
    assert found["rank of the first input"] == "2"
    assert (found["size"], found["threads"]) == ("empty", "2")


def test_many_values_are_told_apart_up_to_a_limit(made, monkeypatch):
    monkeypatch.setattr(module, "VALUE_LIMIT", 3)
    records = [made.record(attrs=json.dumps({"groups": k}), number=k) for k in range(9)]
    (_, (op,)), _ = covered(made, records)
    assert [text for text, _ in op.attributes["groups"].ordered] == ["0", "1", "2", "other values"]
    assert values(op, "groups")["other values"] == [6, 0]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([2, 1], "2×1"),
        ([[0, 0], [0, 0]], "explicit, zero"),
        ([[1, 1], [0, 0]], "explicit, even"),
        ([[1, 0], [0, 0]], "explicit, uneven"),
        ("SAME", "SAME"),
        (True, "true"),
        ([], "none"),
    ],
)
def test_values_are_short(value, text):
    assert value_text(value) == text


def test_a_program_has_the_attributes_of_its_stages():
    stages = [{"op": "conv2d", "attributes": {"stride": [1, 1]}}, {"op": "conv2d", "attributes": {"stride": [2, 1]}}]
    assert attribute_texts(json.dumps({"stages": [*stages, {"op": "relu"}]})) == {
        "stages": "3",
        "conv2d.stride": "1×1 and 2×1",
    }


@pytest.mark.parametrize("attrs", ["{", "[]", "3", '{"stages":[3]}', '{"stages":[{"attributes":7}]}'])
def test_attributes_that_are_no_object_are_survived(made, attrs):
    (_, (op,)), _ = covered(made, [made.record(attrs=attrs)])
    assert values(op, "dtype") == {"float32": [1, 0]}


def test_the_page_says_never_where_one_target_was_not_asked(made):
    records = [made.record(attrs='{"layout":"NHWC"}'), made.record(attrs='{"layout":"NCHW"}')]
    records += [made.record(attrs='{"layout":"NHWC"}', target="jax")]
    found, run = covered(made, records)
    text = report_html(summarise(frame_of(records), run), Parts(coverage=found))
    assert '<td>NCHW</td><td class="number">1</td><td class="number gap">never' in text


def test_a_table_in_many_chunks_gives_the_same(made, realistic, tmp_path, monkeypatch):
    from opassay.reports.data import rows
    from opassay.reports.data.stored_table import read_for_pages
    from opassay.reports.sections.parts import read_parts

    made.write_folder(tmp_path, *realistic)
    table = read_for_pages(tmp_path)

    def told():
        _, ops = read_parts(tmp_path, table, realistic[1]).coverage
        return [(op.op, op.possible, [a.ordered for a in op.attributes.values()]) for op in ops]

    first = told()
    monkeypatch.setattr(rows, "ROW_GROUP_ROWS", 7)
    table = frame_of(realistic[0])
    assert told() == first


def test_what_every_target_was_asked_is_one_row_and_what_one_lacks_another():
    counts = np.array([[5, 4, 3, 2, 1, 1], [1, 2, 3, 4, 5, 0]])
    many = module.Attribute("dtype", counts, {name: number for number, name in enumerate("abcdef")})
    assert many.told == [("each of a, b, c, d, e: at least", [1, 1]), ("f", [1, 0])]
    few = module.Attribute("dtype", counts[:, 2:], {name: number for number, name in enumerate("cdef")})
    assert [value for value, _ in few.told] == ["c", "d", "e", "f"]
