import pytest

from opassay import AdapterContract, new_differences


class TestTiny(AdapterContract):
    adapter = "opassay_tiny.adapter:TinyAdapter"


@pytest.mark.parametrize("op", ["relu", "matmul"])
def test_generated_cases_show_nothing_new(op):
    assert new_differences(TestTiny.adapter, op) == []
