"""One planted mistake per hypothesis, written with loops and without the hypotheses' own code.

``PLANTED`` maps a hypothesis to the case on which the mistake is made, and to what a target that makes it answers.
"""

from __future__ import annotations

import math
import runpy
from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill

Arrays = Sequence[Any]
Mistake = Callable[[Case], Arrays]
ONES = (1, 1)


def tensor(
    shape: tuple[int, ...], kind: str = "ints", dtype: str = "float32", key: int = 5, values: Any = ()
) -> Tensor:
    return Tensor(shape, dtype, Fill("literal", values=tuple(values)) if values else Fill(kind, key))


def case(op: str, tensors: Sequence[Tensor], cotangent: Tensor | None = None, **attributes: Any) -> Case:
    cotangents = (cotangent, *([None] if op == "max_pool2d_with_argmax" else [])) if cotangent else ()
    return Case(op, tuple(tensors), attributes, "gradient" if cotangent else "value", cotangents=cotangents)


def conv(op: str = "conv2d", x=(1, 5, 6, 2), w=(3, 2, 2, 3), kind: str = "ints", dtype="float32", **more: Any) -> Case:
    attributes = {"stride": ONES, "padding": "VALID", "dilation": ONES, "groups": 1, "layout": "NHWC"} | more
    return case(op, (tensor(x, kind, dtype), tensor(w, kind, dtype, 8)), **attributes)


def pool(
    op: str,
    x=(2, 5, 6, 3),
    kind: str = "ints",
    values: Any = (),
    dy: Tensor | None = None,
    dtype: str = "float32",
    **more: Any,
) -> Case:
    own: dict[str, Any] = {"count_padding": False} if op == "avg_pool2d" else {"dilation": ONES}
    attributes = {"window": (2, 3), "stride": ONES, "padding": "VALID", "layout": "NHWC"} | own | more
    return case(op, (tensor(x, kind, dtype, values=values),), dy, **attributes)


def padded(x: np.ndarray, pads: Any, value: float = 0) -> np.ndarray:
    return np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=value)


def same_pads(case: Case, window: Sequence[int], first: bool = False) -> Any:
    """SAME of an NHWC case; with ``first`` the odd one comes first."""
    pairs = []
    for n, k, s in zip(case.tensors[0].shape[1:3], window, case.attributes["stride"], strict=True):
        total = max(0, (math.ceil(n / s) - 1) * s + k - n)
        pairs.append((total - total // 2, total // 2) if first else (total // 2, total - total // 2))
    return tuple(pairs)


def correlate(x: np.ndarray, w: np.ndarray, stride=ONES, dilation=ONES, group_of=None, channels_of=None) -> np.ndarray:
    """conv2d of an NHWC image that is padded already. ``channels_of``: the input channels of each output."""
    kh, kw, _, outputs = w.shape
    rows = (x.shape[1] - (kh - 1) * dilation[0] - 1) // stride[0] + 1
    columns = (x.shape[2] - (kw - 1) * dilation[1] - 1) // stride[1] + 1
    y = np.zeros((x.shape[0], rows, columns, outputs))
    for n, p, q, o in np.ndindex(y.shape):
        own = channels_of(o) if channels_of else range(x.shape[3])
        for i, j in product(range(kh), range(kw)):
            row = x[n, p * stride[0] + i * dilation[0], q * stride[1] + j * dilation[1]]
            y[n, p, q, o] += sum(row[c] * w[i, j, k, o] for k, c in enumerate(own))
    return y


def arrays(case: Case) -> list[np.ndarray]:
    return [np.asarray(a, dtype=np.float64) if a.dtype.kind == "f" else a for a in case.inputs()]


def single(*values: np.ndarray) -> Arrays:
    return [v.astype(np.float32) for v in values]


def windows(case: Case, pads: Any = None, fill: float = -np.inf):
    """(n, p, q, c), the window's values, and their rows and columns in the unpadded NHWC image."""
    a, (x,) = case.attributes, arrays(case)[:1]
    pads = pads or (((0, 0), (0, 0)) if a["padding"] == "VALID" else a["padding"])
    wide, (kh, kw), (sh, sw) = padded(x, pads, fill), a["window"], a["stride"]
    for n in range(x.shape[0]):
        for p, q in product(range((wide.shape[1] - kh) // sh + 1), range((wide.shape[2] - kw) // sw + 1)):
            for c in range(x.shape[3]):
                at = [(p * sh + i, q * sw + j) for i in range(kh) for j in range(kw)]
                yield (n, p, q, c), [wide[n, i, j, c] for i, j in at], [(i - pads[0][0], j - pads[1][0]) for i, j in at]


def pooled(case: Case, answer: Callable[[Any, list[float], list[tuple[int, int]]], float], **how: Any) -> np.ndarray:
    found = {place: answer(place, values, at) for place, values, at in windows(case, **how)}
    y = np.zeros(tuple(max(place[i] for place in found) + 1 for i in range(4)))
    for place, value in found.items():
        y[place] = value
    return y


def flat(case: Case, at: tuple[int, int], c: int) -> int:
    _, _, width, channels = case.tensors[0].shape
    return (at[0] * width + at[1]) * channels + c


def argmax(case: Case, choose: Callable[[list[float]], int], index: Callable[..., int] | None = None) -> Arrays:
    """Values and indices of a max pool that chooses tap number ``choose(values)`` of a window."""
    count = index or (lambda place, at, tap: flat(case, at, place[3]))
    values = pooled(case, lambda place, v, at: v[choose(v)])
    where = pooled(case, lambda place, v, at: count(place, at[choose(v)], choose(v)))
    return [values.astype(np.float32), where.astype(np.int64)]


def first_largest(values: list[float]) -> int:
    return next((i for i, v in enumerate(values) if math.isnan(v)), values.index(max(values)))


def last_largest(values: list[float]) -> int:
    return len(values) - 1 - values[::-1].index(max(values))


def ordered(wins: Callable[[float, float], bool]) -> Callable[[list[float]], int]:
    def choose(values: list[float]) -> int:
        best = 0
        for i, value in enumerate(values):
            best = i if wins(value, values[best]) else best
        return best

    return choose


def sent_back(case: Case, share: Callable[[list[float]], dict[int, float]], add: bool = True) -> Arrays:
    """The gradient of a max pool; ``share`` says how much of a window's cotangent goes to which taps."""
    dx, dy = np.zeros(case.tensors[0].shape), case.cotangent_values()[0]
    assert dy is not None
    for (n, p, q, c), values, at in windows(case):
        for tap, part in share(values).items():
            place = (n, *at[tap], c)
            dx[place] = part * dy[n, p, q, c] + (dx[place] if add else 0)
    return single(dx)


def average_gradient(case: Case, divisor: float) -> Arrays:
    dx, dy = np.zeros(case.tensors[0].shape), case.cotangent_values()[0]
    assert dy is not None
    for (n, p, q, c), _, at in windows(case, fill=0):
        for i, j in at:
            if 0 <= i < dx.shape[1] and 0 <= j < dx.shape[2]:
                dx[n, i, j, c] += dy[n, p, q, c] / divisor
    return single(dx)


def end_cut(case: Case) -> Arrays:
    """One row; of a window only what ends no farther behind the image than the padding before it is wide counts."""
    (_, (before, _)), width = case.attributes["padding"], case.tensors[0].shape[2]

    def average(place: Any, values: list[float], at: list[tuple[int, int]]) -> float:
        return sum(values) / sum(j < width + before for _, j in at)

    return single(pooled(case, average, fill=0))


def mean(case: Case, divide: Callable[[int], float], fill: float = 0) -> Arrays:
    height, width = case.tensors[0].shape[1:3]

    def average(place: Any, values: list[float], at: list[tuple[int, int]]) -> float:
        return sum(values) / divide(sum(0 <= i < height and 0 <= j < width for i, j in at))

    return single(pooled(case, average, fill=fill))


def conv_mistake(**how: Any) -> Mistake:
    """A convolution with other stride, dilation, padding or filter than the case says."""

    def answer(case: Case) -> Arrays:
        a, (x, w) = case.attributes, arrays(case)
        pads = how.get("pads", ((0, 0), (0, 0)) if isinstance(a["padding"], str) else a["padding"])
        pads = pads(case) if callable(pads) else pads
        w = how.get("filters", lambda w: w)(w)
        more = {k: how.get(k, a[k]) for k in ("stride", "dilation")}
        return single(correlate(padded(x, pads), w, **more, channels_of=how.get("channels_of")))

    return answer


def average_pads(case: Case) -> Any:
    return same_pads(case, case.attributes["window"])


def flushed(x: np.ndarray) -> np.ndarray:
    return np.where(np.abs(x) < 2.0**-126, np.copysign(0, x), x)


def dense(case: Case) -> Arrays:
    x, w = arrays(case)
    whole = np.zeros((*w.shape[:2], 4, 4))
    whole[:, :, :2, :2], whole[:, :, 2:, 2:] = w[..., :2], w[..., 2:]
    with np.errstate(invalid="ignore"):
        return single(correlate(x, whole))


def spread_groups(case: Case) -> Arrays:
    """Two groups of two channels each way: the first filter's infinity is NaN in the first of the other group."""
    (x, w), (dy,) = arrays(case), case.cotangent_values()
    assert dy is not None
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    for q, k, o in np.ndindex(2, 2, 4):
        c = o // 2 * 2 + k
        dx[0, 0, q, c] += dy[0, 0, q, o] * w[0, 0, k, o]
        dw[0, 0, k, o] += dy[0, 0, q, o] * x[0, 0, q, c]
    dw[..., 2] = NAN
    return single(dx, dw)


def scattered(case: Case, last: bool) -> Arrays:
    indices, updates = case.inputs()
    y = np.zeros(case.attributes["shape"], np.float32)
    for place, value in list(zip(indices, updates, strict=True))[:: 1 if last else -1]:
        y[tuple(place)] = value
    return [y]


def _at(case: Case, change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    indices, updates = case.inputs()
    y = np.zeros(case.attributes["shape"], np.float32)
    for place, value in zip(indices, updates, strict=True):
        y[tuple(change(place))] += value
    return y


def unpooled(case: Case) -> Arrays:
    x, indices = case.inputs()
    y = np.zeros(math.prod(case.attributes["output_shape"]), np.float32)
    for value, place in zip(x.ravel(), indices.ravel(), strict=True):
        y[place] += value
    return [y.reshape(case.attributes["output_shape"])]


def layout_confused(case: Case) -> Arrays:
    """NCHW in, taken for NHWC."""
    (x,), (kh, kw) = arrays(case), case.attributes["window"]
    return single(x.repeat(kh, axis=1).repeat(kw, axis=2))


def low_product(case: Case) -> Arrays:
    a, b = case.inputs()
    total = np.zeros((a.shape[0], b.shape[1]), np.float16)
    for k in range(a.shape[1]):
        total += (a[:, k : k + 1].astype(np.float16) * b[k].astype(np.float16)).astype(np.float16)
    return [total.astype(np.float32)]


def with_bits(values: np.ndarray, bits: int) -> np.ndarray:
    """float32 values rounded to nearest to so many significant bits, by their bits."""
    drop = 24 - bits
    raw = values.astype(np.float32).view(np.uint32).astype(np.uint64)
    raw = (raw + (1 << (drop - 1)) - 1 + ((raw >> drop) & 1)) >> drop << drop
    return raw.astype(np.uint32).view(np.float32).astype(np.float64)


def rounded_product(bits: int) -> Mistake:
    return lambda case: single(with_bits(case.inputs()[0], bits) @ with_bits(case.inputs()[1], bits))


def cut_product(case: Case) -> Arrays:
    a, b = (x.astype(np.float32) for x in case.inputs())
    rounded = (a @ b).astype(np.float16)
    return [np.where(np.abs(rounded) > np.abs(a @ b), np.nextafter(rounded, np.float16(0)), rounded)]


def relu_gradient(case: Case) -> Arrays:
    x, dy = case.inputs()[0], case.cotangent_values()[0]
    return [np.where(x >= 0, dy, 0).astype(np.float32)]


def multiplied(m: int, k: int, n: int, kind: str = "normal") -> Case:
    return case("matmul", (tensor((m, k), kind), tensor((k, n), kind, key=8)))


def maxima(case: Case, pads: Any = None, fill: float = -np.inf) -> Arrays:
    return single(pooled(case, lambda place, v, at: max(v), pads=pads, fill=fill))


def in_padded(case: Case) -> Arrays:
    (top, _), (left, right) = case.attributes["padding"]
    _, _, width, channels = case.tensors[0].shape

    def index(place: Any, at: tuple[int, int], tap: int) -> int:
        return ((at[0] + top) * (width + left + right) + at[1] + left) * channels + int(place[3])

    return argmax(case, first_largest, index)


def by_columns(case: Case, place: Any, at: tuple[int, int], tap: int) -> int:
    """The index of a maximum whose number in its window counts down columns of 2 and is taken along rows of 3."""
    row, column = divmod(tap, 3)
    down, across = divmod(column * 2 + row, 3)
    return flat(case, (at[0] - row + down, at[1] - column + across), place[3])


DISTINCT = tuple(float(v) for v in np.random.Generator(np.random.Philox(3)).permutation(60))
TIES = {"x": (1, 4, 5, 2), "kind": "ties"}
NAN, INF = math.nan, math.inf
LOWEST = np.finfo(np.float32).min
WITH_NAN = (1.0, NAN, 2.0, 3.0, NAN, NAN, NAN, 5.0, 6.0, 0.5, 4.0, 1.5)
NAN_POOL = {"x": (1, 1, 12, 1), "values": WITH_NAN, "window": (1, 3), "stride": (1, 3)}
DY = tensor((1, 3, 3, 2), key=11)
SHORT = {"x": (1, 1, 4, 1), "window": (1, 2), "stride": (1, 1)}
SUBNORMAL = (1e-40, -1e-40, 1.0, -2.0)
EVERY_TIE = {"x": (1, 1, 4, 1), "values": (2.0, 2.0, 1.0, 1.0), "window": (1, 2), "stride": (1, 2)}


def tied(values: list[float], part: float | None = None) -> dict[int, float]:
    taps = [i for i, v in enumerate(values) if v == max(values)]
    return {tap: 1 / len(taps) if part is None else part for tap in taps}


PLANTED: dict[str, tuple[Case, Mistake]] = {
    "same_pads_first": (
        conv(padding="SAME", w=(2, 4, 2, 3)),
        conv_mistake(pads=lambda case: same_pads(case, (2, 4), first=True)),
    ),
    "same_undilated": (
        pool("max_pool2d", x=(1, 2, 9, 1), window=ONES, stride=(1, 3), padding="SAME"),
        lambda c: [c.inputs()[0][:, :, 1::3]],
    ),
    "stride_swapped": (conv(x=(1, 5, 5, 2), stride=(1, 3), w=(3, 3, 2, 2)), conv_mistake(stride=(3, 1))),
    "dilation_swapped": (conv(x=(1, 7, 7, 2), dilation=(1, 2)), conv_mistake(dilation=(2, 1))),
    "dilation_ignored": (conv(x=(1, 7, 7, 2), dilation=(2, 2)), conv_mistake(dilation=ONES)),
    "window_swapped": (
        pool("avg_pool2d", window=(1, 3)),
        lambda c: mean(pool("avg_pool2d", window=(3, 1)), lambda real: 3),
    ),
    "filter_transposed": (conv(x=(1, 5, 5, 2), w=(2, 2, 2, 3)), conv_mistake(filters=lambda w: np.swapaxes(w, 0, 1))),
    "padding_sides_swapped": (conv(padding=((2, 0), (0, 1))), conv_mistake(pads=((0, 2), (1, 0)))),
    "padding_axes_swapped": (
        conv(x=(1, 5, 5, 2), w=(3, 3, 2, 3), padding=((1, 1), (2, 2))),
        conv_mistake(pads=((2, 2), (1, 1))),
    ),
    "padding_ignored": (conv(padding=((1, 1), (1, 1))), conv_mistake(pads=((0, 0), (0, 0)))),
    "layout_confused": (
        case("avg_unpool2d", (tensor((1, 2, 2, 2)),), window=(2, 2), layout="NCHW"),
        layout_confused,
    ),
    "extent_rounded_up": (
        pool("max_pool2d", x=(1, 4, 6, 1), window=(2, 2), stride=(3, 2)),
        lambda c: maxima(c, pads=((0, 1), (0, 0))),
    ),
    "extent_off_by_one": (conv(), lambda c: [conv_mistake()(c)[0][:, :-1]]),
    "end_counted_as_start": (
        pool("avg_pool2d", x=(1, 1, 5, 1), window=(1, 3), padding=((0, 0), (1, 2)), count_padding=True),
        end_cut,
    ),
    "edge_replicated": (
        pool("avg_pool2d", x=(1, 1, 4, 1), window=(1, 3), stride=(1, 2), padding="SAME", values=(3, 9, 6, 12)),
        lambda c: [np.array([18 / 3, 30 / 3], np.float32).reshape(1, 1, 2, 1)],
    ),
    "reciprocal_in_float32": (
        pool("avg_pool2d", x=(1, 1, 3, 1), dtype="float64", window=(1, 3), dy=tensor((1, 1, 1, 1), dtype="float64")),
        lambda c: [np.repeat(c.cotangent_values()[0] * np.float64(np.float32(1 / 3)), 3, axis=2)],
    ),
    "filter_flipped": (conv(), conv_mistake(filters=lambda w: w[::-1, ::-1])),
    "groups_interleaved": (
        conv(x=(1, 4, 4, 4), w=(2, 2, 2, 4), groups=2),
        conv_mistake(channels_of=lambda o: (o // 2, o // 2 + 2)),
    ),
    "first_group_only": (
        conv(x=(1, 4, 4, 4), w=(2, 2, 2, 4), groups=2),
        conv_mistake(channels_of=lambda o: (0, 1)),
    ),
    "dense_groups": (
        case(
            "conv2d",
            (tensor((1, 1, 2, 4), values=(1.0, 2.0, NAN, 4.0, 5.0, 6.0, 7.0, 8.0)), tensor((1, 1, 2, 4), key=8)),
            stride=ONES,
            padding="VALID",
            dilation=ONES,
            groups=2,
            layout="NHWC",
        ),
        dense,
    ),
    "dense_groups: of the filters' gradient": (
        case(
            "conv2d",
            (tensor((1, 1, 2, 4)), tensor((1, 1, 2, 4), key=8)),
            tensor((1, 1, 2, 4), values=(math.inf, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)),
            stride=ONES,
            padding="VALID",
            dilation=ONES,
            groups=2,
            layout="NHWC",
        ),
        spread_groups,
    ),
    "operand_transposed": (multiplied(3, 3, 4, "ints"), lambda c: single(c.inputs()[0].T @ c.inputs()[1])),
    "index_axes_reversed": (
        case("scatter_nd", (tensor((3, 2), dtype="int32", values=(0, 1, 2, 1, 2, 0)), tensor((3,))), shape=(3, 3)),
        lambda c: [_at(c, lambda i: i[::-1])],
    ),
    # As TensorFlow 2.21 answered under XLA.
    "integers_in_float32: moved": (
        case(
            "resize_nearest",
            (tensor((1, 1, 1, 1), dtype="int32", values=(2**31 - 2,)),),
            coordinates="half_pixel",
            rounding="round_prefer_ceil",
            scales=False,
            size=(1, 2),
        ),
        lambda c: [np.full((1, 1, 1, 2), 2**31 - 1, np.int32)],
    ),
    "pairs_saturate": (
        case(
            "matmul_widened",
            (
                tensor((1, 3), dtype="int8", values=(127, 127, 2)),
                tensor((3, 2), dtype="int8", values=(127, -128, 127, -128, 1, 3)),
            ),
        ),
        # 255 · 127 + 255 · 127 = 64,770 becomes 32,767, to which 130 comes; 128 · 255 is taken off. Likewise -32,768.
        lambda c: [np.array([[32_767 + 130 - 128 * 255, -32_768 + 390 + 128 * 253]], np.int32)],
    ),
    "repeated_index_overwrites": (
        case("scatter_nd", (tensor((3, 1), dtype="int32", values=(0, 2, 0)), tensor((3,))), shape=(4,)),
        lambda c: scattered(c, last=True),
    ),
    "repeated_index_adds": (
        case(
            "max_unpool2d",
            (tensor((1, 1, 2, 1), values=(3.0, 3.0)), tensor((1, 1, 2, 1), dtype="int64", values=(2, 2))),
            output_shape=(1, 1, 4, 1),
            layout="NHWC",
        ),
        unpooled,
    ),
    "count_padding_swapped": (
        pool("avg_pool2d", padding="SAME", window=(3, 2)),
        lambda c: single(pooled(c, lambda place, v, at: sum(v) / 6, pads=average_pads(c), fill=0)),
    ),
    "sum_not_divided": (pool("avg_pool2d"), lambda c: mean(c, lambda real: 1)),
    "gradient_not_scaled": (
        pool("avg_pool2d", x=(1, 4, 5, 2), window=(2, 3), dy=DY),
        lambda c: average_gradient(c, 1),
    ),
    "gradient_window_grown": (
        pool(
            "avg_pool2d",
            x=(1, 1, 4, 1),
            window=(1, 5),
            padding="SAME",
            dy=tensor((1, 1, 4, 1), values=(6.0, 5.0, 8.0, 3.0)),
        ),
        # Windows begin at -2, -1, 0 and 1, and hold 3, 4, 4 and 3 elements; of the first, all 4 are taken.
        lambda c: [np.float32([4.75, 5.75, 5.75, 5.75]).reshape(1, 1, 4, 1)],
    ),
    "wrong_divisor": (pool("avg_pool2d", window=(2, 3)), lambda c: mean(c, lambda real: 3)),
    "padded_with_zero": (
        pool("max_pool2d", x=(1, 1, 3, 1), values=(-1.0, -2.0, -3.0), window=(1, 2), padding=((0, 0), (1, 0))),
        lambda c: maxima(c, fill=0),
    ),
    "nan_first_only": (pool("max_pool2d", **NAN_POOL), lambda c: argmax(c, ordered(lambda new, best: new > best))[:1]),
    "nan_dropped": (
        pool("max_pool2d", **NAN_POOL | {"values": (NAN, NAN, NAN, *WITH_NAN[3:])}),
        lambda c: argmax(c, ordered(lambda new, best: new > best or (best != best and new == new)))[:1],
    ),
    "starts_from_lowest": (
        pool("max_pool2d", x=(1, 1, 6, 1), values=(-INF, -INF, NAN, NAN, NAN, 2.0), window=(1, 2), stride=(1, 2)),
        lambda c: [np.float32([LOWEST, LOWEST, 2]).reshape(1, 1, 3, 1)],
    ),
    "nan_restarts": (
        pool("max_pool2d", **NAN_POOL),
        lambda c: argmax(c, ordered(lambda new, best: not best >= new))[:1],
    ),
    "last_nan": (
        pool("max_pool2d_with_argmax", **NAN_POOL),
        lambda c: argmax(c, ordered(lambda new, best: new > best or new != new)),
    ),
    "kept_if_not_less": (
        pool("max_pool2d", dy=tensor((1, 1, 4, 1), values=(3.0, 5.0, 7.0, 9.0)), **NAN_POOL),
        lambda c: sent_back(c, lambda v: {ordered(lambda new, best: not best >= new)(v): 1.0}),
    ),
    "last_maximum": (pool("max_pool2d_with_argmax", **TIES), lambda c: argmax(c, last_largest)),
    "index_with_batch": (
        pool("max_pool2d_with_argmax"),
        lambda c: argmax(c, first_largest, lambda place, at, tap: flat(c, at, place[3]) + place[0] * 90),
    ),
    "index_of_plane": (
        pool("max_pool2d_with_argmax"),
        lambda c: argmax(c, first_largest, lambda place, at, tap: at[0] * 6 + at[1]),
    ),
    "index_channels_first": (
        pool("max_pool2d_with_argmax"),
        lambda c: argmax(c, first_largest, lambda place, at, tap: place[3] * 30 + at[0] * 6 + at[1]),
    ),
    "index_in_padded_image": (pool("max_pool2d_with_argmax", padding=((1, 0), (2, 1))), in_padded),
    "index_of_padding": (
        pool(
            "max_pool2d_with_argmax",
            x=(1, 2, 2, 1),
            values=(-INF, -INF, 3.0, 1.0),
            window=(2, 1),
            stride=(1, 1),
            padding=((1, 0), (0, 0)),
        ),
        lambda c: argmax(c, first_largest),
    ),
    "index_in_window": (
        pool("max_pool2d_with_argmax"),
        lambda c: argmax(c, first_largest, lambda place, at, tap: tap),
    ),
    "counted_by_columns": (
        pool("max_pool2d_with_argmax", x=(1, 5, 6, 2), values=DISTINCT),
        lambda c: argmax(c, first_largest, partial(by_columns, c)),
    ),
    "gradient_to_every_maximum": (
        pool("max_pool2d", dy=tensor((1, 1, 2, 1), values=(3.0, 5.0)), **EVERY_TIE),
        lambda c: sent_back(c, lambda values: tied(values, 1.0)),
    ),
    "gradient_shared_among_maxima": (
        pool("max_pool2d", dy=tensor((1, 1, 2, 1), values=(3.0, 5.0)), **EVERY_TIE),
        lambda c: sent_back(c, tied),
    ),
    "gradient_overwritten": (
        pool("max_pool2d", values=(1.0, 9.0, 2.0, 3.0), dy=tensor((1, 1, 3, 1), values=(3.0, 5.0, 7.0)), **SHORT),
        lambda c: sent_back(c, lambda values: {first_largest(values): 1.0}, add=False),
    ),
    "subnormals_flushed": (
        case("relu", (tensor((4,), values=SUBNORMAL),)),
        lambda c: [np.maximum(flushed(c.inputs()[0]), 0).astype(np.float32)],
    ),
    "subnormals_compared_as_zero": (
        pool("max_pool2d_with_argmax", x=(1, 1, 4, 1), values=(1e-40, 2e-40, -1.0, 3.0), window=(1, 2), stride=(1, 2)),
        lambda c: argmax(c, lambda v: first_largest([float(flushed(np.float64(n))) for n in v])),
    ),
    "nan_to_zero": (
        case("relu", (tensor((3,), values=(NAN, 1.0, -1.0)),)),
        lambda c: [np.float32([0, 1, 0])],
    ),
    "absolute_value": (case("relu", (tensor((5,)),)), lambda c: [np.abs(c.inputs()[0])]),
    "gradient_multiplied": (
        case("relu", (tensor((4,), values=(0.0, 1.0, -1.0, -2.0)),), tensor((4,), values=(5.0, INF, 3.0, INF))),
        lambda c: [np.float32([0, INF, 0, NAN])],
    ),
    "gradient_at_zero": (
        case("relu", (tensor((3,), values=(0.0, 1.0, -1.0)),), tensor((3,), values=(5.0, 2.0, 3.0))),
        relu_gradient,
    ),
    "batch_row_reused": (conv(x=(3, 4, 4, 2)), lambda c: [np.repeat(conv_mistake()(c)[0][:1], 3, axis=0)]),
    "all_zeros": (conv(), lambda c: [np.zeros_like(conv_mistake()(c)[0])]),
    "inputs_in_tf32": (multiplied(4, 30, 5), rounded_product(11)),
    "inputs_in_bfloat16": (multiplied(4, 30, 5), rounded_product(8)),
    "cut_not_rounded": (
        case("matmul", (tensor((8, 1), "normal", "float16"), tensor((1, 9), "normal", "float16", key=8))),
        cut_product,
    ),
    "accumulated_in_lower_precision": (multiplied(4, 200, 5), low_product),
    "gradient_not_stopped": (
        case("stop_gradient", (tensor((3,)),), tensor((3,), key=9)),
        lambda c: list(c.cotangent_values()),
    ),
    "zeros_for_no_gradient": (
        case("stop_gradient", (tensor((3,)),), tensor((3,), key=9)),
        lambda c: [np.zeros(3, np.float32)],
    ),
    "no_gradient_for_one": (
        case("matmul", (tensor((2, 3)), tensor((3, 2), key=8)), tensor((2, 2), key=9)),
        lambda c: [c.cotangent_values()[0] @ c.inputs()[1].T, None],
    ),
    "cotangent_ignored": (
        case("matmul", (tensor((2, 3)), tensor((3, 2), key=8)), tensor((2, 2), key=9)),
        lambda c: [np.ones((2, 2), np.float32) @ c.inputs()[1].T, c.inputs()[0].T @ np.ones((2, 2), np.float32)],
    ),
}

PLANTED |= runpy.run_path(str(Path(__file__).with_name("planted_elements.py")))["PLANTED"]
