"""Whose convolutions torch computes, as torch itself tells it."""

from types import SimpleNamespace

import pytest

from opassay.adapters.onednn import own_convolutions
from opassay.harness.model.dtypes import DTYPES


def torch(single=True, half=True, available=True, enabled=True):
    supported = SimpleNamespace(
        _is_mkldnn_bf16_supported=lambda: single,
        _is_mkldnn_fp16_supported=lambda: half,
    )
    backend = SimpleNamespace(is_available=lambda: available, enabled=enabled)
    return SimpleNamespace(ops=SimpleNamespace(mkldnn=supported), backends=SimpleNamespace(mkldnn=backend))


@pytest.mark.parametrize(
    ("told", "never"),
    [
        ({}, {"bfloat16", "float16"}),
        ({"half": False}, {"bfloat16"}),
        ({"single": False, "half": False}, set()),
        ({"available": False}, set()),
        ({"enabled": False}, set()),
    ],
)
def test_what_onednn_does_on_this_processor_is_never_torchs_own(told, never):
    assert set(DTYPES) - set(own_convolutions(torch(**told))) == never
