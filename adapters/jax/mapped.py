"""The ops with one axis mapped by ``jax.vmap``: each sample is one op call, and JAX's batching rules combine them.

Source: https://docs.jax.dev/en/latest/_autosummary/jax.vmap.html
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp

from opassay.adapters.jax.conv import ConvOps
from opassay.adapters.jax.plain import PlainOps
from opassay.adapters.jax.pool import PoolOps
from opassay.adapters.jax.scatter import ScatterOps
from opassay.harness.model.adapter import Unsupported

COUNTED = {
    "axis",
    "axes",
    "new_shape",
    "pads",
    "repeats",
    "begin",
    "offset",
    "diagonal",
    "block",
    "size",
    "sizes",
    "depth",
    "k",
}
"""Attributes that number axes of the whole tensor."""

WHOLE = (
    *("group_norm", "instance_norm", "linear", "matmul_widened", "matmul_float8", "cross_entropy", "einsum", "arange"),
    *("attention", "masked_attention", "biased_attention", "rotary_embedding"),
    *("depthwise_conv2d", "biased_conv2d"),
    *("embedding", "gather_nd", "index_put", "dynamic_update_slice"),
)
"""Ops whose expressions name axes of a whole batch."""


def not_mapped(op: str, attributes: Mapping[str, Any]) -> str | None:
    """Why an op on a sample differs from the op on its batch, or None."""
    if attributes.get("training"):
        return "a sample has no statistics of its batch"
    if attributes.get("reduction"):
        return "a loss is reduced over its whole batch"
    if op in WHOLE or COUNTED & set(attributes):
        return "its axes are counted in the whole tensor, not in a sample"
    return None


def mapped(op: Callable[..., Any]) -> Callable[..., Any]:
    """An element-wise method, mapped over the first axis of its answer while ``_mapping``."""

    @functools.wraps(op)
    def method(adapter: Any, *arrays: Any, **attributes: Any) -> Any:
        if not adapter._mapping:
            return op(adapter, *arrays, **attributes)
        rank = max(array.ndim for array in arrays)
        if rank == 0:
            raise Unsupported("scalars have no axis to map")
        size = next((a.shape[0] for a in arrays if a.ndim == rank and a.shape[0] != 1), 1)
        # An extent of 1 is broadcast; an extent that does not match is left to JAX to refuse.
        repeated = [array.ndim == rank and array.shape[0] == 1 != size for array in arrays]
        axes = [0 if a.ndim == rank and not once else None for a, once in zip(arrays, repeated, strict=True)]
        whole = [a[0] if once else a for a, once in zip(arrays, repeated, strict=True)]
        with adapter._mapped(False):
            return jax.vmap(lambda *parts: op(adapter, *parts, **attributes), in_axes=axes)(*whole)

    return method


class MappedOps(ConvOps, PoolOps, ScatterOps, PlainOps):
    """Every op, mapped over its batch while ``_mapping``; over another axis where it has no batch."""

    _mapping = False

    @contextmanager
    def _mapped(self, mapping: bool) -> Iterator[None]:
        before, self._mapping = self._mapping, mapping
        try:
            yield
        finally:
            self._mapping = before

    def _samples(self, op: Callable[..., Any], *arrays: Any) -> Any:
        """``op`` of the arrays, sample by sample, each a batch of one."""

        def one(*samples: Any) -> Any:
            with self._mapped(False):
                answers = op(*(jnp.expand_dims(sample, 0) for sample in samples))
            return jax.tree.map(lambda answer: jnp.squeeze(answer, 0), answers)

        return jax.vmap(one)(*arrays)

    def conv2d(self, x: Any, w: Any, **attributes: Any) -> Any:
        op = super().conv2d
        if not self._mapping:
            return op(x, w, **attributes)
        return self._samples(lambda sample: op(sample, w, **attributes), x)

    conv1d = conv3d = conv2d

    def conv2d_transpose(self, x: Any, w: Any, *, output_shape: Sequence[int], **attributes: Any) -> Any:
        op = super().conv2d_transpose
        if not self._mapping:
            return op(x, w, output_shape=output_shape, **attributes)
        single = (1, *output_shape[1:])
        return self._samples(lambda sample: op(sample, w, output_shape=single, **attributes), x)

    conv_transpose1d = conv_transpose3d = conv2d_transpose

    def max_pool2d(self, x: Any, **attributes: Any) -> Any:
        return self._pooled(super().max_pool2d, x, attributes)

    max_pool1d = max_pool3d = max_pool2d

    def max_pool2d_with_argmax(self, x: Any, **attributes: Any) -> tuple[Any, Any]:
        values, indices = self._pooled(super().max_pool2d_with_argmax, x, attributes)
        return values, indices

    def avg_pool2d(self, x: Any, **attributes: Any) -> Any:
        return self._pooled(super().avg_pool2d, x, attributes)

    avg_pool1d = avg_pool3d = avg_pool2d

    def avg_unpool2d(self, x: Any, **attributes: Any) -> Any:
        return self._pooled(super().avg_unpool2d, x, attributes)

    def _pooled(self, op: Callable[..., Any], x: Any, attributes: dict[str, Any]) -> Any:
        if not self._mapping:
            return op(x, **attributes)
        return self._samples(lambda sample: op(sample, **attributes), x)

    def max_unpool2d(self, x: Any, indices: Any, *, output_shape: Sequence[int], layout: str) -> Any:
        op = super().max_unpool2d
        if not self._mapping:
            return op(x, indices, output_shape=output_shape, layout=layout)
        single = (1, *output_shape[1:])
        return self._samples(lambda *sample: op(*sample, output_shape=single, layout=layout), x, indices)

    def relu(self, x: Any) -> Any:
        return self._along_first(super().relu, x)

    def stop_gradient(self, x: Any) -> Any:
        return self._along_first(super().stop_gradient, x)

    def _along_first(self, op: Callable[..., Any], x: Any) -> Any:
        if not self._mapping:
            return op(x)
        if x.ndim == 0:
            raise Unsupported("a scalar has no axis to map")
        return self._samples(op, x)

    def matmul(self, a: Any, b: Any) -> Any:
        """Mapped over the first batch axis of the answer; over the rows of ``a`` where there is none."""
        op = super().matmul
        if not self._mapping:
            return op(a, b)
        if a.ndim == b.ndim == 2:
            return self._samples(lambda row: op(row, b), a)
        size = jnp.broadcast_shapes(a.shape[:-2], b.shape[:-2])[0]
        rank = max(a.ndim, b.ndim)
        mapped = [v.ndim == rank and v.shape[0] == size for v in (a, b)]
        whole = [v if there or v.ndim < rank else v[0] for v, there in zip((a, b), mapped, strict=True)]
        return jax.vmap(op, in_axes=[0 if there else None for there in mapped])(*whole)

    def scatter_nd(self, indices: Any, updates: Any, *, shape: Sequence[int]) -> Any:
        """Mapped over the last axis of the slices, if any: there is no batch."""
        op = super().scatter_nd
        if not self._mapping:
            return op(indices, updates, shape=shape)
        if updates.ndim < indices.ndim:
            raise Unsupported("scatter_nd of single elements has no axis to map")
        column = jax.vmap(lambda part: op(indices, part, shape=shape[:-1]), in_axes=-1, out_axes=-1)
        return column(updates)
