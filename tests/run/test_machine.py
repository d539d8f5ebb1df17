"""What a run says of the machine that it ran on."""

from types import SimpleNamespace

import pytest

from opassay.harness.run import machine
from opassay.harness.run.machine import describe_machine


@pytest.mark.parametrize(
    ("told", "processor", "flags"),
    [
        (
            "model name\t: Some CPU\nflags\t\t: fpu smep avx2 fma sse4_2\n\nflags\t: other\n",
            "Some CPU",
            "avx2 fma sse4_2",
        ),
        ("Features\t: fp asimd sve evtstrm\n", None, "asimd sve"),
        ("", None, ""),
    ],
)
def test_the_flags_that_choose_kernels_are_told(tmp_path, monkeypatch, told, processor, flags):
    monkeypatch.setattr(machine, "CPUINFO", tmp_path / "cpuinfo")
    machine.CPUINFO.write_text(told)
    found = describe_machine()
    assert found["cpu"]["flags"] == flags
    assert processor in (None, found["processor"])


def test_a_system_that_tells_nothing_has_no_flags(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "CPUINFO", tmp_path / "absent")
    assert describe_machine()["cpu"] == {"flags": ""}


@pytest.mark.parametrize(
    ("total", "workers", "each"), [(64, 4, 6), (20, 4, 3.75), (24, 1, 6), (24, 16, 2), (2, 4, 1.5)]
)
def test_a_worker_has_its_share_and_enough_to_begin_with(monkeypatch, total, workers, each):
    monkeypatch.setattr(machine.psutil, "virtual_memory", lambda: SimpleNamespace(total=total * 2**30))
    assert machine.default_memory(workers) == each * 2**30
