"""What a library is told not to use of the processor is withheld from the target that computes with it."""

import pytest

from opassay.adapters import instructions
from opassay.adapters.kept_programs import xla_variables
from opassay.harness.doors.known_update import _kinds
from opassay.harness.model.processors import kind_of, used

SAPPHIRE_RAPIDS = ("amx_bf16", "amx_tile", "avx", "avx2", "avx512_bf16", "avx512_fp16", "avx512f", "avx_vnni", "sse4_2")


@pytest.mark.parametrize(
    ("most", "left", "kind"),
    [
        ("", SAPPHIRE_RAPIDS, "amx"),
        ("ALL", SAPPHIRE_RAPIDS, "amx"),
        ("avx512_core_bf16", ("avx", "avx2", "avx512_bf16", "avx512f", "avx_vnni", "sse4_2"), "limited"),
        ("AVX512_CORE", ("avx", "avx2", "avx512f", "sse4_2"), "limited"),
        ("AVX2", ("avx", "avx2", "sse4_2"), "limited"),
        ("AVX", ("avx", "sse4_2"), "limited"),
        ("SSE41", ("sse4_2",), "limited"),
    ],
)
def test_onednn_uses_no_more_than_its_variable_says(monkeypatch, most, left, kind):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", most)
    settings = instructions.onednn()
    assert used(SAPPHIRE_RAPIDS, settings) == left
    assert kind_of(SAPPHIRE_RAPIDS, settings) == kind


@pytest.mark.parametrize(
    ("flags", "richest"),
    [
        ("", "amx_tile"),
        ("--xla_cpu_max_isa=AVX2", "avx2"),
        ("--xla_cpu_max_isa=SSE4_2 --xla_cpu_max_isa=AVX512", "avx512f"),
        ("--xla_cpu_enable_fast_math=false", "amx_tile"),
    ],
)
def test_xla_uses_no_more_than_its_flag_says(monkeypatch, flags, richest):
    monkeypatch.setenv("XLA_FLAGS", flags)
    found = used(SAPPHIRE_RAPIDS, instructions.xla())
    assert next(name for name in ("amx_tile", "avx512f", "avx2") if name in found) == richest


def test_programs_that_xla_compiled_with_other_flags_are_not_taken(monkeypatch, tmp_path):
    monkeypatch.setenv("OPASSAY_CACHE", str(tmp_path))
    monkeypatch.setattr("opassay.adapters.kept_programs.version", lambda name: "2")
    told = []
    for flags in ("", "--xla_cpu_max_isa=AVX2", "--xla_cpu_max_isa=AVX512"):
        monkeypatch.setenv("XLA_FLAGS", flags)
        told.append(xla_variables("keras")["TF_XLA_FLAGS"])
    assert len(set(told)) == 3


def test_a_line_of_a_baseline_names_the_kind_that_its_target_was():
    target = {"adapter": "torch", "mode": "eager", "settings": {"withheld": "avx512,amx"}}
    whole = {"adapter": "torch", "mode": "compile"}
    run = {"machine": {"cpu": {"flags": " ".join(SAPPHIRE_RAPIDS)}}, "targets": {"one": target, "other": whole}}
    assert _kinds(run) == {("torch", "eager"): "limited", ("torch", "compile"): "amx"}
