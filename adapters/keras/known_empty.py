"""Answers of Keras' backends for an extent of 0, distinguished by how Keras calls them. Does not import Keras."""

from __future__ import annotations

from typing import Any

from opassay.adapters.geometry import spatial_axes
from opassay.adapters.keras.known_predicates import SEEN
from opassay.adapters.kernels.predicates import Predicate, attributes_of
from opassay.adapters.kernels.values import empty_anywhere
from opassay.adapters.onednn import ONE_DNN, WITH_ONE_DNN
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_OWN_SHAPE = "TensorFlow's convolution of nothing has its input's shape"
_SECOND = "the second derivative of an empty batch is None where it is an empty or zero tensor"


def _fact(
    name: str, reason: str, ops: tuple[str, ...], when: Predicate, modes: tuple[str, ...] = (), **more: Any
) -> Fact:
    told: dict[str, Any] = {"aspects": ("value",), "verdicts": ("rejects",), **more}
    return Fact(f"keras-{name}", "upstream", reason, ops=ops, when=when, modes=modes, versions=SEEN, **told)


def _shaped_as_input(case: Case) -> bool:
    """A convolution by oneDNN whose answer is empty and not of the input's shape; no filter is empty."""
    x, w, dy = case.tensors[:3]
    how, shape = attributes_of(case), list(x.shape)
    if not isinstance(how["padding"], str):
        # Explicit padding is an op of its own, before the convolution.
        for axis, pad in zip(spatial_axes(how["layout"]), how["padding"], strict=True):
            shape[axis] += sum(pad)
    return x.dtype in ONE_DNN and 0 not in w.shape and 0 in dy.shape and tuple(shape) != dy.shape


def _no_images(case: Case) -> bool:
    return case.tensors[0].shape[0] == 0


def _empty_by_onednn(case: Case) -> bool:
    return case.tensors[0].dtype in ONE_DNN and empty_anywhere(case)


def _transposed_of_nothing(case: Case) -> bool:
    return case.tensors[0].dtype in ONE_DNN and _second_of_nothing(case)


def _second_of_nothing(case: Case) -> bool:
    return _no_images(case) if case.op == "conv2d_transpose_vjp" else empty_anywhere(case)


EMPTY = (
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
        _transposed_of_nothing,
        ("tensorflow",),
        aspects=("gradient",),
        verdicts=("shape",),
        needs=WITH_ONE_DNN,
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
)
