"""Right kernels of several algorithms are inside the bound of every case, and wrong ones are seen."""

import runpy
from pathlib import Path

import pytest

TABLE = runpy.run_path(str(Path(__file__).parents[1] / "benchmarks" / "kernel_table.py"))
SOFT = ("softmax", "layer_norm", "attention", "gelu", "linear")


@pytest.mark.parametrize("op", TABLE["KERNELS"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.share(4)
def test_right_kernels_are_inside(op):
    rows = [row for row in TABLE["rows_of"](op, 5, 1, wrong=False) if not row.wrong]
    assert [(row.kernel, row.first) for row in rows if row.refused["opassay"]] == []
    assert all(row.answers for row in rows)


@pytest.mark.parametrize("op", SOFT)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_wrong_kernels_are_seen(op):
    rows = [row for row in TABLE["rows_of"](op, 12, 0, right_ones=False) if row.answers]
    assert {row.kernel for row in rows if not row.refused["opassay"]} <= {"nan_made_zero"}
    assert len(rows) >= 6


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_sum_in_float16_is_seen_most_times_and_never_by_a_tolerance():
    (row,) = (r for r in TABLE["rows_of"]("softmax", 12, 0, right_ones=False) if r.kernel == "summed_in_float16")
    assert row.refused["opassay"] > 0.8 * row.answers
    assert row.refused["allclose"] == 0
