"""The ops of TensorFlow's scripts: the same choice among kernels and compositions as in the adapter."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from opassay.adapters.expressions import written
from opassay.adapters.geometry import unknown
from opassay.adapters.script_text import Body, Emit, Step, body
from opassay.adapters.tensorflow.expressions import EXPRESSIONS
from opassay.adapters.tensorflow.kernel_table import has_average, has_conv, has_maximum, pool_dilates
from opassay.harness.model.script import Asked

TO_NHWC, TO_NCHW = (0, 2, 3, 1), (0, 3, 1, 2)
_CONV, _POOL, _WINDOWS = (
    "opassay.adapters.tensorflow.conv",
    "opassay.adapters.tensorflow.pool",
    "opassay.adapters.tensorflow.windows",
)
_LAYOUT = "opassay.adapters.tensorflow.layout"
ONEDNN = "float32,bfloat16,float16"
"""What TensorFlow passes to oneDNN on most processors, where a worker did not report it."""


def emitter(asked: Asked) -> Emit:
    """Writes the body of one op's function, for the requested mode and device."""
    named = asked.settings.get("onednn_dtypes", ONEDNN)
    writer = _Writer(asked.mode, asked.device, frozenset(named.split(",")))
    return lambda step: writer.body(step)


def _full(padding: Any, layout: str) -> Any:
    if isinstance(padding, str):
        return padding
    pairs = [list(pair) for pair in padding]
    return [[0, 0], *pairs, [0, 0]] if layout == "NHWC" else [[0, 0], [0, 0], *pairs]


def _nhwc(shape: Any, layout: str) -> Any:
    return [shape[axis] for axis in TO_NHWC] if layout == "NCHW" and len(shape) == 4 else list(shape)


class _Writer:
    def __init__(self, mode: str, device: str, onednn: frozenset[str]) -> None:
        self._mode, self._onednn = mode, onednn
        self._own = device == "cpu" and mode != "xla"
        self._ops: Mapping[str, Callable[[Step, Mapping[str, Any]], Body]] = {
            "conv2d": self._conv2d,
            "conv2d_transpose": self._conv2d_transpose,
            "max_pool2d": self._max_pool2d,
            "max_pool2d_with_argmax": self._max_pool2d_with_argmax,
            "avg_pool2d": self._avg_pool2d,
            "max_unpool2d": self._max_unpool2d,
            "avg_unpool2d": self._avg_unpool2d,
        }

    def body(self, step: Step) -> Body:
        if step.op in EXPRESSIONS:
            return written(EXPRESSIONS[step.op], step)
        return self._ops[step.op](step, step.attributes)

    def _in_nhwc(self, step: Step, **more: Any) -> Body:
        """The op in NHWC, with its input and answers transposed."""
        shape = tuple(step.shapes[0][axis] for axis in TO_NHWC) if len(step.shapes[0]) == 4 else step.shapes[0]
        attributes = {**step.attributes, "layout": "NHWC", **more}
        inner = self.body(Step(step.op, attributes, (shape, *step.shapes[1:]), step.dtypes, step.differentiated))
        *lines, last = inner.lines
        answer = last.removeprefix("return ")
        turned = [f"x = tf.transpose(x, {TO_NHWC})", *lines]
        if step.op == "max_pool2d_with_argmax":
            turned += [f"values, indices = {answer}"]
            turned += [f"return tf.transpose(values, {TO_NCHW}), tf.transpose(indices, {TO_NCHW})"]
        else:
            turned += [f"return tf.transpose({answer}, {TO_NCHW})"]
        return Body(tuple(turned), inner.needs)

    def _has_conv(self, step: Step, backward: bool) -> bool:
        a = step.attributes
        how = (a["padding"], a["layout"], a["stride"], a["dilation"], a["groups"])
        return has_conv(step.dtypes[0], *how, backward, self._own, self._onednn)

    def _conv2d(self, step: Step, a: Mapping[str, Any]) -> Body:
        layout, padding = a["layout"], a["padding"]
        call = "return tf.nn.conv2d(x, w, strides={}, padding={!r}, data_format={!r}, dilations={})"
        if unknown(padding) or self._has_conv(step, step.differentiated):
            return body(call.format(a["stride"], _full(padding, layout), layout, a["dilation"]))
        if layout == "NCHW":
            return self._in_nhwc(step)
        if not isinstance(padding, str):
            inner = self.body(Step(step.op, {**a, "padding": "VALID"}, step.shapes, step.dtypes, step.differentiated))
            return Body((f"x = tf.pad(x, {_full(padding, layout)})", *inner.lines), inner.needs)
        how = f"{a['stride']}, {padding!r}, {a['dilation']}, {a['groups']}"
        return body(f"return _gathered_conv(x, w, {how})", needs=[f"{_CONV}:_gathered_conv"])

    def _conv2d_transpose(self, step: Step, a: Mapping[str, Any]) -> Body:
        layout, padding, shape = a["layout"], a["padding"], list(a["output_shape"])
        if unknown(padding) or self._has_conv(step, True):
            # Adding a zero that is unknown while tracing keeps the shape unknown until the program runs.
            known = str(shape) if self._mode != "dynamic" else f"tf.constant({shape}) + tf.zeros_like(tf.shape(x))"
            return body(
                f"return tf.nn.conv2d_transpose(x, w, {known}, strides={a['stride']}, "
                f"padding={_full(padding, layout)!r}, data_format={layout!r}, dilations={a['dilation']})"
            )
        if layout == "NCHW":
            return self._in_nhwc(step, output_shape=_nhwc(shape, layout))
        if not isinstance(padding, str):
            extra = (0, sum(padding[0]), sum(padding[1]), 0)
            wide = [n + e for n, e in zip(shape, extra, strict=True)] if len(shape) == 4 else shape
            more = {**a, "padding": "VALID", "output_shape": wide}
            inner = self.body(Step(step.op, more, step.shapes, step.dtypes, step.differentiated))
            *lines, last = inner.lines
            answer = last.removeprefix("return ")
            return Body((*lines, f"return _cropped({answer}, {padding}, {shape})"), (*inner.needs, f"{_CONV}:_cropped"))
        how = f"{shape}, {a['stride']}, {padding!r}, {a['dilation']}, {a['groups']}"
        return body(f"return _scattered_conv(x, w, {how})", needs=[f"{_CONV}:_scattered_conv"])

    def _has_maximum(self, step: Step, padding: Any) -> bool:
        eager_gradient = step.differentiated and self._mode == "eager"
        layout = step.attributes["layout"]
        return has_maximum(step.dtypes[0], padding, layout, self._own, self._onednn, eager_gradient)

    def _max_pool2d(self, step: Step, a: Mapping[str, Any]) -> Body:
        layout, padding, dilation = a["layout"], a["padding"], a["dilation"]
        if unknown(padding):
            how = f"{a['window']}, 'MAX', strides={a['stride']}, padding={padding!r}, data_format={layout!r}"
            return body(f"return tf.nn.pool(x, {how}, dilations={dilation})")
        undilated = set(dilation) <= {1}
        dilates = pool_dilates(a["window"], a["stride"], padding, dilation)
        has_kernel = self._has_maximum(step, padding if undilated else "VALID")
        if layout == "NCHW" and not (has_kernel and (undilated or dilates)):
            return self._in_nhwc(step)
        window, stride = a["window"], a["stride"]
        if undilated:
            lines, needs = [], []
            if self._mode == "xla" and not isinstance(padding, str):
                lines = [f"x = pad(x, {padding}, {layout!r}, lowest(x.dtype))  # XLA takes no explicit padding here"]
                needs, padding = [f"{_LAYOUT}:pad", f"{_LAYOUT}:lowest"], "VALID"
            call = f"tf.nn.max_pool2d(x, {window}, {stride}, {_full(padding, layout)!r}, data_format={layout!r})"
            return body(*lines, f"return {call}", needs=needs)
        if dilates:
            return body(
                f"return tf.nn.pool(x, {window}, 'MAX', strides={stride}, padding={_full(padding, layout)!r}, "
                f"data_format={layout!r}, dilations={dilation})"
            )
        return body(f"return first_maximum({self._how(a)})[0]", needs=[f"{_WINDOWS}:first_maximum"])

    def _how(self, a: Mapping[str, Any]) -> str:
        return f"x, {a['window']}, {a['stride']}, {a['dilation']}, {a['padding']!r}"

    def _max_pool2d_with_argmax(self, step: Step, a: Mapping[str, Any]) -> Body:
        if a["layout"] == "NCHW":
            return self._in_nhwc(step)
        if self._mode != "xla" and isinstance(a["padding"], str) and set(a["dilation"]) <= {1}:
            how = f"{a['window']}, {a['stride']}, {a['padding']!r}"
            return body(f"return tuple(tf.nn.max_pool_with_argmax(x, {how}, output_dtype=tf.int64))")
        located = f"return first_maximum({self._how(a)})"
        if not unknown(a["padding"]) and min((*a["window"], *a["stride"], *a["dilation"]), default=0) >= 1:
            return body(located, needs=[f"{_WINDOWS}:first_maximum"])
        checked = self.body(Step("max_pool2d", a, step.shapes, step.dtypes, step.differentiated))
        *lines, last = checked.lines
        needs = (*checked.needs, f"{_WINDOWS}:first_maximum")
        return Body((*lines, last.removeprefix("return ") + "  # refuses what is invalid", located), needs)

    def _avg_pool2d(self, step: Step, a: Mapping[str, Any]) -> Body:
        layout, padding, window, stride = a["layout"], a["padding"], a["window"], a["stride"]
        counts_all = a["count_padding"] or min((*window, *stride), default=0) < 1
        gathers = not counts_all and not isinstance(padding, str)
        if layout == "NCHW" and (gathers or not has_average(step.dtypes[0], layout, self._own, self._onednn)):
            return self._in_nhwc(step)
        if gathers:
            how = f"{window}, {stride}, {padding}"
            return body(f"return _mean_of_inside(x, {how})", needs=[f"{_POOL}:_mean_of_inside"])
        lines, needs = [], []
        counted = a["count_padding"] and padding == "SAME" and (0 not in step.shapes[0] or self._mode == "dynamic")
        if not isinstance(padding, str):
            lines = [f"x = tf.pad(x, {_full(padding, layout)})"]
        elif counted:
            amounts = f"amounts(x, {window}, {stride}, (1, 1), {padding!r}, {layout!r})"
            lines = [f"x = pad(x, {amounts}, {layout!r})"]
            needs = [f"{_LAYOUT}:pad", f"{_LAYOUT}:amounts"]
        padding = "VALID" if lines else padding
        call = f"tf.nn.avg_pool2d(x, {window}, {stride}, {padding!r}, data_format={layout!r})"
        return body(*lines, f"return {call}", needs=needs)

    def _max_unpool2d(self, step: Step, a: Mapping[str, Any]) -> Body:
        turn = a["layout"] == "NCHW"
        shape = _nhwc(a["output_shape"], a["layout"])
        before = [f"x, indices = tf.transpose(x, {TO_NHWC}), tf.transpose(indices, {TO_NHWC})"] if turn else []
        answer = f"tf.transpose(y, {TO_NCHW})" if turn else "y"
        return body(
            *before,
            "batch = tf.shape(x, tf.int64)[0]",
            "wide = tf.cast(indices, tf.int64) if indices.dtype == tf.int32 else indices",
            "flat = tf.reshape(tf.stop_gradient(wide), (batch, -1))",
            "sample = tf.broadcast_to(tf.range(batch)[:, None], tf.shape(flat))",
            f"zeros = tf.zeros(tf.stack([batch, {math.prod(shape[1:])}]), x.dtype)",
            "places = tf.stack([sample, flat], axis=-1)",
            f"y = tf.reshape(tf.tensor_scatter_nd_update(zeros, places, tf.reshape(x, (batch, -1))), {shape})",
            f"return {answer}",
        )

    def _avg_unpool2d(self, step: Step, a: Mapping[str, Any]) -> Body:
        first, window = (1 if a["layout"] == "NHWC" else 2), a["window"]
        return body(f"return tf.repeat(tf.repeat(x, {window[0]}, axis={first}), {window[1]}, axis={first + 1})")
