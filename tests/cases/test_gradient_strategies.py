"""What the streams of the aspect ``gradient`` cover, and the limits that they keep."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from opassay.adapters.geometry import ALIKE
from opassay.adapters.programs import PROGRAMS
from opassay.harness.find.registry import Registry
from opassay.harness.model import dtypes
from opassay.harness.model.op import references
from opassay.harness.model.program import Program
from opassay.harness.plan.generate import cases, geometries

OPS = {op.name: op for op in Registry().ops()}
SINGLE = [name for name, op in OPS.items() if not op.staged and not op.of_a_class and name not in ALIKE]
PROGRAM_OPS = [name for name in OPS if name in PROGRAMS]
CASES = 200
MEMORIES = {"contiguous", "transposed", "sliced", "offset", "reversed", "broadcast", "channels_last"}
SHAPE_OF = runpy.run_path(str(Path(__file__).with_name("coverage_table.py")))["output_shape"]

every_op = pytest.mark.parametrize("name", SINGLE)
every_program = pytest.mark.parametrize("name", PROGRAM_OPS)


def stream(name, count=CASES, aspect="gradient"):
    return [geometry.case for _, geometry in geometries(OPS[name], aspect, 0, 0, count)]


def data_dtype(case):
    return next(t.dtype for t in case.tensors if not t.fill.limits)


@every_op
def test_every_differentiable_op_has_gradients_and_an_oracle_for_them(name):
    assert OPS[name].differentiable
    assert OPS[name].gradients is not None
    assert OPS[name].vjp is not None


@every_op
def test_cotangents_lie_in_memory_in_every_way_and_have_the_shape_of_the_answer(name):
    found = stream(name)
    given = [(case, case.cotangents[0]) for case in found if case.cotangents[0] is not None]
    missing = {"channels_last"} if name == "scatter_nd" else set()
    assert {t.memory.kind for _, t in given} >= MEMORIES - missing
    assert all(t.shape == tuple(SHAPE_OF(case)) for case, t in given)


@every_op
def test_floats_have_cotangents_and_the_few_integers_have_none(name):
    found = stream(name)
    assert {data_dtype(case) for case in found} >= set(dtypes.FLOATS)
    for case in found:
        assert (case.cotangents[0] is None) != dtypes.is_float(data_dtype(case))
        assert all(t is None for t in case.cotangents[1:])
    assert sum(not dtypes.is_float(data_dtype(case)) for case in found) <= CASES // 8


@every_op
@pytest.mark.share(2)
def test_every_reference_is_of_an_input_and_hardly_any_answer_is_wholly_free(name):
    free = 0
    found = [case for _, case in cases(OPS[name], "gradient", 0, 0, CASES // 2, 2)]
    for case in found:
        answers = references(OPS[name], case)
        assert [r.name for r in answers] == [f"d{n}" for n in OPS[name].inputs]
        connected = [r for r in answers if r.policy != "unconnected"]
        assert all(r.exact.shape == t.shape for r, t in zip(answers, case.tensors, strict=True) if r in connected)
        free += bool(connected) and all(r.free is not None and r.free.size and r.free.all() for r in connected)
    print(f"{name}: {free} of {len(found)} gradients wholly free")
    assert free / len(found) < 0.05


@pytest.mark.parametrize("name", ["conv2d", "conv2d_transpose", "matmul", "avg_pool2d", "avg_unpool2d", "max_pool2d"])
@pytest.mark.share(3)
def test_no_sum_of_a_gradient_is_too_long_for_its_bound_unless_it_is_exact(name):
    for _, case in cases(OPS[name], "gradient", 0, 0, CASES, 2):
        for r in references(OPS[name], case):
            if r.terms is not None and r.terms.size:
                assert case.exact or r.terms.max() * dtypes.FORMATS[r.dtype].unit_roundoff <= 0.25


@every_program
def test_a_program_has_inputs_for_its_tensors_and_only_ops_that_it_says_it_needs(name):
    op = OPS[name]
    for aspect, source in (("value", op.geometries), ("gradient", op.gradients)):
        for case in stream(name, 40, aspect) if source else ():
            program = Program.from_attributes(case.attributes)
            assert len(program.inputs) == len(case.tensors)
            assert {stage.op for stage in program.stages} - {"add", "subtract"} <= set(PROGRAMS[name].needs)
            assert case.op == name
            if aspect == "gradient":
                assert len(case.cotangents) == len(program.outputs)
                assert any(t is not None for t in case.cotangents)


@every_program
@pytest.mark.share(2)
def test_the_oracle_takes_every_generated_program(name):
    op = OPS[name]
    for aspect, source in (("value", op.geometries), ("gradient", op.gradients)):
        for _, case in cases(op, aspect, 0, 0, 25, 2) if source else ():
            made = references(op, case)
            expected = len(Program.from_attributes(case.attributes).outputs)
            assert len(made) == expected + (len(case.tensors) if aspect == "gradient" else 0)


@pytest.mark.parametrize("name", ["conv_relu_pool", "conv_autoencoder_step", "deconvnet"])
def test_networks_are_exact_in_a_good_share_and_leave_the_exact_range_in_another(name):
    exact = []
    for _, case in cases(OPS[name], "value", 0, 0, 60, 2):
        exact.append(all(r.integral for r in references(OPS[name], case)))
    assert 0.3 <= np.mean(exact) <= 0.7


def test_the_deconvnet_has_one_to_three_layers_and_ends_at_the_image():
    depths = set()
    for case in stream("deconvnet", 60, "value"):
        program = Program.from_attributes(case.attributes)
        depths.add(sum(name.startswith("w") for name in program.inputs))
        (reconstruction,) = [s for s in program.stages if s.outputs == ("reconstruction",)]
        assert tuple(reconstruction.attributes["output_shape"]) == case.tensors[0].shape
    assert depths == {1, 2, 3}


def test_the_pinned_deconvnet_has_the_shapes_of_alexnet():
    (pin,) = OPS["deconvnet"].pins
    program = Program.from_attributes(pin.case.attributes)
    shapes = {s.outputs[0]: s.attributes.get("output_shape") for s in program.stages}
    assert [t.shape for t in pin.case.tensors][:2] == [(1, 227, 227, 3), (11, 11, 3, 96)]
    assert [t.shape[3] for t in pin.case.tensors[1:]] == [96, 256, 384, 384, 256]
    assert shapes["reconstruction"] == (1, 227, 227, 3)
    assert shapes["back5"] == (1, 13, 13, 384)
    assert sum(stage.vjp for stage in program.stages) == 2
