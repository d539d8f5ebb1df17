"""The contract's choices that TensorFlow follows. Does not import TensorFlow: the parent process imports this."""

from __future__ import annotations

from opassay.adapters.tensorflow.kernel_table import pool_dilates
from opassay.harness.model.case import Case
from opassay.harness.model.choice import Follows


def _padded_before(case: Case) -> bool:
    """tf.nn.max_pool2d pads by itself, and refuses such amounts; other ops use a separate padding op, or have none."""
    return case.op not in ("max_pool1d", "max_pool2d") or max(case.attributes["dilation"]) > 1


def _gathered(case: Case) -> bool:
    """A dilated pool composed of gathers, whose shape graphs cannot infer; argmax is always composed."""
    how = case.attributes
    inner = pool_dilates(how["window"], how["stride"], how["padding"], how["dilation"])
    return max(how["dilation"]) > 1 and (case.op == "max_pool2d_with_argmax" or not inner)


_ONE_HOT = {"url": "https://www.tensorflow.org/api_docs/python/tf/one_hot", "title": "tf.one_hot"}

FOLLOWS = (
    Follows("wide_padding", "any", when=_padded_before),
    Follows("wide_padding", "any", ops=("max_pool1d", "max_pool2d"), modes=("xla",)),
    Follows("large_window", "empty", modes=("eager", "dynamic")),
    Follows("large_window", "empty", ops=("selects_maximum",), modes=("function", "xla"), when=_gathered),
    Follows("large_window", "empty", ops=("max_pool2d_with_argmax",), modes=("xla",)),
    Follows("empty_window", "nothing"),
    Follows("no_axes", "none"),
    Follows("target_out_of_range", "nan", modes=("xla",)),
    Follows("nothing_reduced", "worst", ops=("chooses",)),
    Follows("nan_position", "passed_over", modes=("eager", "function", "dynamic")),
    Follows("index_below", "from_end", ops=("gather_elements",)),
    Follows("index_below", "nowhere", ops=("one_hot",), **_ONE_HOT),
    Follows("index_beyond", "nowhere", ops=("one_hot",), **_ONE_HOT),
)
