"""Backends to name in ``opassay.toml``: each turns a module's text into a function from arrays to a list of arrays.

Each imports what it needs on demand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from opassay.adapters.backend import of_package
from opassay.adapters.iree import FLAGS, NAME, hosts, refusal
from opassay.adapters.kept_binaries import kept

Run = Callable[[Sequence[np.ndarray]], list[Any]]


@of_package("jaxlib")
def reference(module: bytes) -> Run:
    """StableHLO's own interpreter, which is part of jaxlib; it returns no bfloat16.

    Source: https://openxla.org/stablehlo/reference
    """
    from jax.interpreters import mlir
    from jaxlib.mlir import ir
    from jaxlib.mlir.dialects import stablehlo

    context = mlir.make_ir_context()
    with context:
        parsed = ir.Module.parse(module.decode())

    def attribute(array: np.ndarray) -> Any:
        return ir.DenseElementsAttr.get(array, type=mlir.dtype_to_ir_type(array.dtype), shape=array.shape)

    def run(arrays: Sequence[np.ndarray]) -> list[Any]:
        with context, ir.Location.unknown():
            return [np.array(answer) for answer in stablehlo.eval_module(parsed, [attribute(a) for a in arrays])]

    return run


@of_package(NAME)
def iree(module: bytes) -> Run:
    """IREE: its compiler for the CPU of this machine, its runtime.

    Source: https://iree.dev/guides/ml-frameworks/jax/
    """
    from iree import compiler, runtime

    how = {"target_backends": ["llvm-cpu"], "input_type": "stablehlo", "extra_args": list(FLAGS)}
    try:
        binary = kept("iree", version(NAME), FLAGS, module, lambda: compiler.compile_str(module, **how))
    except compiler.CompilerToolError as error:
        raise ValueError(refusal(str(error))) from None
    config = runtime.Config("local-sync")
    vm = runtime.load_vm_module(runtime.VmModule.copy_buffer(config.vm_instance, binary), config)
    return lambda arrays: hosts(vm.main(*arrays))
