"""What the ops must know about the program in which they are traced, and which kernels exist for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import tensorflow as tf

from opassay.adapters.geometry import Padding
from opassay.adapters.tensorflow.kernel_table import has_average, has_conv, has_maximum
from opassay.adapters.tensorflow.kernels import onednn_dtypes


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
        """Whether TensorFlow's own CPU kernels compute, which lack much of what XLA and CUDA have."""
        return not self._on_gpu and self._mode != "xla"

    @property
    def _on_gpu(self) -> bool:
        return self.device.startswith("cuda")

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
        """As ``kernel_table.has_conv``, for the program being traced."""
        own, onednn = self._cpu_kernels, onednn_dtypes()
        return has_conv(dtype.name, padding, layout, stride, dilation, groups, backward, own, onednn)

    def _has_maximum(self, dtype: tf.DType, padding: Padding, layout: str) -> bool:
        """As ``kernel_table.has_maximum``, for the program being traced."""
        eager_gradient = self._differentiating and self._mode == "eager"
        return has_maximum(dtype.name, padding, layout, self._cpu_kernels, onednn_dtypes(), eager_gradient)

    def _has_average(self, dtype: tf.DType, layout: str) -> bool:
        """As ``kernel_table.has_average``, for the program being traced."""
        return has_average(dtype.name, layout, self._cpu_kernels, onednn_dtypes())
