"""StableHLO's part of a standalone script: JAX's, exported as a module for IREE. Does not import JAX."""

from __future__ import annotations

from dataclasses import replace

from opassay.adapters.iree import FLAGS, NAME
from opassay.adapters.jax import script
from opassay.harness.model.script import Asked, Idiom

IMPORTS = "from importlib.metadata import version\n\nfrom iree import compiler, runtime"
BACKEND = f'''\
def run(module, arrays):
    flags = {list(FLAGS)!r}
    binary = compiler.compile_str(module, target_backends=["llvm-cpu"], input_type="stablehlo", extra_args=flags)
    config = runtime.Config("local-sync")
    vm = runtime.load_vm_module(runtime.VmModule.copy_buffer(config.vm_instance, binary), config)
    answer = vm.main(*arrays)
    # Copied: IREE frees the memory together with its buffers.
    return [np.array(y.to_host()) for y in (answer if isinstance(answer, (list, tuple)) else [answer])]


traced = call


def call(*inputs):
    """JAX traces the function; IREE compiles and runs it."""
    shapes = [jax.ShapeDtypeStruct(x.shape, x.dtype) for x in inputs]
    exported = jax.export.export(jax.jit(traced, keep_unused=True), platforms=["cpu"])(*shapes)
    answers = run(exported.mlir_module().encode(), [np.asarray(x) for x in inputs])
    return jax.tree.unflatten(exported.out_tree, answers)'''


def idiom(asked: Asked) -> Idiom:
    """The script's parts for a case on IREE; ``LookupError`` for another backend."""
    if asked.settings.get("backend") != "opassay.adapters.stablehlo.backends:iree":
        raise LookupError("no script for this backend")
    by_jax = script.idiom(replace(asked, mode="traced"))
    return replace(
        by_jax,
        imports=f"{by_jax.imports}\n{IMPORTS}",
        version=f'{by_jax.version}, "IREE", version("{NAME}")',
        functions=f"{by_jax.functions}\n\n\n{BACKEND}",
    )
