"""The body of each op in torch's scripts: the adapter's calls for a case. Does not import torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from opassay.adapters.expressions import written
from opassay.adapters.geometry import ALIKE, channel_axis, channels_last, output_extent, spatial_axes, unknown
from opassay.adapters.script_text import Body, Step, body
from opassay.adapters.torch.expressions import EXPRESSIONS
from opassay.adapters.torch.windows import (
    OwnPadding,
    expressible,
    inner_padding,
    offending,
    own_padding,
    pads_of,
    per_axis,
    transposed,
)

INTERPOLATED = ("float16", "bfloat16", "float32", "float64", "uint8")


def emit(step: Step) -> Body:
    """The body of a function that computes one op as the adapter does."""
    return _OPS[name](step) if (name := ALIKE.get(step.op, step.op)) in _OPS else written(EXPRESSIONS[step.op], step)


def _first(step: Step) -> tuple[int, ...]:
    """The image's shape with channels first; lower ranks are padded with ones."""
    shape, place = step.shapes[0], -_axes(step) - 1
    last = channels_last(step.attributes["layout"]) and shape
    moved = (*shape[:place], shape[-1], *shape[place:-1]) if last else shape
    return (1,) * (_axes(step) + 1) + tuple(moved)


def _axes(step: Step) -> int:
    return len(step.attributes["layout"]) - 2


def _extents(step: Step) -> tuple[int, ...]:
    return _first(step)[-_axes(step) :]


def _window(step: Step) -> tuple[int, ...]:
    """The spatial extents of the filter; torch refuses one of another rank."""
    axes = _axes(step)
    return (*step.shapes[1][:axes], *(1,) * axes)[:axes]


def _image(layout: str, name: str = "x") -> list[str]:
    return [f"{name} = {name}.movedim(-1, {1 - len(layout)})"] if channels_last(layout) else []


def _back(value: str, layout: str) -> str:
    return f"{value}.movedim({1 - len(layout)}, -1)" if channels_last(layout) else value


def _filter(step: Step) -> str:
    axes = _axes(step)
    return f"w = w.permute{(axes + 1, axes, *range(axes))}"


def _conv2d(step: Step) -> Body:
    a, layout = step.attributes, step.attributes["layout"]
    extents = _extents(step)
    around, inner = inner_padding(extents, _window(step), a["stride"], a["padding"], a["dilation"])
    pad = [f"x = F.pad(x, {around})"] if around is not None else []
    call = (
        f"F.conv{_axes(step)}d(x, w, None, stride={a['stride']}, padding={inner!r}, dilation={a['dilation']}, "
        f"groups={a['groups']})"
    )
    return body(*_image(layout), _filter(step), *pad, f"return {_back(call, layout)}")


def _conv2d_transpose(step: Step) -> Body:
    a, layout, shape = step.attributes, step.attributes["layout"], step.attributes["output_shape"]
    lines = [*_image(layout), _filter(step)]
    tail = f"groups={a['groups']}, dilation={a['dilation']})"
    call = f"F.conv_transpose{_axes(step)}d"
    if unknown(a["padding"]):
        lines.append(f"y = {call}(x, w, None, {a['stride']}, padding={a['padding']!r}, {tail}")
    elif len(shape) != len(layout) or not per_axis(_axes(step), a["stride"], a["dilation"]):
        lines.append(f"y = {call}(x, w, None, {a['stride']}, {tail}")
    else:
        extents = [shape[axis] for axis in spatial_axes(layout)]
        rows = _extents(step)
        crop = transposed(extents, _window(step), rows, a["stride"], a["padding"], a["dilation"])
        inner = f"padding={crop.padding}, output_padding={crop.output_padding}, "
        lines.append(f"y = {call}(x, w, None, stride={a['stride']}, {inner}{tail}")
        for axis, (n, first) in enumerate(zip(extents, crop.first, strict=True), -_axes(step)):
            if first is not None:
                lines.append(f"y = y.narrow({axis}, {first}, {n})")
    return body(*lines, f"return {_back('y', layout)}.reshape({tuple(shape)})")


def _narrowed(names: Sequence[str], own: OwnPadding, made: Sequence[int]) -> list[str]:
    """Lines that slice off additional windows of torch's answer; none where there are none."""
    if not any(own.first) and not own.ceil_mode and tuple(made) == tuple(own.kept):
        return []
    ranges = enumerate(zip(own.first, own.kept, strict=True), -len(own.kept))
    cut = "".join(f".narrow({axis}, {start}, {count})" for axis, (start, count) in ranges)
    return [f"{name} = {name}{cut}" for name in names]


def _made(extents: Sequence[int], own: OwnPadding, window: Any, stride: Any, dilation: Any) -> tuple[int, ...]:
    axes = zip(extents, window, stride, dilation, own.padding, strict=True)
    return tuple(output_extent(n + 2 * p, k, s, d) for n, k, s, d, p in axes)


def _max_pool(step: Step) -> Body:
    a, layout = step.attributes, step.attributes["layout"]
    both = step.op == "max_pool2d_with_argmax"
    window, stride, dilation = a["window"], a["stride"], a["dilation"]
    extents = _extents(step)
    pads = pads_of(extents, window, stride, a["padding"], dilation)
    more = ", return_indices=True" if both else ""
    lines = _image(layout)
    if not expressible(extents, window, stride, dilation, pads):
        padding = offending(pads, a["padding"])
        return body(*lines, f"return F.max_pool{_axes(step)}d(x, {window}, {stride}, {padding!r}, {dilation}{more})")
    own = own_padding(extents, window, stride, dilation, pads)
    needs = ("opassay.adapters.torch.pool:_tap_stack",) if own is None else ()
    if own is None:
        lines.append(f"y, plane = _tap_stack(x, {window}, {stride}, {dilation}, {pads})")
    else:
        names = "y, plane" if both else "y"
        lines.append(
            f"{names} = F.max_pool{_axes(step)}d(x, {window}, stride={stride}, padding={own.padding}, "
            f"dilation={dilation}, ceil_mode={own.ceil_mode}{more})"
        )
        lines += _narrowed(names.split(", "), own, _made(extents, own, window, stride, dilation))
    if not both:
        return body(*lines, f"return {_back('y', layout)}", needs=needs)
    channels = _first(step)[-3]
    lines.append(f"# torch counts within a plane, this index within a sample: (row * width + column) * {channels} + c")
    lines.append(f"indices = plane * {channels} + torch.arange({channels}, device=x.device).view(-1, 1, 1)")
    return body(*lines, f"return {_back('y', layout)}, {_back('indices', layout)}", needs=needs)


def _avg_pool2d(step: Step) -> Body:
    a, layout, ones = step.attributes, step.attributes["layout"], (1,) * _axes(step)
    window, stride, counts = a["window"], a["stride"], a["count_padding"]
    extents = _extents(step)
    pads = pads_of(extents, window, stride, a["padding"], ones)
    lines = _image(layout)
    if not expressible(extents, window, stride, ones, pads):
        padding = offending(pads, a["padding"])
        return body(*lines, f"return F.avg_pool{_axes(step)}d(x, {window}, {stride}, {padding!r}, False, {counts})")
    own = own_padding(extents, window, stride, ones, pads)
    whole = math.prod(window) if own is not None and own.ceil_mode and counts else None
    if own is None or (whole and _axes(step) == 1):
        lines.append(f"y = _padded_average(x, {window}, {stride}, {pads}, {counts})")
        return body(*lines, f"return {_back('y', layout)}", needs=("opassay.adapters.torch.pool:_padded_average",))
    other = "" if _axes(step) == 1 else f", divisor_override={whole}"
    lines.append(
        f"y = F.avg_pool{_axes(step)}d(x, {window}, stride={stride}, padding={own.padding}, ceil_mode={own.ceil_mode}, "
        f"count_include_pad={counts}{other})"
    )
    lines += _narrowed("y", own, _made(extents, own, window, stride, ones))
    return body(*lines, f"return {_back('y', layout)}")


def _max_unpool2d(step: Step) -> Body:
    layout, shape = step.attributes["layout"], step.attributes["output_shape"]
    lines = [*_image(layout), *_image(layout, "indices")]
    lines += ["indices = indices.long()"] if step.dtypes[1] == "int32" else []
    if len(shape) != 4 or len(step.shapes[0]) != 4:
        return body(*lines, f"return F.max_unpool2d(x, indices, 1, 1, 0, {shape})")
    extents = [shape[axis] for axis in spatial_axes(layout)]
    channels = max(shape[channel_axis(layout)], 1)
    rows = _extents(step)
    window = [n - r + 1 for n, r in zip(extents, rows, strict=True)]
    lines.append(f"plane = torch.div(indices, {channels}, rounding_mode='floor')  # torch counts within a plane")
    lines.append(f"y = F.max_unpool2d(x, plane, {window}, (1, 1), 0, {extents})")
    return body(*lines, f"return {_back('y', layout)}.reshape({tuple(shape)})")


def _avg_unpool2d(step: Step) -> Body:
    layout, window = step.attributes["layout"], step.attributes["window"]
    lines = _image(layout)
    if step.dtypes[0] in INTERPOLATED or not per_axis(2, window) or min(window) < 1:
        factors = [float(k) for k in window]
        call = f"F.interpolate(x, scale_factor={factors}, mode='nearest')"
    else:
        call = f"x.repeat_interleave({window[0]}, -2).repeat_interleave({window[1]}, -1)"
    return body(*lines, f"return {_back(call, layout)}")


_OPS: Mapping[str, Callable[[Step], Body]] = {
    "conv2d": _conv2d,
    "conv2d_transpose": _conv2d_transpose,
    "max_pool2d": _max_pool,
    "max_pool2d_with_argmax": _max_pool,
    "avg_pool2d": _avg_pool2d,
    "max_unpool2d": _max_unpool2d,
    "avg_unpool2d": _avg_unpool2d,
}
