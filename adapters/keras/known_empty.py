"""What Keras' backends make of an extent of 0, told apart by how Keras calls them. Free of Keras."""

from __future__ import annotations

from typing import Any

from opassay.adapters.geometry import channel_axis, spatial_axes
from opassay.adapters.keras.known_predicates import SEEN, attributes_and_ops
from opassay.adapters.kernels.predicates import Predicate, attributes_of
from opassay.adapters.kernels.values import empty_anywhere
from opassay.adapters.onednn import ONE_DNN, WHERE_ONE_DNN, WITH_ONE_DNN
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_BOTH = ("value", "gradient")
_EMPTY = "refuses a tensor without elements, whose answer is zeros or empty"
_OWN_SHAPE = "TensorFlow's convolution of nothing has its input's shape"
_SECOND = "the second derivative of an empty batch is None where it is an empty or zero tensor"


def _fact(
    name: str, reason: str, ops: tuple[str, ...], when: Predicate, modes: tuple[str, ...] = (), **more: Any
) -> Fact:
    told: dict[str, Any] = {"aspects": ("value",), "verdicts": ("rejects",), **more}
    return Fact(f"keras-{name}", "upstream", reason, ops=ops, when=when, modes=modes, versions=SEEN, **told)


def _without_image(case: Case) -> bool:
    """An extent of 0 that is not the batch."""
    return 0 in case.tensors[0].shape[1:]


def _empty_but_batch(case: Case) -> bool:
    """No image or filter for a batch, which may itself be empty."""
    return 0 in case.tensors[0].shape[1:] or 0 in case.tensors[1].shape


def _nothing_asked(case: Case) -> bool:
    return _empty_but_batch(case) or 0 in case.attributes["output_shape"][1:]


def _without_channels(case: Case) -> bool:
    """The first input has no channels."""
    how = next(attributes for _, attributes in attributes_and_ops(case))
    return case.tensors[0].shape[channel_axis(how["layout"])] == 0


def _scattered(case: Case) -> tuple[int, ...]:
    """The shape that a scatter makes."""
    return tuple(next(how["shape"] for op, how in attributes_and_ops(case) if op == "scatter_nd"))


def _refused_scatter(case: Case) -> bool:
    """One index vector, or some index into an empty shape."""
    indices = case.tensors[0].shape
    return len(indices) == 1 or (0 in _scattered(case) and 0 not in indices)


def _empty_slices(case: Case) -> bool:
    """Each index names a slice without elements."""
    return 0 in _scattered(case)[case.tensors[0].shape[-1] :]


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


def _no_images(case: Case) -> bool:
    return case.tensors[0].shape[0] == 0


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


def _empty_by_onednn(case: Case) -> bool:
    return case.tensors[0].dtype in ONE_DNN and empty_anywhere(case)


def _empty_and_grouped(case: Case) -> bool:
    """Groups are convolved by a compiled function, which refuses an image without elements."""
    return case.attributes["groups"] > 1 and 0 in case.tensors[0].shape


def _second_of_nothing(case: Case) -> bool:
    return _no_images(case) if case.op == "conv2d_transpose_vjp" else empty_anywhere(case)


EMPTY = (
    _fact(
        "empty-pool-torch",
        _EMPTY,
        ("max_pool2d", "avg_pool2d", "avg_pool2d_vjp"),
        _without_image,
        ("torch",),
        aspects=_BOTH,
    ),
    _fact(
        "empty-average-tensorflow",
        _EMPTY,
        ("avg_pool2d", "avg_pool2d_vjp"),
        _without_channels,
        ("tensorflow",),
        aspects=("gradient",),
        needs=WHERE_ONE_DNN,
    ),
    _fact("empty-channels", _EMPTY, ("conv2d",), _without_channels, ("torch", "jax")),
    _fact("empty-conv-inferred", _EMPTY, ("conv2d",), _empty_but_batch, aspects=("shape",)),
    _fact("empty-conv-second", _EMPTY, ("conv2d_vjp",), _empty_but_batch, aspects=("gradient",)),
    _fact(
        "empty-transpose-torch",
        _EMPTY,
        ("conv2d_transpose", "conv2d_input_gradient_law"),
        _empty_but_batch,
        ("torch",),
    ),
    _fact("empty-transpose-inferred", _EMPTY, ("conv2d_transpose",), _nothing_asked, ("torch",), aspects=("shape",)),
    _fact("empty-law-inferred", _EMPTY, ("conv2d_input_gradient_law",), empty_anywhere, aspects=("shape",)),
    _fact("empty-groups", _EMPTY, ("conv2d",), _empty_and_grouped, ("tensorflow",), aspects=("gradient",)),
    _fact(
        "scatter-tensorflow",
        "tf.scatter_nd takes one index vector for a list of scalar indices, and refuses empty shapes",
        ("scatter_nd", "scatter_nd_vjp"),
        _refused_scatter,
        ("tensorflow",),
        aspects=_BOTH,
    ),
    _fact(
        "scatter-torch",
        "updates without elements cannot be reshaped to rows",
        ("scatter_nd", "scatter_nd_vjp"),
        _empty_slices,
        ("torch",),
        aspects=_BOTH,
    ),
    _fact(
        "no-filters",
        "TensorFlow: oneDNN refuses filters without elements, here in a gradient",
        ("conv2d_transpose", "conv2d_transpose_vjp"),
        _empty_filters,
        ("tensorflow",),
        aspects=("gradient",),
        needs=WITH_ONE_DNN,
    ),
    _fact(
        "no-filters-law",
        "TensorFlow: oneDNN refuses filters without elements, here in a gradient",
        ("conv2d_input_gradient_law",),
        _empty_filters,
        ("tensorflow",),
        needs=WITH_ONE_DNN,
    ),
    _fact(
        "own-shape-inferred",
        _OWN_SHAPE,
        ("conv2d",),
        _empty_by_onednn,
        ("tensorflow",),
        aspects=("shape",),
        verdicts=("shape",),
        needs=WITH_ONE_DNN,
    ),
    _fact(
        "own-shape-second",
        _OWN_SHAPE,
        ("conv2d_vjp",),
        _shaped_as_input,
        ("tensorflow",),
        aspects=("gradient",),
        verdicts=("shape",),
        needs=WITH_ONE_DNN,
    ),
    _fact(
        "own-shape",
        _OWN_SHAPE,
        ("conv2d_transpose", "conv2d_transpose_vjp"),
        _second_of_nothing,
        ("tensorflow",),
        aspects=("gradient",),
        verdicts=("shape",),
        needs=WHERE_ONE_DNN,
    ),
    _fact(
        "no-second-derivative",
        f"torch: {_SECOND}",
        ("conv2d_vjp", "conv2d_transpose_vjp"),
        _second_of_nothing,
        ("torch",),
        aspects=("gradient",),
        verdicts=("shape",),
    ),
    _fact(
        "no-index",
        "a loop over no index records nothing",
        ("scatter_nd", "scatter_nd_vjp"),
        empty_anywhere,
        ("torch",),
        aspects=("gradient",),
        verdicts=("shape",),
    ),
    _fact(
        "window-larger-inferred",
        "KerasTensor: ops.average_pool refuses a window that does not fit, which the same call with tensors takes",
        ("avg_pool2d",),
        _counted_around_nothing,
        ("tensorflow",),
        aspects=("shape",),
        url="https://github.com/keras-team/keras/pull/22919",
        title="Raise on zero-size pooling outputs when pool_size > input spatial dim",
    ),
    _fact(
        "no-image",
        "what 'same' puts around an image without rows or columns is smaller than the filter, which torch refuses",
        ("conv2d",),
        _no_image_in,
        ("torch",),
        aspects=_BOTH,
    ),
    _fact(
        "rows-of-nothing",
        "on JAX ops.conv_transpose makes stride - 1 rows of an image without rows, where output_padding asks for none",
        ("conv2d_transpose", "conv2d_transpose_vjp"),
        _strides_over_nothing,
        ("jax",),
        aspects=_BOTH,
    ),
)
