"""Instruction sets that a library is told not to use, by its environment variable. Imports no framework."""

from __future__ import annotations

import os
import re

from opassay.harness.model.processors import WITHHELD

_AMX = ("amx",)
_ABOVE = {
    "SSE": ("avx", "avx512", "avx_vnni", "f16c", "fma", "amx"),
    "AVX": ("avx2", "avx512", "avx_vnni", "fma", "amx"),
    "AVX2": ("avx512", "avx_vnni", "amx"),
    "AVX2_VNNI": ("avx512", "amx"),
    "AVX2_VNNI_2": ("avx512", "amx"),
    "AVX512": ("avx_vnni", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx"),
    "AVX512_VNNI": ("avx512_bf16", "avx512_fp16", "amx"),
    "AVX512_BF16": ("avx512_fp16", "amx"),
    "AVX512_FP16": _AMX,
    "AVX10_1_512": _AMX,
    "AMX": ("amx_fp16",),
    "AVX512_AMX": ("amx_fp16",),
    "AVX10_1_512_AMX": ("amx_fp16",),
}
"""By the highest instruction set that a library may use, the prefixes of the CPU flags that it then ignores.

oneDNN: https://uxlfoundation.github.io/oneDNN/dev_guide_cpu_dispatcher_control.html
XLA: ``xla_cpu_max_isa`` in https://github.com/openxla/xla/blob/main/xla/xla.proto
"""


def onednn() -> dict[str, str]:
    """The setting ``withheld`` of a target whose products and convolutions are oneDNN's."""
    return _above(os.environ.get("ONEDNN_MAX_CPU_ISA", "") or os.environ.get("DNNL_MAX_CPU_ISA", ""))


def xla() -> dict[str, str]:
    """The same where XLA compiles for the CPU; of a repeated flag, the last one counts."""
    given = re.findall(r"--xla_cpu_max_isa=(\w+)", os.environ.get("XLA_FLAGS", ""))
    return _above(given[-1] if given else "")


def _above(most: str) -> dict[str, str]:
    name = most.upper().replace("_CORE", "")
    return {WITHHELD: ",".join(_ABOVE.get("SSE" if name.startswith("SSE") else name, ()))}
