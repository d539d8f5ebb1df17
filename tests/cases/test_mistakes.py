"""Named mistakes: a default run shows those of single elements, tolerances only some, and none is made up."""

from collections import Counter
from itertools import product
from urllib.parse import urlparse

import numpy as np
import pytest

from opassay.adapters.oracle import mistakes
from opassay.adapters.oracle.mistakes import (
    activations,
    attention,
    elements,
    float8_products,
    held,
    losses,
    named,
    norms,
    pairs,
    products,
    windowed,
    windows,
)
from opassay.adapters.oracle.mistakes.made import mistakes as made
from opassay.harness.find.registry import Registry
from opassay.harness.model import dtypes
from opassay.harness.plan import generate
from opassay.harness.plan.plan import geometries
from opassay.harness.plan.sharpness import judged, sought

SEEDS = range(5)
SINGLE = (*elements.MISTAKES, *pairs.MISTAKES, *activations.MISTAKES)
OPS = sorted({m.op for m in SINGLE})
UNSEEN = {"maximum/value/zero_of_either_sign"}
"""Of zeros of either sign, the contract of ``maximum`` leaves open which is the larger."""

TOLERANCES = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}
"""rtol and atol of torch.testing.assert_close: https://docs.pytorch.org/docs/stable/testing.html"""


def tolerated(case, answer, told, truth, mistake):
    """Whether they see a difference."""
    (a,), (b,) = answer, told
    rtol, atol = TOLERANCES.get(dtypes.dtype_name(b), (0, 0))
    return not np.allclose(a, b, rtol, atol, equal_nan=True)


SEES = {"judge": judged, "tolerances": tolerated}


def asked(op, seed):
    """The fewest cases of a default run: pins, then the stream."""
    yield from ((number, pin.case) for number, pin in generate.pins(op, "value"))
    yield from generate.cases(op, "value", seed, 0, geometries(op, "value", 10_000), 2)


def looked_for(name, seed, wanted=SINGLE):
    op = Registry().op(name)
    return sought(op, [m for m in wanted if m.op == name], asked(op, seed), SEES)


@pytest.mark.parametrize("op", OPS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.share(2)
def test_a_mistake_in_one_element_is_found_by_a_default_run(op):
    entries = [entry for seed in SEEDS for entry in looked_for(op, seed)]
    assert {e.mistake.id for e in entries if "judge" not in e.found} <= UNSEEN
    if op in ("neg", "abs"):
        assert not any(e.found.get("tolerances") for e in entries)


SHAPED = (*norms.MISTAKES, *products.MISTAKES, *attention.MISTAKES, *windows.MISTAKES, *windowed.MISTAKES)
SHAPED += (*float8_products.MISTAKES, *losses.MISTAKES)


CONVS = ("conv2d", "conv2d_transpose")
POOLS = ("max_pool2d", "max_pool2d_with_argmax", "avg_pool2d")
ALIKE = ("stride_swapped", "padding_ignored", "layout_confused", "dense_groups")
LUCK = (
    *product(CONVS, ("gradient",), ALIKE),
    *product(("conv2d_transpose",), ("value",), ALIKE),
    *product(POOLS, ("gradient",), ALIKE[:2]),
    *product(("conv2d", "max_pool2d", "avg_pool2d"), ("value",), ("beyond_65535_unwritten",)),
    *product(("elu", "celu"), ("value", "gradient"), ("constants_in_float32",)),
    ("conv2d", "value", "integers_strided_undilated"),
    ("matmul_widened", "gradient", "cotangent_in_16_bits"),
    ("max_pool2d", "value", "subnormals_compared_as_zero"),
    ("max_pool2d_with_argmax", "value", "index_of_padding"),
    ("avg_pool2d", "value", "same_undilated"),
    *product(("avg_pool1d",), ("value",), ("edge_replicated", "same_undilated")),
    *product(set(held.OPS) - {"add"}, ("value",), ("integers_held_in_float32", "integers_held_in_float64")),
    ("matmul", "value", "zeros_skipped"),
    ("min", "value", "started_at_the_largest_number"),
    ("remainder", "value", "quotient_overflows"),
    ("einsum", "value", "implied_as_they_occur"),
)
"""Mistakes that drawn cases of a default run show by luck only, and a few of them those of a hundred geometries."""

CONFUSED = ("stride_swapped", "padding_ignored", "layout_confused")
SHAPES_STAY = (
    ("conv2d", "gradient", CONFUSED),
    ("conv2d_transpose", "value", CONFUSED),
    ("max_pool2d", "gradient", CONFUSED[:2]),
    ("avg_pool2d", "gradient", (*CONFUSED[:2], "gradient_window_grown")),
)
"""What only a geometry shows in which one thing may be taken for another and no shape tells."""


@pytest.mark.parametrize(("op", "aspect", "names"), SHAPES_STAY)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_hundred_geometries_have_some_in_which_shapes_stay_and_values_tell(op, aspect, names):
    planted = [m for m in Registry().mistakes(op) if m.aspect == aspect and m.name in names]
    assert len(planted) == len(names)
    found = Counter(e.mistake.name for seed in SEEDS for e in sought_in(op, aspect, seed, planted) if e.found)
    assert all(found[name] >= len(SEEDS) - 1 for name in names), found


def sought_in(name, aspect, seed, planted):
    """By geometries that are such, or by luck as small as these, so that few are looked at."""
    op = Registry().op(name)
    drawn = generate.cases(op, aspect, seed, 0, 100, 2)
    small = (item for item in drawn if all(1 < n < 8 for n in item[1].tensors[0].shape[1:]))
    return sought(op, planted, small, {"judge": judged})


@pytest.mark.parametrize(("op", "aspect"), sorted({(m.op, m.aspect) for m in SHAPED}))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_mistake_of_a_norm_a_product_a_loss_or_another_window_is_found_by_a_few_geometries(op, aspect):
    cases = generate.cases(Registry().op(op), aspect, 0, 0, 16, 2)
    planted = [m for m in SHAPED if (m.op, m.aspect) == (op, aspect) and tuple(m.id.split("/")) not in LUCK]
    entries = sought(Registry().op(op), planted, cases, {"judge": judged})
    assert [e.mistake.id for e in entries if "judge" not in e.found] == []


def by_pins(op, mistakes):
    """Which of these mistakes the op's pins show, by id."""
    for aspect in ("value", "gradient"):
        cases = [(number, pin.case) for number, pin in generate.pins(op, aspect)]
        chosen = [m for m in mistakes if m.op == op.name and m.aspect == aspect]
        yield from (e.mistake.id for e in sought(op, chosen, cases, {"judge": judged}) if e.found)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_drawn_cases_show_by_luck_is_shown_by_pins():
    found = {id for op in {op for op, _, _ in LUCK} for id in by_pins(Registry().op(op), Registry().mistakes(op))}
    assert {"/".join(each) for each in LUCK} - found == set()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_is_no_mistake_is_found_by_no_pin():
    assert {id for op in {m.op for m in named.NOTHING} for id in by_pins(Registry().op(op), named.NOTHING)} == set()


RIGHT = {"neg": np.negative, "floor": np.floor, "maximum": np.maximum, "less": np.less, "add": np.add, "tanh": np.tanh}


@pytest.mark.parametrize("op", RIGHT)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_numpy_itself_makes_none(op):
    numpy = made("numpy", "none", elements.computed(RIGHT[op]), op)
    assert not any("judge" in e.found for seed in SEEDS for e in looked_for(op, seed, numpy))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_most_mistakes_of_products_are_found_by_twenty_cases_and_one_that_is_allowed_by_none():
    op = Registry().op("matmul")
    chosen = [m for m in Registry().mistakes("matmul") if m.aspect == "value"]
    found = {
        e.mistake.name
        for e in sought(op, chosen, generate.cases(op, "value", 0, 0, 20, 2), {"judge": judged})
        if e.found
    }
    assert found >= {"batches_modulo_two", "columns_behind_8_unwritten", "stale_answer", "strides_ignored"}
    allowed = made("own_format", "sums are rounded at each step", _kernel("summed_in_own_format"), "matmul")
    entries = sought(op, allowed, generate.cases(op, "value", 0, 0, 20, 2), {"judge": judged})
    assert [(e.made is not None, e.found) for e in entries] == [(True, {})]


def _kernel(name):
    return next(m for m in Registry().mistakes("matmul") if m.name == name).start()


def test_each_has_a_name_of_its_own_and_many_were_made_in_public():
    assert len({m.id for m in mistakes.ALL}) == len(mistakes.ALL)
    assert len({m.name for m in mistakes.WRAPPED}) >= 60
    sources = {m.source for m in mistakes.ALL if m.source}
    assert len({s.url for s in sources}) >= 20
    assert all(urlparse(s.url).scheme == "https" and s.title for s in sources)
    assert {m.op for m in mistakes.ALL} <= {op.name for op in Registry().ops()}
