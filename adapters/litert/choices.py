"""LiteRT's choices. Imports neither LiteRT nor TensorFlow: the parent process imports this."""

from __future__ import annotations

from opassay.harness.model.choice import Follows

FOLLOWS = (
    Follows("wide_padding", "any"),
    Follows("empty_window", "nothing"),
    Follows("no_axes", "none"),
    Follows("target_out_of_range", "nan"),
    Follows("nothing_reduced", "worst", ops=("chooses",)),
    Follows("nan_position", "passed_over"),
    Follows("index_below", "from_end", ops=("gather_elements",)),
    Follows("index_below", "nowhere", ops=("one_hot",)),
    Follows("index_beyond", "nowhere", ops=("one_hot",)),
)
