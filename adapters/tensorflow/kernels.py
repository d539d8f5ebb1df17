"""Which kernels this build of TensorFlow has on this processor, as TensorFlow itself shows."""

from __future__ import annotations

from functools import cache

import tensorflow as tf


@cache
def onednn_dtypes() -> frozenset[str]:
    """Dtypes whose convolutions TensorFlow hands to oneDNN: it renames those nodes in the graph that it runs."""
    return frozenset(name for name in ("float32", "bfloat16", "float16") if _runs_onednn(name))


def _runs_onednn(dtype: str) -> bool:
    v1 = tf.compat.v1
    metadata = v1.RunMetadata()
    with tf.Graph().as_default(), tf.device("CPU"), v1.Session() as session:
        # Placeholders: constants would be folded away before any kernel is chosen.
        x = v1.placeholder(dtype, (1, 4, 4, 2))
        w = v1.placeholder(dtype, (3, 3, 2, 2))
        feed = {x: [[[[1.0] * 2] * 4] * 4], w: [[[[1.0] * 2] * 2] * 3] * 3}
        options = v1.RunOptions(output_partition_graphs=True)
        session.run(tf.nn.conv2d(x, w, 1, "SAME"), feed, options=options, run_metadata=metadata)
    return any("Mkl" in node.op for graph in metadata.partition_graphs for node in graph.node)
