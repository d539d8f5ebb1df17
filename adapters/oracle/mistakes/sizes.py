"""Mistakes beyond a size: past a tile, a vector, a plane, a grid of threads."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from opassay.adapters.oracle.mistakes.made import in_layout, mistakes, only, reading, spoilt
from opassay.harness.model.hypothesis import Question
from opassay.harness.model.mistake import Source

IMAGES = ("conv2d", "max_pool2d", "avg_pool2d")
FLAT = ("relu", "stop_gradient", "neg", "add")


def _tail(values: np.ndarray, first: int) -> np.ndarray:
    """Elements beyond the first so many are not written."""
    values.reshape(-1)[first:] = 0
    return values


def _plane_tail(image: np.ndarray) -> None:
    height, width = image.shape[1:3]
    if height * width > 4096:
        rows, columns = np.divmod(np.arange(4096, height * width), width)
        image[:, rows, columns] = 0


def _ragged(block: int) -> Callable[[np.ndarray], None]:
    """Channels beyond the last whole block are not written."""

    def change(image: np.ndarray) -> None:
        whole = image.shape[3] // block * block
        if whole:
            image[..., whole:] = 0

    return change


def _products(question: Question) -> int:
    return math.prod(question.inputs[1].shape[:3])


def _first_products(count: Callable[[int], int]) -> Callable[[np.ndarray, Question], np.ndarray]:
    """Only the first so many products of a convolution's sum."""

    def change(w: np.ndarray, question: Question) -> np.ndarray:
        flat = w.reshape(-1, w.shape[3])
        flat[count(len(flat)) :] = 0
        return flat.reshape(w.shape)

    return change


def _beyond(size: int) -> Callable[[Question], bool]:
    return lambda question: any(r.exact.size > size for r in question.truth)


MISTAKES = (
    *mistakes(
        "products_beyond_256_lost",
        "of a sum of more than 256 products, the first 256 are taken",
        reading(1, _first_products(lambda n: min(n, 256))),
        "conv2d",
    ),
    *mistakes(
        "products_behind_16_lost",
        "products are taken in blocks of 16, and what is left over is not",
        only(lambda q: _products(q) > 16, reading(1, _first_products(lambda n: n // 16 * 16))),
        "conv2d",
    ),
    *mistakes("plane_beyond_4096_unwritten", "of a plane, 4,096 elements are written", in_layout(_plane_tail), IMAGES),
    *mistakes(
        "channels_behind_32_unwritten",
        "channels behind the last whole block of 32 are left as they were",
        in_layout(_ragged(32)),
        IMAGES,
        source=Source(
            "https://github.com/tenstorrent/tt-metal/issues/15731",
            "[Bug Report] `ttnn.max_pool2d` returns incorrect results when channel > 32 and not a multiplier of 32"
            " (e.g. 48)",
        ),
    ),
    *mistakes(
        "beyond_65535_unwritten",
        "65,535 elements are written, as many as a grid of threads has along its second axis",
        only(_beyond(65_535), spoilt(lambda v: _tail(v, 65_535))),
        (*FLAT, *IMAGES),
        source=Source(
            "https://github.com/ROCm/rocm-libraries/issues/10551",
            "[Issue][MIOpen]: LSTM with bias silently produces wrong results when batch × seq_len exceeds 65,536"
            " (grid-y limit, unchecked launch failure)",
        ),
    ),
    *mistakes(
        "beyond_16384_unwritten",
        "what lies behind the first 16,384 elements is left as it was",
        only(_beyond(16_384), spoilt(lambda v: _tail(v, 16_384))),
        (*FLAT, *IMAGES),
    ),
    *mistakes(
        "behind_vectors_unwritten",
        "elements behind the last whole vector of 8 are left as they were",
        only(_beyond(8), spoilt(lambda v: _tail(v, v.size // 8 * 8))),
        FLAT,
    ),
)
