"""The contract's choices that Paddle follows. Does not import Paddle: the parent process imports this."""

from __future__ import annotations

from opassay.harness.model.choice import Follows

FOLLOWS = (
    Follows("index_below", "from_end", ops=("gather", "gather_nd")),
    Follows("wide_padding", "any"),
    Follows("padding_words", "any_case"),
    Follows(
        "vectors",
        "numpy",
        url="https://paddlepaddle.org.cn/documentation/docs/en/api/paddle/matmul_en.html",
        title="matmul",
    ),
    Follows("negative_index", "from_end", ops=("scatter_nd",)),
    Follows("index_below", "from_end", ops=("gather_elements", "index_add")),
    Follows("long_axis_squeezed", "kept"),
    Follows("few_repeats", "last_axes"),
    Follows("order_of_equals", "any", ops=("topk",)),
)
