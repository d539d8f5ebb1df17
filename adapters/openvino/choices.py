"""The contract's choices that OpenVINO follows. Does not import OpenVINO: the parent process imports this."""

from __future__ import annotations

from opassay.harness.model.choice import Follows

_OPERATIONS = "https://docs.openvino.ai/2025/documentation/openvino-ir-format/operation-sets/operation-specs"


def _page(place: str, title: str) -> dict[str, str]:
    return {"url": f"{_OPERATIONS}/{place}.html", "title": title}


FOLLOWS = (
    Follows(
        "wide_padding",
        "any",
        ops=("selects_maximum",),
        url="https://github.com/openvinotoolkit/openvino/issues/35759",
        title="[Bug]: OpenVINO opset MaxPool accepts pad larger than kernel on CPU",
    ),
    Follows(
        "wide_padding",
        "any",
        ops=("avg_pool2d",),
        # An average that excludes padding would divide by 0, and is refused.
        when=lambda case: case.attributes["count_padding"],
        **_page("pooling/avg-pool-16", "AvgPool"),
    ),
    Follows("vectors", "numpy", **_page("matrix/matmul-1", "MatMul")),
    Follows("empty_window", "nothing"),
    Follows("negative_index", "from_end", **_page("movement/scatter-nd-update-15", "ScatterNDUpdate")),
    Follows("index_below", "from_end", ops=("gather", "embedding"), **_page("movement/gather-8", "Gather")),
    Follows("index_below", "from_end", ops=("gather_elements", "gather_nd", "scatter_elements")),
    Follows("long_axis_squeezed", "kept"),
    Follows("few_repeats", "last_axes"),
    Follows("negative_pads", "crop", **_page("movement/pad-12", "Pad")),
    Follows("order_of_equals", "any", ops=("topk",)),
)
