"""Predicates of several of Keras' known differences. Free of Keras."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from opassay.adapters.geometry import channel_axis, pad_amounts, spatial_axes
from opassay.adapters.known_predicates import Predicate, known, read_pins
from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

SEEN = "keras 3.15.1 on tensorflow 2.21.0, torch 2.13.0, jax 0.10.2, CPU"
SCATTER_ON_TENSORFLOW = "tf.scatter_nd takes one index vector for a list of scalar indices, and refuses empty shapes"
SCATTER_ON_TORCH = "updates without elements cannot be reshaped to rows"
REPLICATED = "torch backend: ops.average_pool replicates the edge for uneven 'same' padding and counts it"
REPLICATED_URL = "https://github.com/keras-team/keras/pull/23233"
REPLICATED_TITLE = "Fix inconsistent padding behavior in Torch pooling operations"
BITS = "dtypes.result_type turns 64-bit dtypes into 32-bit ones, as JAX does by default"
BITS_URL = "https://www.tensorflow.org/api_docs/python/tf/keras/config/set_x64_mode"
BITS_TITLE = "tf.keras.config.set_x64_mode"
_PINS = read_pins(str(Path(__file__).parent))


def keras_known(
    op: str,
    aspect: str,
    name: str,
    verdict: str,
    covers: Predicate,
    owner: str,
    reason: str,
    modes: tuple[str, ...] = (),
    **more: Any,
) -> Fact:
    """A Known named after op, aspect, and what is different. ``more``: url and title."""
    title = f"keras-{op}-{aspect}-{name}"
    return known(_PINS, title, verdict, covers, owner=owner, reason=reason, versions=SEEN, modes=modes, **more)


def stages(case: Case) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each op of a case, with its attributes."""
    if "stages" not in case.attributes:
        yield case.op, case.attributes
        return
    for stage in case.attributes["stages"]:
        yield stage["op"], stage.get("attributes", {})


def grouped(case: Case) -> bool:
    """Some convolution has groups."""
    return any(attributes.get("groups", 1) > 1 for _, attributes in stages(case))


def in_dtype(*names: str) -> Callable[[Case], bool]:
    """The first tensor is of one of these dtypes."""
    return lambda case: case.tensors[0].dtype in names


def replicated(case: Case) -> bool:
    """Some average pool is padded by "SAME", by more at the end than at the start, beside windows of more than two.

    Padding that counts is an op of its own.
    """
    pools = (how for op, how in stages(case) if op == "avg_pool2d")
    return any(_replicated(case, how) for how in pools if how["padding"] == "SAME" and not how["count_padding"])


def _replicated(case: Case, how: Mapping[str, Any]) -> bool:
    extents = [case.tensors[0].shape[axis] for axis in spatial_axes(how["layout"])]
    pads = pad_amounts(extents, how["window"], how["stride"], (1, 1), "SAME")
    # The mean of an element and its copy is that element.
    differs = 0 not in case.tensors[0].shape and any(
        sum(pad) and k > 2 and n > 1 for pad, k, n in zip(pads, how["window"], extents, strict=True)
    )
    return differs and any(low != high for low, high in pads)


def without_image(case: Case) -> bool:
    """An extent of 0 that is not the batch."""
    return 0 in case.tensors[0].shape[1:]


def empty_but_batch(case: Case) -> bool:
    """No image or filter for a batch, which may itself be empty."""
    return 0 in case.tensors[0].shape[1:] or 0 in case.tensors[1].shape


def without_channels(case: Case) -> bool:
    """The first input has no channels."""
    how = next(attributes for _, attributes in stages(case))
    return case.tensors[0].shape[channel_axis(how["layout"])] == 0


def special(case: Case) -> bool:
    """Some float tensor may hold NaN, infinities and the like."""
    return any(
        tensor.fill.kind in ("special", "literal") and dtypes.is_float(tensor.dtype) for tensor in case.all_tensors
    )


def _scattered(case: Case) -> tuple[int, ...]:
    """The shape that a scatter makes."""
    return tuple(next(how["shape"] for op, how in stages(case) if op == "scatter_nd"))


def refused_by_tensorflow(case: Case) -> bool:
    """One index vector, or some index into an empty shape."""
    indices = case.tensors[0].shape
    return len(indices) == 1 or (0 in _scattered(case) and 0 not in indices)


def empty_slices(case: Case) -> bool:
    """Each index names a slice without elements."""
    return 0 in _scattered(case)[case.tensors[0].shape[-1] :]
