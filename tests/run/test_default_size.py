"""How large a run is of which nobody said it: by what its geometries cost, the same on every machine."""

import subprocess
import sys

import pytest

from opassay.harness.find.found import ops as found_ops
from opassay.harness.find.registry import Registry
from opassay.harness.model.target import Target
from opassay.harness.plan.plan import FEWEST, MOST, forecast, geometries, shards

OPS = found_ops()

REGISTRY = Registry()
EAGER, COMPILED = Target("torch", "eager"), Target("jax", "jit")


def sizes(ops, aspects=("value",), **options):
    planned = shards([REGISTRY.op(name) for name in ops], aspects, (EAGER, COMPILED), **options)
    return {(shard.op.name, shard.target): shard.stop for shard in planned}


def test_a_run_of_everything_asks_each_class_what_finds_its_mistakes():
    found = sizes(OPS)
    names = ["conv2d", "resize_linear", "layer_norm", "exp"]
    numbers = [found[name, EAGER] for name in names]
    assert sorted(set(numbers), reverse=True) == numbers
    assert numbers[-1] > 1


def test_all_targets_are_asked_the_same():
    found = sizes(OPS)
    assert all(count == found[name, EAGER] for (name, _), count in found.items())


def test_fewer_ops_have_more_each():
    assert sizes(["exp"])["exp", COMPILED] == MOST
    assert sizes(["conv2d", "deconvnet"])["deconvnet", EAGER] > sizes(OPS)["deconvnet", EAGER]


def test_an_op_takes_nothing_from_those_of_another_class():
    assert sizes(["conv2d"])["conv2d", EAGER] == sizes(["conv2d", "exp", "deconvnet"])["conv2d", EAGER]


def test_any_number_of_ops_has_some_each():
    assert geometries(REGISTRY.op("conv2d"), "value", 10_000) == FEWEST["other"]


def test_shapes_and_refusals_are_asked_of_fewer():
    assert 1 <= geometries(REGISTRY.op("conv2d"), "shape", 10_000) < FEWEST["other"]


def test_every_rule_is_broken_once():
    for name in OPS:
        op = REGISTRY.op(name)
        assert geometries(op, "error", 10_000) >= len(op.rules)


def test_a_stated_size_holds_for_all():
    assert set(sizes(OPS, cases=7).values()) == {7}


@pytest.mark.parametrize(("adapter", "modes"), [("jax", {"jit", "vmap"}), ("keras", {"jax"}), ("openvino", set())])
def test_which_modes_compile_is_read_from_the_adapter(adapter, modes):
    entry = REGISTRY.adapter(adapter)
    assert {mode for mode in entry.modes if REGISTRY.compiled(Target(adapter, mode))} == modes


def test_two_sizes_are_refused(tmp_path):
    command = [sys.executable, "-m", "opassay", "run", "--full", "--cases", "3"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "--full" in done.stderr
    assert "--cases" in done.stderr


def test_the_forecast_is_that_of_the_slowest_target_or_of_all_by_cores():
    both, slow = (shards([REGISTRY.op("conv2d")], (), targets, 50) for targets in ((EAGER, COMPILED), (COMPILED,)))
    many = forecast(both, 2, {COMPILED}, cores=100)
    assert many == forecast(slow, 2, {COMPILED}, cores=100) > forecast(slow, 2, (), cores=100)
    assert forecast(both, 2, {COMPILED}, cores=1) > many
