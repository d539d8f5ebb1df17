"""What a run says of the machine that it ran on."""

import pytest

from harness.run import machine
from harness.run.machine import describe_machine


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
