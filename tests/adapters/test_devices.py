"""A device is honoured and verified: two virtual CPUs stand in for a machine with several devices."""

from collections import Counter, namedtuple
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from opassay.adapters.devices import cpu_name, cpu_number, plug_in
from opassay.harness.find.registry import UsageError
from opassay.harness.hunt.script import ask
from opassay.harness.model.adapter import UnknownDevice
from opassay.harness.model.case import Case
from opassay.harness.model.target import BACKEND
from opassay.harness.plan.plan import Settings
from opassay.harness.run.campaign import Campaign, Request, check_devices

TARGETS = ("jax@cpu:1", "jax:eager@cpu:1", "tensorflow@cpu:1", "tensorflow:xla@cpu:1")


def test_a_second_cpu_computes_and_holds_what_it_is_asked_for():
    settings = Settings(cases=2)
    campaign = Campaign(Request(targets=TARGETS, ops=["relu"], aspects=["value", "gradient"], settings=settings))
    with campaign.engine() as engine:
        check_devices(engine)
        records = list(engine.run(campaign.shards))
    planned = sum(shard.planned(settings.fills) for shard in campaign.shards)
    assert len(records) == planned
    assert {r.device for r in records} == {"cpu:1"}
    verdicts = Counter((r.target, r.verdict) for r in records)
    assert {target for target, verdict in verdicts if verdict == "pass"} == set(TARGETS)
    assert not [r.message for r in records if r.verdict in ("fallback", "fault")]


@pytest.mark.parametrize("target", ["jax@cpu:9", "jax@cuda:7", "torch@npu"])
def test_a_device_that_is_not_there_is_said_with_those_that_are(target):
    campaign = Campaign(Request(targets=[target], ops=["relu"], aspects=["value"]))
    with pytest.raises(UsageError, match="it has: cpu"), campaign.engine() as engine:
        check_devices(engine)


VENDOR = f"""
[targets.vendor]
adapter = "torch"
device = "pretended"
backend = "pretended"
env = {{ PYTHONPATH = "{Path(__file__).parent}", PRETENDED_WRONG = "aten::tanh" }}
"""


def test_a_device_that_a_plugin_brings_to_torch_computes_and_is_judged(tmp_path):
    (tmp_path / "opassay.toml").write_text(VENDOR)
    settings, ops = Settings(cases=2), ["relu", "tanh", "conv2d"]
    campaign = Campaign(Request(["vendor"], ops, ["value", "gradient", "shape"], folder=tmp_path, settings=settings))
    with campaign.engine() as engine:
        check_devices(engine)
        records = list(engine.run(campaign.shards))
        told = next(iter(engine.lanes.values())).settings
    passed = {(r.op, r.aspect) for r in records if r.verdict == "pass"}
    assert {r.device for r in records} == {"pretended"}
    assert not [r.message for r in records if r.verdict in ("fallback", "fault")]
    assert passed >= {(op, aspect) for op in ("relu", "conv2d") for aspect in ("value", "gradient", "shape")}
    assert {r.verdict for r in records if (r.op, r.aspect) == ("tanh", "value")} & {"numeric", "structural"}
    case = next(Case.loads(r.case) for r in records if r.op == "tanh")
    op = campaign.ops[1]
    script = campaign.registry.writer("torch")(ask(op, case, "eager", "pretended", 1, dict(told), campaign.registry.op))
    assert "import pretended" in script.imports
    assert 'x.to("pretended")' in script.tensors


def test_a_platform_that_a_plugin_brings_to_jax_is_a_device(monkeypatch):
    import jax

    from opassay.adapters.jax.adapter import JaxAdapter

    Device = namedtuple("Device", ("platform", "id"))
    JaxAdapter()
    cpus, ours = jax.devices("cpu"), [Device("vendor", number) for number in (0, 1)]

    def devices(platform):
        if platform == "cuda":
            raise RuntimeError("Unknown backend cuda")
        return {"cpu": cpus, "vendor": ours}[platform]

    monkeypatch.setattr(jax, "devices", devices)
    adapter = JaxAdapter("vendor")
    assert adapter.devices() == ("cpu", "vendor:0", "vendor:1", "vendor")
    assert [adapter.location(SimpleNamespace(devices=lambda d=d: {d})) for d in (*ours, cpus[0])] == [
        "vendor",
        "vendor:1",
        "cpu",
    ]
    assert (adapter.numeric_rules(), adapter.executor()) == ((), "XLA:VENDOR")
    assert adapter.unsupported("conv2d", "jit", ["int32"], {}) is None
    with pytest.raises(UnknownDevice, match="no device 'vendor:2'; it has: cpu, vendor:0, vendor:1"):
        JaxAdapter("vendor:2")


def test_a_plugin_that_is_not_there_is_one_line(monkeypatch):
    monkeypatch.setenv(BACKEND, "no_such_plugin")
    with pytest.raises(UnknownDevice, match="the plugin 'no_such_plugin' cannot be imported: ModuleNotFoundError"):
        plug_in()


@pytest.mark.parametrize(("name", "number"), [("cpu", 0), ("cpu:1", 1), ("cpu:7", 7), ("cpu:8", 0), ("cuda:1", 0)])
def test_a_cpu_has_a_name_and_a_number(name, number):
    assert cpu_number(name) == number
    assert number == 0 or cpu_name(number) == name


@pytest.fixture
def jax_on_gpu(monkeypatch):
    """A JAX adapter that takes its device for a GPU, the first of this machine's."""
    import jax

    from opassay.adapters.jax.adapter import JaxAdapter

    adapter = JaxAdapter()
    gpu = SimpleNamespace(platform="gpu", compute_capability="9.0")
    monkeypatch.setattr(adapter, "_device", gpu)
    monkeypatch.setattr(jax, "devices", lambda *kinds: [gpu])
    return adapter


def test_what_jax_is_given_for_a_gpu_is_put_there(jax_on_gpu, monkeypatch):
    monkeypatch.setattr(jax_on_gpu, "to_native", lambda array: "on the GPU")
    rows, columns = np.ones((2, 3), np.float32), np.ones((3, 2), np.float32).T
    assert jax_on_gpu.arguments([rows, columns], "jit") == ["on the GPU", "on the GPU"]


def test_jax_on_a_gpu_says_what_it_lacks_and_how_it_rounds(jax_on_gpu):
    assert "int32" in jax_on_gpu.unsupported("conv2d", "jit", ["int32"], {})
    assert jax_on_gpu.unsupported("matmul", "jit", ["int32"], {}) is None
    assert {rule.model.inputs for rule in jax_on_gpu.numeric_rules()} == {"tf32"}
    jax_on_gpu._device.compute_capability = "7.5"
    assert jax_on_gpu.numeric_rules() == ()


def test_a_gpu_that_computes_no_more_is_not_healthy(jax_on_gpu, monkeypatch):
    import jax

    monkeypatch.setattr(jax, "device_put", lambda array, device: array)
    assert jax_on_gpu.healthy()

    def lost(array, device):
        raise RuntimeError("CUDA_ERROR_ILLEGAL_ADDRESS")

    monkeypatch.setattr(jax, "device_put", lost)
    assert not jax_on_gpu.healthy()
