"""What Keras' backends make of an extent of 0, told apart by how Keras calls them. Free of Keras."""

from __future__ import annotations

from opassay.adapters.geometry import spatial_axes
from opassay.adapters.keras.known_predicates import (
    SCATTER_ON_TORCH,
    empty_slices,
    keras_known,
    without_image,
)
from opassay.adapters.known_predicates import attributes_of
from opassay.adapters.onednn import ONE_DNN, WITH_ONE_DNN
from opassay.harness.model.case import Case

_ROWS = "on JAX ops.conv_transpose makes stride - 1 rows of an image without rows, where output_padding asks for none"
_FILTERS = "TensorFlow: oneDNN refuses filters without elements, here in a gradient"


def _empty_filters(case: Case) -> bool:
    """A convolution by oneDNN with filters without elements, of some images."""
    x, w = case.tensors[:2]
    return x.dtype in ONE_DNN and 0 in w.shape and x.shape[0] > 0


def _shaped_as_input(case: Case) -> bool:
    """A convolution by oneDNN whose answer is empty, and not of the input's shape; no filter is."""
    x, w, dy = case.tensors[:3]
    how, shape = attributes_of(case), list(x.shape)
    if not isinstance(how["padding"], str):
        # Explicit padding is an op of its own, before the convolution.
        for axis, pad in zip(spatial_axes(how["layout"]), how["padding"], strict=True):
            shape[axis] += sum(pad)
    return x.dtype in ONE_DNN and 0 not in w.shape and 0 in dy.shape and tuple(shape) != dy.shape


def _no_image_in(case: Case) -> bool:
    """ "SAME" around an image without height or width."""
    how = attributes_of(case)
    return how["padding"] == "SAME" and any(case.tensors[0].shape[axis] == 0 for axis in spatial_axes(how["layout"]))


def _counted_around_nothing(case: Case) -> bool:
    """The same, where the padding counts and so is an op of its own: the window is larger than what it gives."""
    return _no_image_in(case) and bool(case.attributes["count_padding"])


def _strides_over_nothing(case: Case) -> bool:
    """The same along an axis with a stride."""
    how = attributes_of(case)
    axes = zip(spatial_axes(how["layout"]), how["stride"], strict=True)
    return how["padding"] == "SAME" and any(case.tensors[0].shape[axis] == 0 and s > 1 for axis, s in axes)


EMPTY = (
    *(
        keras_known(
            op,
            aspect,
            "no-filters",
            "rejects",
            _empty_filters,
            "upstream",
            _FILTERS,
            ("tensorflow",),
            needs=WITH_ONE_DNN,
        )
        for op, aspect in (
            ("conv2d_transpose", "gradient"),
            ("conv2d_transpose_vjp", "gradient"),
            ("conv2d_input_gradient_law", "value"),
        )
    ),
    keras_known(
        "conv2d_vjp",
        "gradient",
        "empty-shape",
        "shape",
        _shaped_as_input,
        "upstream",
        "TensorFlow's convolution of nothing has its input's shape",
        ("tensorflow",),
        needs=WITH_ONE_DNN,
    ),
    keras_known(
        "avg_pool2d",
        "shape",
        "window-larger",
        "rejects",
        _counted_around_nothing,
        "upstream",
        "KerasTensor: ops.average_pool refuses a window that does not fit, which the same call with tensors takes",
        ("tensorflow",),
        url="https://github.com/keras-team/keras/pull/22919",
        title="Raise on zero-size pooling outputs when pool_size > input spatial dim",
    ),
    *(
        keras_known(
            op,
            "gradient",
            "empty-torch",
            "rejects",
            without_image,
            "upstream",
            "refuses a tensor without elements, whose gradient is zeros or empty",
            ("torch",),
        )
        for op in ("avg_pool2d", "max_pool2d")
    ),
    *(
        keras_known(
            "conv2d",
            aspect,
            "no-image",
            "rejects",
            _no_image_in,
            "upstream",
            "what 'same' puts around an image without rows or columns is smaller than the filter, which torch refuses",
            ("torch",),
        )
        for aspect in ("value", "gradient")
    ),
    *(
        keras_known(op, aspect, "rows-of-nothing", "rejects", _strides_over_nothing, "upstream", _ROWS, ("jax",))
        for op, aspect in (("conv2d_transpose", "value"), ("conv2d_transpose_vjp", "gradient"))
    ),
    keras_known(
        "scatter_nd", "gradient", "empty-torch", "rejects", empty_slices, "upstream", SCATTER_ON_TORCH, ("torch",)
    ),
)
