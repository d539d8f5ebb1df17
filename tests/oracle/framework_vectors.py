"""Prints answers of a framework as JSON, for the oracle's tests to compare with.

``python framework_vectors.py tensorflow|torch``. Values are small non-zero integers, so that float32 sums are
exact. Only this script, in a process of its own, imports a framework. A vector named ``<op>_vjp`` has the
cotangent as its last input and the gradients as its outputs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

COUNT = 48
Vector = tuple[str, dict[str, Any], list[np.ndarray], list[np.ndarray]]


class Draw:
    """Geometries and values from one seed."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def pair(self, low: int, high: int) -> tuple[int, int]:
        first, second = (int(n) for n in self.rng.integers(low, high + 1, 2))
        return first, second

    def one(self, *choices: Any) -> Any:
        return choices[self.rng.integers(len(choices))]

    def values(self, *shape: int) -> np.ndarray:
        return (self.rng.integers(1, 4, shape) * self.rng.choice([-1, 1], shape)).astype(np.float32)

    def extents(self, spans: list[int]) -> tuple[int, int]:
        height, width = (int(e + self.rng.integers(0, 7)) for e in spans)
        return height, width


def spans(window: tuple[int, int], dilation: tuple[int, int]) -> list[int]:
    return [(k - 1) * d + 1 for k, d in zip(window, dilation, strict=True)]


def tensorflow_vectors() -> Iterator[Vector]:
    import tensorflow as tf

    for seed in range(COUNT):
        draw = Draw(seed)
        yield from tensorflow_convs(tf, draw)
        yield from tensorflow_pools(tf, draw)
        shape, depth = (3, 2, 4), draw.one(1, 2, 3)
        indices = np.stack([draw.rng.integers(0, n, 7) for n in shape[:depth]], axis=-1)
        updates = draw.values(7, *shape[depth:])
        yield "scatter_nd", {"shape": shape}, [indices, updates], [tf.scatter_nd(indices, updates, shape).numpy()]


def tensorflow_convs(tf: Any, draw: Draw) -> Iterator[Vector]:
    kernel, stride, groups = draw.pair(1, 4), draw.pair(1, 3), draw.one(1, 2)
    dilation = draw.pair(1, 3) if stride == (1, 1) else (1, 1)
    padding = draw.one("SAME", "SAME", "VALID", tuple(draw.pair(0, k - 1) for k in kernel))
    height, width = draw.extents(spans(kernel, dilation))
    x, w = draw.values(2, height, width, 3 * groups), draw.values(*kernel, 3, 2 * groups)
    native = padding if isinstance(padding, str) else [[0, 0], *map(list, padding), [0, 0]]
    y = tf.nn.conv2d(x, w, strides=stride, padding=native, dilations=dilation).numpy()
    attributes = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups, "layout": "NHWC"}
    yield "conv2d", attributes, [x, w], [y]
    if groups == 1 and dilation == (1, 1):
        z = draw.values(*y.shape)
        yield tensorflow_gradients(
            tf, "conv2d", attributes, lambda x, w: tf.nn.conv2d(x, w, strides=stride, padding=native), [x, w], z
        )
        back = tf.nn.conv2d_transpose(z, w, output_shape=x.shape, strides=stride, padding=native).numpy()
        yield "conv2d_transpose", attributes | {"output_shape": x.shape}, [z, w], [back]


def tensorflow_pools(tf: Any, draw: Draw) -> Iterator[Vector]:
    window, stride, padding = draw.pair(1, 4), draw.pair(1, 3), draw.one("SAME", "VALID")
    height, width = draw.extents(list(window))
    x = draw.values(2, height, width, 3)
    common = {"window": window, "stride": stride, "padding": padding, "layout": "NHWC"}
    pool = common | {"dilation": (1, 1)}
    values, indices = tf.nn.max_pool_with_argmax(x, window, stride, padding, include_batch_in_index=False)
    yield "max_pool2d_with_argmax", pool, [x], [values.numpy(), indices.numpy()]
    yield "max_pool2d", pool, [x], [tf.nn.max_pool2d(x, window, stride, padding).numpy()]
    dy = draw.values(*values.shape)
    yield tensorflow_gradients(tf, "max_pool2d", pool, lambda x: tf.nn.max_pool2d(x, window, stride, padding), [x], dy)
    mean = tf.nn.avg_pool2d(x, window, stride, padding).numpy()
    average = common | {"count_padding": False}
    yield "avg_pool2d", average, [x], [mean]
    yield tensorflow_gradients(
        tf, "avg_pool2d", average, lambda x: tf.nn.avg_pool2d(x, window, stride, padding), [x], dy
    )


def tensorflow_gradients(
    tf: Any, op: str, attributes: dict[str, Any], run: Callable[..., Any], inputs: list[np.ndarray], dy: np.ndarray
) -> Vector:
    watched = [tf.constant(x) for x in inputs]
    with tf.GradientTape() as tape:
        tape.watch(watched)
        y = run(*watched)
    found = tape.gradient(y, watched, output_gradients=tf.constant(dy))
    return f"{op}_vjp", attributes, [*inputs, dy], [g.numpy() for g in found]


def torch_vectors() -> Iterator[Vector]:
    import torch

    torch.set_num_threads(1)
    for seed in range(COUNT):
        draw = Draw(1000 + seed)
        yield from torch_convs(torch, draw)
        yield from torch_pools(torch, draw)
        a, b = draw.values(2, 1, *draw.pair(1, 5)), draw.values(3, 1, 4)
        b = np.repeat(b, a.shape[-1], axis=1)
        y = torch.matmul(torch.from_numpy(a), torch.from_numpy(b)).numpy()
        yield "matmul", {}, [a, b], [y]
        yield torch_gradients(torch, "matmul", {}, torch.matmul, [a, b], draw.values(*y.shape))


def torch_convs(torch: Any, draw: Draw) -> Iterator[Vector]:
    kernel, stride, dilation = draw.pair(1, 4), draw.pair(1, 3), draw.pair(1, 3)
    groups, span = draw.one(1, 2, 3), spans(kernel, dilation)
    height, width = draw.extents(span)
    pads = tuple(int(draw.rng.integers(0, e)) for e in span)
    x, w = draw.values(2, 2 * groups, height, width), draw.values(*kernel, 2, 2 * groups)
    native = torch.from_numpy(np.ascontiguousarray(w.transpose(3, 2, 0, 1)))
    options = {"stride": stride, "padding": pads, "dilation": dilation, "groups": groups}
    y = torch.nn.functional.conv2d(torch.from_numpy(x), native, **options).numpy()
    attributes = options | {"padding": tuple((p, p) for p in pads), "layout": "NCHW"}
    yield "conv2d", attributes, [x, w], [y]
    z = draw.values(*y.shape)
    yield torch_gradients(
        torch,
        "conv2d",
        attributes,
        lambda x, w: torch.nn.functional.conv2d(x, w.permute(3, 2, 0, 1), **options),
        [x, w],
        z,
    )
    missing = [(n + 2 * p - e) % s for n, p, e, s in zip((height, width), pads, span, stride, strict=True)]
    back = torch.nn.functional.conv_transpose2d(torch.from_numpy(z), native, output_padding=missing, **options)
    yield "conv2d_transpose", attributes | {"output_shape": x.shape}, [z, w], [back.numpy()]


def torch_pools(torch: Any, draw: Draw) -> Iterator[Vector]:
    functional = torch.nn.functional
    window, stride, dilation = draw.pair(1, 4), draw.pair(1, 3), draw.pair(1, 2)
    height, width = draw.extents(spans(window, dilation))
    pads = tuple(int(draw.rng.integers(0, k // 2 + 1)) for k in window)
    x = draw.values(2, 3, height, width)
    native = torch.from_numpy(x)
    sizes = {"kernel_size": window, "stride": stride, "padding": pads}
    common = {"window": window, "stride": stride, "padding": tuple((p, p) for p in pads), "layout": "NCHW"}
    values, indices = functional.max_pool2d(native, window, stride, pads, dilation, return_indices=True)
    flat = indices.numpy() * 3 + np.arange(3).reshape(3, 1, 1)
    pool = common | {"dilation": dilation}
    yield "max_pool2d_with_argmax", pool, [x], [values.numpy(), flat]
    yield torch_gradients(
        torch,
        "max_pool2d",
        pool,
        lambda x: functional.max_pool2d(x, window, stride, pads, dilation),
        [x],
        draw.values(*values.shape),
    )
    for counted in (False, True):
        average = partial(functional.avg_pool2d, **sizes, count_include_pad=counted)
        mean, attributes = average(native).numpy(), common | {"count_padding": counted}
        yield "avg_pool2d", attributes, [x], [mean]
        yield torch_gradients(torch, "avg_pool2d", attributes, average, [x], draw.values(*mean.shape))
    tiles = functional.max_pool2d(native, window, window, return_indices=True)
    back = functional.max_unpool2d(*tiles, window, window, output_size=x.shape).numpy()
    flat = tiles[1].numpy() * 3 + np.arange(3).reshape(3, 1, 1)
    yield "max_unpool2d", {"output_shape": x.shape, "layout": "NCHW"}, [tiles[0].numpy(), flat], [back]


def torch_gradients(
    torch: Any, op: str, attributes: dict[str, Any], run: Callable[..., Any], inputs: list[np.ndarray], dy: np.ndarray
) -> Vector:
    watched = [torch.from_numpy(x).requires_grad_() for x in inputs]
    found = torch.autograd.grad(run(*watched), watched, torch.from_numpy(dy))
    return f"{op}_vjp", attributes, [*inputs, dy], [g.numpy() for g in found]


def encode(array: np.ndarray) -> dict[str, Any]:
    return {"dtype": array.dtype.name, "shape": array.shape, "values": array.ravel().tolist()}


def encode_vector(vector: Vector) -> dict[str, Any]:
    op, attributes, inputs, outputs = vector
    return {
        "op": op,
        "attributes": attributes,
        "inputs": [encode(v) for v in inputs],
        "outputs": [encode(v) for v in outputs],
    }


MAKERS: dict[str, Callable[[], Iterator[Vector]]] = {"tensorflow": tensorflow_vectors, "torch": torch_vectors}

if __name__ == "__main__":
    print(json.dumps([encode_vector(v) for v in MAKERS[sys.argv[1]]()]))
