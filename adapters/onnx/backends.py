"""Backends to name in ``opassay.toml``: each turns a model, as bytes, into a function from arrays to a list of arrays.

Each imports its framework on demand.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from opassay.adapters.backend import of_package
from opassay.adapters.iree import FLAGS, NAME, hosts, refusal
from opassay.adapters.kept_binaries import kept

Run = Callable[[Sequence[np.ndarray]], list[Any]]


@of_package("onnx")
def reference(model: bytes) -> Run:
    """ONNX's own evaluator, in NumPy. Source: https://onnx.ai/onnx/api/reference.html"""
    from onnx.reference import ReferenceEvaluator

    session = ReferenceEvaluator(model)
    return lambda arrays: session.run(None, dict(zip(session.input_names, arrays, strict=True)))


@of_package("onnxruntime")
def onnxruntime(model: bytes) -> Run:
    """The provider that ``OPASSAY_PROVIDER`` names, without fallback."""
    import onnxruntime

    provider = os.environ.get("OPASSAY_PROVIDER", "CPUExecutionProvider")
    session = onnxruntime.InferenceSession(model, providers=[provider])
    if session.get_providers()[:1] != [provider]:
        raise ValueError(f"onnxruntime runs this with {session.get_providers()}, not with {provider}")
    names = [node.name for node in session.get_inputs()]
    return lambda arrays: session.run(None, dict(zip(names, arrays, strict=True)))


@of_package("openvino")
def openvino(model: bytes) -> Run:
    """OpenVINO's ONNX frontend, on the device that ``OPASSAY_DEVICE`` names."""
    import openvino

    precise = {"INFERENCE_PRECISION_HINT": "f32", "EXECUTION_MODE_HINT": "ACCURACY"}
    device = os.environ.get("OPASSAY_DEVICE", "CPU")
    compiled = openvino.compile_model(openvino.Core().read_model(model, b""), device, precise)
    return lambda arrays: list(compiled(list(arrays)).values())


@of_package("tinygrad")
def tinygrad(model: bytes) -> Run:
    """tinygrad's ONNX frontend, on the device that ``DEV`` names."""
    import tempfile

    from tinygrad import Tensor
    from tinygrad.nn.onnx import OnnxRunner

    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        file.write(model)
        file.flush()
        runner = OnnxRunner(file.name)
    names = list(runner.graph_inputs)
    return lambda arrays: [y.numpy() for y in runner(dict(zip(names, map(Tensor, arrays), strict=True))).values()]


@of_package(NAME)
def iree(model: bytes) -> Run:
    """IREE: its ONNX importer, its compiler for the CPU of this machine, its runtime.

    Source: https://iree.dev/guides/ml-frameworks/onnx/
    """
    import onnx
    from iree import compiler, runtime
    from iree.compiler import ir
    from iree.compiler.extras import onnx_importer

    proto = onnx.shape_inference.infer_shapes(onnx.load_from_string(model), data_prop=True)
    context = ir.Context()
    info = onnx_importer.ModelInfo(proto)
    module = info.create_module(context=context)
    onnx_importer.NodeImporter.define_function(info.main_graph, module.operation).import_all()
    text = str(module)
    how = {"target_backends": ["llvm-cpu"], "input_type": "onnx", "extra_args": list(FLAGS)}
    try:
        binary = kept("iree", version(NAME), ["onnx", *FLAGS], text.encode(), lambda: compiler.compile_str(text, **how))
    except compiler.CompilerToolError as error:
        raise ValueError(refusal(str(error))) from None
    config = runtime.Config("local-sync")
    vm = runtime.load_vm_module(runtime.VmModule.copy_buffer(config.vm_instance, binary), config)
    return lambda arrays: hosts(vm[proto.graph.name](*arrays))


@of_package("apache-tvm")
def tvm(model: bytes) -> Run:
    """TVM: its ONNX importer to Relax, its default pipeline, LLVM for the CPU of this machine, its virtual machine.

    Source: https://tvm.apache.org/docs/arch/relax_vm.html
    """
    import onnx
    import tvm
    from tvm import relax
    from tvm.relax.frontend.onnx import from_onnx

    module = from_onnx(onnx.load_from_string(model))
    target = tvm.target.Target({"kind": "llvm", "num-cores": 1})
    machine = relax.VirtualMachine(tvm.compile(module, target=target), tvm.cpu())
    return lambda arrays: _tensors(machine["main"](*map(tvm.runtime.tensor, arrays)))


def _tensors(answer: Any) -> list[np.ndarray]:
    return [answer.numpy()] if hasattr(answer, "numpy") else [tensor.numpy() for tensor in answer]
