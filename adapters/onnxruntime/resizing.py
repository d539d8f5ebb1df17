"""Which ways to resize the kernels of onnxruntime have. Does not import onnxruntime."""

from __future__ import annotations

from opassay.adapters.resizing import Ways, over

RESIZES: Ways = over(2, {"resize_cubic": ({},)})
