"""What the ops must know about the program they are traced into, and which kernels exist for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import tensorflow as tf

from adapters.geometry import Padding
from adapters.tensorflow.kernels import onednn_dtypes
from adapters.tensorflow.limits import DTYPES_WITHOUT_KERNEL


class State:
    """The mode being traced, and whether a gradient of it will be taken."""

    device: str
    _mode = "eager"
    _differentiating = False

    @contextmanager
    def _tracing(self, *, mode: str | None = None, differentiating: bool | None = None) -> Iterator[None]:
        before = self._mode, self._differentiating
        self._mode = before[0] if mode is None else mode
        self._differentiating = before[1] if differentiating is None else differentiating
        try:
            with tf.device(self.device.replace("cuda", "GPU")):
                yield
        finally:
            self._mode, self._differentiating = before

    @property
    def _cpu_kernels(self) -> bool:
        """Whether TensorFlow's own CPU kernels answer, which lack much of what XLA and CUDA have."""
        return self.device == "cpu" and self._mode != "xla"

    def _has_conv(
        self,
        dtype: tf.DType,
        padding: Padding,
        layout: str,
        stride: Sequence[int],
        dilation: Sequence[int],
        groups: int,
        backward: bool,
    ) -> bool:
        """Whether a kernel exists; invalid attributes and dtypes count as yes, so that TensorFlow sees them.

        Tried out in TensorFlow 2.21 for every combination: oneDNN does all but the gradients with
        explicit padding; the other kernels are for NHWC, and their gradients for no groups and no dilation.
        """
        if not self._cpu_kernels or min((*stride, *dilation), default=0) < 1:
            return True
        if dtype.name in DTYPES_WITHOUT_KERNEL["conv2d"]:
            return True
        onednn = dtype.name in onednn_dtypes()
        if onednn and (not backward or isinstance(padding, str)):
            return True
        return layout == "NHWC" and (not backward or (groups <= 1 and max(dilation) == 1))

    def _has_pool(self, dtype: tf.DType, padding: Padding, layout: str, maximum: bool) -> bool:
        """Whether a kernel exists for an undilated pool.

        NCHW on the CPU is oneDNN's alone, which takes no explicit padding; in eager mode the gradient
        of its maximum is not routed there and raises.
        """
        if not self._cpu_kernels or layout == "NHWC":
            return True
        if maximum and self._differentiating and self._mode == "eager":
            return False
        return dtype.name in onednn_dtypes() and isinstance(padding, str)
