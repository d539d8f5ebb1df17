"""Binaries of a backend's compiler are kept between runs, each for the model, flags and version it was made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from opassay.adapters.kept_binaries import kept


class Compiler:
    """Counts what it compiles, and refuses what is empty."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, model: bytes, version: str = "1.0", flags: tuple[str, ...] = ("-O2",)) -> bytes:
        return kept("planted", version, flags, model, lambda: self._compiled(model))

    def _compiled(self, model: bytes) -> bytes:
        self.made += 1
        if not model:
            raise ValueError("nothing to compile")
        return model.upper()


def test_a_model_is_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPASSAY_CACHE", str(tmp_path))
    compiler = Compiler()
    assert [compiler(b"a"), compiler(b"a"), compiler(b"b")] == [b"A", b"A", b"B"]
    assert compiler.made == 2
    assert len(list((tmp_path / "planted").iterdir())) == 2


def test_other_versions_and_flags_have_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPASSAY_CACHE", str(tmp_path))
    compiler = Compiler()
    for given in ({}, {"version": "1.1"}, {"flags": ("-O0",)}, {"flags": ("-O2", "-g")}):
        compiler(b"a", **given)  # type: ignore[arg-type]
    assert compiler.made == 4


def test_a_refusal_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPASSAY_CACHE", str(tmp_path))
    compiler = Compiler()
    for _ in range(2):
        with pytest.raises(ValueError, match="nothing to compile"):
            compiler(b"")
    assert compiler.made == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", ["off", "/dev/null/none"])
def test_without_a_folder_everything_is_compiled(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPASSAY_CACHE", folder)
    compiler = Compiler()
    assert [compiler(b"a"), compiler(b"a")] == [b"A", b"A"]
    assert compiler.made == 2
