"""What a run keeps of pins whose answer is an image."""

import json
from dataclasses import replace

import numpy as np
import pytest

from opassay.harness.find.registry import Registry
from opassay.harness.model.op import references
from opassay.harness.model.outcome import Raised, Returned
from opassay.harness.store import pictures
from opassay.harness.store.pictures import FOLDER, INDEX, Album
from opassay.harness.store.remembered import Remembered


@pytest.fixture(scope="module")
def small():
    """The deconvnet with a pin of its own that is quick to compute: a generated case on a picture."""
    from opassay.harness.plan.generate import cases

    op = Registry().op("deconvnet")
    case = next(
        c for _, c in cases(op, "value", 0, 0, 50, 1) if c.attributes["stages"][-1]["outputs"] == ("reconstruction",)
    )
    return replace(op, pins=(replace(op.pins[0], name="small", case=case),))


def answer_of(op):
    return Returned(tuple(r.exact.astype(np.float32) for r in references(op, op.pins[0].case)))


def test_the_input_the_oracle_and_each_target_are_kept_under_their_names(tmp_path, small):
    album = Album(tmp_path, [small])
    album.keep("jax", small.pins[0].case, answer_of(small))
    album.keep("torch:compile", small.pins[0].case, answer_of(small))
    album.finish(["jax", "torch:compile", "tensorflow"])
    (row,) = json.loads((tmp_path / FOLDER / INDEX).read_text())
    assert set(row["targets"]) == {"jax", "torch:compile"}
    arrays = [
        np.load(tmp_path / FOLDER / name, allow_pickle=False)
        for name in (row["input"], row["oracle"], *row["targets"].values())
    ]
    assert all(a.dtype == np.float32 and a.ndim == 3 for a in arrays)
    assert np.array_equal(arrays[1], arrays[2])


def test_another_case_and_an_error_leave_nothing(tmp_path, small):
    album = Album(tmp_path, [small])
    album.keep("jax", Registry().op("relu").pins[0].case, Returned((np.zeros((1, 2, 2, 1)),)))
    album.keep("jax", small.pins[0].case, Raised("ValueError", "no", "framework"))
    album.keep("jax", small.pins[0].case, Returned(()))
    album.finish(["jax"])
    assert not (tmp_path / FOLDER).exists()


def test_a_fresh_run_forgets_the_images_of_the_one_before_and_a_resumed_one_keeps_them(tmp_path, small):
    album = Album(tmp_path, [small])
    album.keep("jax", small.pins[0].case, answer_of(small))
    album.finish(["jax"])
    Album(tmp_path, [small], resume=True)
    assert (tmp_path / FOLDER / INDEX).is_file()
    Album(tmp_path, [small])
    assert not (tmp_path / FOLDER).exists()


def kept_pictures(folder, small, remembered):
    album = Album(folder, [small], remembered=remembered)
    album.keep("jax", small.pins[0].case, answer_of(small))
    album.finish(["jax"])
    return [file.read_bytes() for file in sorted((folder / FOLDER).glob("*.npy"))]


def test_the_oracle_computes_an_image_once_for_all_runs(tmp_path, small, monkeypatch):
    first = Remembered(tmp_path / "kept.json")
    made = kept_pictures(tmp_path / "first", small, first)
    first.save()
    damaged = Remembered(tmp_path / "kept.json")
    monkeypatch.setattr(pictures, "references", lambda *_: pytest.fail("computed again"))
    assert kept_pictures(tmp_path / "second", small, Remembered(tmp_path / "kept.json")) == made
    damaged._before[f"picture {small.pins[0].case.id}"] = '"not base85"'
    with pytest.raises(pytest.fail.Exception):
        kept_pictures(tmp_path / "third", small, damaged)
