"""Which convolutions TensorFlow and torch run on oneDNN on this processor. Imports no framework."""

from __future__ import annotations

from typing import Any

from opassay.harness.model.dtypes import DTYPES

ONE_DNN = ("float32", "bfloat16", "float16")
"""Dtypes that it passes to oneDNN, where the processor has instructions for them; float16 needs rarer ones."""

AVERAGES = ("float32", "bfloat16")
"""Those of them for which its average pools have a kernel."""

WITH_ONE_DNN = ("onednn_dtypes={dtype}",)

WHERE_ONE_DNN = ("onednn_dtypes=float32",)
"""The same on processors where it uses oneDNN at all."""

OWN = ("own_convolutions={dtype}",)
"""The ``needs`` of facts about torch's own convolutions."""


def own_convolutions(torch: Any) -> tuple[str, ...]:
    """Dtypes whose convolutions the module ``torch`` may leave to its own kernels.

    oneDNN computes all of bfloat16 and float16 where it supports them, and all of float32 except some small images.
    """
    if not torch.backends.mkldnn.is_available() or not torch.backends.mkldnn.enabled:
        return DTYPES
    supported = {
        "bfloat16": torch.ops.mkldnn._is_mkldnn_bf16_supported(),
        "float16": torch.ops.mkldnn._is_mkldnn_fp16_supported(),
    }
    return tuple(dtype for dtype in DTYPES if not supported.get(dtype, False))


def onednn_dtypes(tf: Any) -> tuple[str, ...]:
    """Dtypes whose convolutions use oneDNN: TensorFlow, the module ``tf``, renames those nodes in the graph it runs.

    By default it does so only if it finds certain instructions, otherwise only if TF_ENABLE_ONEDNN_OPTS is 1.
    """
    return tuple(name for name in ONE_DNN if _renamed(tf, name))


def _renamed(tf: Any, dtype: str) -> bool:
    v1 = tf.compat.v1
    metadata = v1.RunMetadata()
    with tf.Graph().as_default(), tf.device("CPU"), v1.Session() as session:
        # Placeholders: constants would be folded before any kernel is chosen.
        x = v1.placeholder(dtype, (1, 4, 4, 2))
        w = v1.placeholder(dtype, (3, 3, 2, 2))
        feed = {x: [[[[1.0] * 2] * 4] * 4], w: [[[[1.0] * 2] * 2] * 3] * 3}
        options = v1.RunOptions(output_partition_graphs=True)
        try:
            session.run(tf.nn.conv2d(x, w, 1, "SAME"), feed, options=options, run_metadata=metadata)
        except tf.errors.AbortedError:
            # TensorFlow decides by the processor, but oneDNN has no such kernel within ONEDNN_MAX_CPU_ISA.
            return True
    return any("Mkl" in node.op for graph in metadata.partition_graphs for node in graph.node)
