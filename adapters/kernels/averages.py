"""Where the gradient of TensorFlow's average pool is wrong, for all frameworks that use it. Imports no framework."""

from __future__ import annotations

WIDE = "the gradient under a window larger than the input is wrong in every element"
WIDE_URL = "https://github.com/tensorflow/tensorflow/issues/48773"
WIDE_TITLE = "Wrong results of AvgPoolGrad and AvgPool3dGrad in some specific shapes"
"""Dtypes that oneDNN, which is correct, does not compute for TensorFlow."""
