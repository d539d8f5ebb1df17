"""What the strategies of every op cover, and the limits that they keep."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from opassay.cases import fillings, fitting, tables
from opassay.harness.judge.numerics import bound
from opassay.harness.model import dtypes
from opassay.harness.model.fills import EXACT_KINDS, ROUNDING_KINDS
from opassay.harness.model.memory import Memory
from opassay.harness.model.numeric_model import NumericModel
from opassay.harness.plan.generate import fill_key

TABLE = runpy.run_path(str(Path(__file__).with_name("coverage_table.py")))
OPS, stream, counts, largest = TABLE["OPS"], TABLE["stream"], TABLE["counts"], TABLE["largest"]
multiply_adds, output_shape, data_dtype = TABLE["multiply_adds"], TABLE["output_shape"], TABLE["data_dtype"]
CASES = 300
MANY = 2000

every_op = pytest.mark.parametrize("op", OPS)
pytestmark = pytest.mark.share(2)
SUMS = ("conv2d", "conv2d_transpose", "avg_pool2d", "matmul", "scatter_nd")
CONVS = ("conv2d", "conv2d_transpose")
POOLS = ("max_pool2d", "max_pool2d_with_argmax", "avg_pool2d")
INDEXED = (("max_unpool2d", 1), ("scatter_nd", 0))
MEMORIES = {"contiguous", "transposed", "sliced", "offset", "reversed", "broadcast", "channels_last"}
SMALL_PRIMES_AND_EDGES = {0, 1, 2, 3, 5, 7, 15, 16, 17, 31, 32, 33, 64, 65}


def references(op, count, fills=2):
    """Cases of the stream with what the oracle says of them."""
    for number, geometry in enumerate(stream(op, count)):
        for fill in range(fills):
            case = geometry.dress(fill, fill_key(0, op, "value", number))
            yield case, OPS[op].reference(case.attributes, case.inputs())


@every_op
def test_every_fill_kind_comes_first_in_a_fair_share(op):
    table = counts(op, CASES)
    assert set(table["first fill"]) - {"sparse"} == set(EXACT_KINDS)
    assert set(table["second fill"]) >= set(ROUNDING_KINDS)
    assert all(table["first fill"][kind] >= CASES // 10 for kind in EXACT_KINDS)
    assert all(table["second fill"][kind] >= CASES // 20 for kind in ROUNDING_KINDS)


@every_op
def test_exact_and_rounding_kinds_take_turns(op):
    for geometry in stream(op, CASES):
        if geometry.kinds[0] == "sparse":
            assert (geometry.kinds[:2], set(geometry.kinds[2:])) == (("sparse", "sparse"), set(ROUNDING_KINDS))
        elif len(geometry.kinds) > 1 and dtypes.is_float(data_dtype(geometry.case)):
            assert [kind in EXACT_KINDS for kind in geometry.kinds] == [True, False] * 4
            assert len(set(geometry.kinds)) == 8


@every_op
def test_every_dtype_of_the_contract_occurs(op):
    expected = set(dtypes.CORE)
    if op in (*CONVS, "matmul"):
        expected -= {"int8", "uint8"}
    if op == "avg_pool2d":
        expected = set(dtypes.FLOATS)
    assert set(counts(op, CASES)["dtype"]) == expected


@every_op
def test_every_memory_kind_occurs_for_every_tensor(op):
    table = counts(op, CASES)
    for position in range(len(OPS[op].inputs)):
        missing = {"broadcast"} if (op, position) in INDEXED else set()
        if op == "scatter_nd":
            missing |= {"channels_last"}
        assert set(table[f"memory {position}"]) >= MEMORIES - missing
        assert 0.4 <= table[f"memory {position}"]["contiguous"] / CASES <= 0.6


@pytest.mark.parametrize(("op", "position"), INDEXED)
def test_index_tensors_are_never_broadcast(op, position):
    assert "broadcast" not in counts(op, MANY)[f"memory {position}"]


@pytest.mark.parametrize("op", [*CONVS, *POOLS])
def test_every_value_of_the_window_attributes_occurs(op):
    table = counts(op, CASES)
    for axis in "hw":
        assert set(table[f"stride {axis}"]) >= {1, 2, 3}
        assert set(table[f"{'kernel' if op in CONVS else 'window'} {axis}"]) >= {1, 2, 3, 4, 5, 7, 11}
        if op != "avg_pool2d":
            assert set(table[f"dilation {axis}"]) >= {1, 2, 3}
    assert set(table["padding"]) == {"SAME", "VALID", "symmetric", "asymmetric"}


@pytest.mark.parametrize("op", CONVS)
def test_every_kind_of_groups_occurs(op):
    assert set(counts(op, CASES)["groups"]) >= {1, 2, 3, "depthwise"}


@pytest.mark.parametrize("op", [*CONVS, *POOLS, "max_unpool2d", "avg_unpool2d"])
def test_both_layouts_occur(op):
    assert min(counts(op, CASES)["layout"][layout] for layout in ("NHWC", "NCHW")) > CASES // 3


def test_average_pools_count_padding_and_do_not():
    assert set(counts("avg_pool2d", CASES)["count_padding"]) == {True, False}


@every_op
def test_extents_hold_zero_one_small_primes_and_the_edges_of_tiles(op):
    assert set(counts(op, CASES)["extent"]) >= SMALL_PRIMES_AND_EDGES


def test_matmul_broadcasts_batch_axes_in_every_rank_and_has_an_inner_extent_of_zero():
    shapes = {tuple(t.shape for t in g.case.tensors) for g in stream("matmul", CASES)}
    assert {(len(a), len(b)) for a, b in shapes} >= {(2, 2), (3, 3), (4, 4), (3, 2), (2, 3), (3, 4), (4, 2)}
    assert any(a[-1] == 0 for a, _ in shapes)
    assert any(len(a) == len(b) == 4 and a[0] != b[0] and a[1] != b[1] for a, b in shapes)


def test_scatter_indexes_every_depth_of_every_rank_and_repeats_positions():
    cases = [g.case for g in stream("scatter_nd", CASES)]
    depths = {(len(c.attributes["shape"]), c.tensors[0].shape[-1]) for c in cases}
    assert depths == {(rank, k) for rank in range(1, 5) for k in range(1, rank + 1)}
    repeated = [c for c in cases if _repeats(c.tensors[0].materialize())]
    assert len(repeated) > CASES // 4


def _repeats(indices):
    rows = indices.reshape(-1, indices.shape[-1])
    return len(np.unique(rows, axis=0)) < len(rows)


def test_unpooled_cells_are_distinct_but_for_a_small_share_where_equal_values_meet():
    shared = [g for g in stream("max_unpool2d", MANY) if g.case.tensors[1].fill.limits[3] > 1]
    assert 0.02 <= len(shared) / MANY <= 0.06
    assert {g.kinds for g in shared} == {("ones",)}
    assert any(_meets(g.case.tensors[1]) for g in shared[:20])
    assert not any(_meets(g.case.tensors[1]) for g in stream("max_unpool2d", 200) if g not in shared)


def _meets(tensor):
    return any(len(np.unique(sample)) < sample.size for sample in tensor.materialize())


@every_op
def test_about_two_cases_in_five_are_float32(op):
    assert 0.35 <= counts(op, MANY)["dtype"]["float32"] / MANY <= 0.45


@every_op
def test_about_one_case_in_twenty_has_an_extent_of_zero(op):
    empty = sum(any(0 in t.shape for t in g.case.tensors) for g in stream(op, MANY))
    assert 0.02 <= empty / MANY <= 0.08


@every_op
def test_a_good_share_is_above_4096_elements_under_every_fill(op):
    for position in (0, 1):
        sizes = {}
        for geometry in stream(op, MANY):
            sizes.setdefault(geometry.kinds[position % len(geometry.kinds)], []).append(largest(geometry.case) > 4096)
        assert all(sum(big) / len(big) >= 0.15 for big in sizes.values()), {k: np.mean(v) for k, v in sizes.items()}


@every_op
def test_no_tensor_and_no_sum_is_above_its_limit(op):
    sizes = [largest(geometry.case) for geometry in stream(op, MANY)]
    assert 0.005 <= sum(size > 65_536 for size in sizes) / MANY <= 0.04
    # One axis alone is grown, and a stride or a window may double what it makes.
    assert max(sizes) <= 2 * 66_049
    for geometry in stream(op, MANY):
        limit = 250_000 if data_dtype(geometry.case) == "float64" else 1_000_000
        assert multiply_adds(geometry.case) <= limit or op not in (*SUMS, *POOLS)


@every_op
def test_every_case_is_valid_and_of_the_shape_that_the_attributes_say(op):
    for case, answers in references(op, 200):
        assert answers[0].exact.shape == tuple(output_shape(case))


@pytest.mark.parametrize("op", SUMS)
def test_sums_are_exact_where_their_terms_times_unit_roundoff_exceed_a_quarter(op):
    for case, (answer,) in references(op, CASES):
        dtype = data_dtype(case)
        if dtypes.is_float(dtype) and answer.terms.size:
            long = answer.terms.max() * dtypes.FORMATS[dtype].unit_roundoff > 0.25
            assert case.exact or not long


@pytest.mark.parametrize("op", ["conv2d", "conv2d_transpose", "matmul", "scatter_nd"])
def test_the_first_fill_of_a_narrow_sum_leaves_hardly_an_element_inexact(op):
    inexact, elements = 0, 0
    for case, (answer,) in references(op, CASES, fills=1):
        if data_dtype(case) in fillings.NARROW:
            inexact += np.count_nonzero(bound(answer, NumericModel(answer.dtype), True).allowed)
            elements += answer.exact.size
    assert inexact < elements / 1000


def test_a_long_narrow_sum_has_values_that_differ_along_every_axis():
    broadcast = Memory("broadcast", 0)
    tensors = [tables.data(shape, "bfloat16", broadcast) for shape in ((4, 300), (300, 4))]
    kinds = fillings.SUM_KINDS[0]
    found = fillings.summed(tables.geometry("matmul", tensors, kinds), kinds, 300)
    assert {t.memory.kind for t in found.case.tensors} == {"reversed"}
    assert found.kinds[:2] == ("sparse", "sparse")


def test_wide_dtypes_and_short_sums_keep_their_kinds():
    ones, iota, ints = (next(k for k in fillings.SUM_KINDS if k[0] == first) for first in ("ones", "iota", "ints"))
    for dtype, terms, kinds in (("float32", 4096, ints), ("float32", 798, iota), ("bfloat16", 64, ones)):
        assert summed_kinds(dtype, terms, kinds) == kinds


@pytest.mark.parametrize(("dtype", "terms"), [("float32", 799), ("bfloat16", 2), ("float16", 2)])
def test_ints_come_first_where_iota_would_not_be_exact(dtype, terms):
    kinds = next(k for k in fillings.SUM_KINDS if k[0] == "iota")
    assert summed_kinds(dtype, terms, kinds) == ("ints", *("iota" if k == "ints" else k for k in kinds[1:]))


def summed_kinds(dtype, terms, kinds):
    tensors = [tables.data(shape, dtype, Memory()) for shape in ((4, terms), (terms, 4))]
    return fillings.summed(tables.geometry("matmul", tensors, kinds), kinds, terms).kinds


@pytest.mark.parametrize(("dtype", "most"), [("bfloat16", 399), ("float16", 3749)])
def test_so_many_terms_by_chance_are_exact_but_for_four_standard_deviations(dtype, most):
    assert fillings.exact_terms(dtype) == most
    positive = np.random.default_rng(0).binomial(most, 0.5, 100_000)
    assert (positive > 2 ** dtypes.FORMATS[dtype].precision).mean() < 1e-3


@every_op
def test_hardly_any_answer_is_left_wholly_free(op):
    free = [
        any(answer.free is not None and answer.free.size and answer.free.all() for answer in answers)
        for _, answers in references(op, CASES)
    ]
    print(f"{op}: {sum(free)} of {len(free)} answers wholly free")
    assert sum(free) / len(free) < 0.05


def test_kinds_that_cannot_round_come_last_for_integers():
    for kinds in (*fillings.SUM_KINDS, *fillings.MOVE_KINDS):
        ordered = fillings.kinds_for(kinds, "int32")
        assert sorted(ordered) == sorted(kinds)
        assert ordered[1] != "cancel"


def test_extents_that_can_not_fit_a_budget_are_an_error():
    with pytest.raises(ValueError, match="cannot be less"):
        fitting.fit((9, 9), (8, 8), lambda e: (e[0] * e[1], 0), fitting.Budget(elements=63))
