"""The catalogue's ops for the modules of a torch model, and a recording of them by hooks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from torch import nn

from opassay.adapters.torch.transfer import from_native
from opassay.harness.model.layers import Layer

Known = tuple[str, list[Any], dict[str, Any], Any]
"""Op, its inputs after the first, attributes, bias."""


def record(model: nn.Module, inputs: Sequence[Any]) -> list[Layer]:
    """The layers of a model in the order in which they ran; containers are not layers."""
    found: list[Layer] = []
    leaves = [(name, module) for name, module in model.named_modules() if not list(module.children())]
    hooks = [module.register_forward_hook(_hook(name, found)) for name, module in leaves]
    try:
        model(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def _hook(name: str, found: list[Layer]) -> Callable[..., None]:
    def note(module: nn.Module, given: Any, made: Any) -> None:
        arrays = [from_native(x) for x in given]
        op, more, attributes, bias = _known(module)
        if op == "batch_norm":
            more = [_channels(part, arrays[0].ndim) for part in more]
        inputs = arrays if not op else [arrays[0], *(np.ascontiguousarray(_array(part)) for part in more)]
        found.append(Layer(name, type(module).__name__, op, inputs, from_native(made), attributes, bias))

    return note


def _array(value: Any) -> np.ndarray:
    return value if isinstance(value, np.ndarray) else from_native(value)


def _channels(value: Any, rank: int) -> np.ndarray:
    """Values per channel, which broadcast along axis 1."""
    return _array(value).reshape(-1, *(1,) * (rank - 2))


def _known(module: nn.Module) -> Known:
    for kind, describe in _KINDS.items():
        if type(module) is kind:
            return describe(module) or ("", [], {}, None)
    return "", [], {}, None


def _plain(op: str, **attributes: Any) -> Callable[[Any], Known]:
    return lambda m: (op, [], {name: get(m) for name, get in attributes.items()}, None)


def _linear(m: nn.Linear) -> Known:
    return "matmul", [m.weight.t()], {}, None if m.bias is None else from_native(m.bias)


def _conv2d(m: nn.Conv2d) -> Known | None:
    if m.padding_mode != "zeros":
        return None
    pads = {"same": "SAME", "valid": "VALID"}.get(m.padding) if isinstance(m.padding, str) else _both(m.padding)
    attributes = {"stride": m.stride, "padding": pads, "dilation": m.dilation, "groups": m.groups, "layout": "NCHW"}
    bias = None if m.bias is None else from_native(m.bias).reshape(-1, 1, 1)
    return "conv2d", [m.weight.permute(2, 3, 1, 0)], attributes, bias


def _both(pads: Sequence[int]) -> tuple[tuple[int, int], ...]:
    return tuple((n, n) for n in pads)


def _pair(value: Any) -> tuple[int, int]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)  # type: ignore[return-value]


def _max_pool(m: nn.MaxPool2d) -> Known | None:
    if m.ceil_mode or m.return_indices:
        return None
    window = {"window": _pair(m.kernel_size), "stride": _pair(m.stride), "padding": _both(_pair(m.padding))}
    return "max_pool2d", [], {**window, "dilation": _pair(m.dilation), "layout": "NCHW"}, None


def _avg_pool(m: nn.AvgPool2d) -> Known | None:
    if m.ceil_mode or m.divisor_override:
        return None
    window = {"window": _pair(m.kernel_size), "stride": _pair(m.stride), "padding": _both(_pair(m.padding))}
    return "avg_pool2d", [], {**window, "count_padding": m.count_include_pad, "layout": "NCHW"}, None


def _layer_norm(m: nn.LayerNorm) -> Known | None:
    return None if m.bias is None else ("layer_norm", [m.weight, m.bias], {"eps": m.eps}, None)


def _batch_norm(m: Any) -> Known | None:
    if m.training or m.weight is None or m.running_mean is None:
        return None
    parts = [m.running_mean, m.running_var, m.weight, m.bias]
    return "batch_norm", parts, {"eps": m.eps, "training": False}, None


_KINDS: dict[type, Callable[[Any], Known | None]] = {
    nn.Linear: _linear,
    nn.Conv2d: _conv2d,
    nn.MaxPool2d: _max_pool,
    nn.AvgPool2d: _avg_pool,
    nn.LayerNorm: _layer_norm,
    nn.BatchNorm1d: _batch_norm,
    nn.BatchNorm2d: _batch_norm,
    nn.ReLU: _plain("relu"),
    nn.GELU: _plain("gelu", approximate=lambda m: m.approximate == "tanh"),
    nn.SiLU: _plain("silu"),
    nn.Sigmoid: _plain("sigmoid"),
    nn.Tanh: _plain("tanh"),
    nn.ELU: _plain("elu", alpha=lambda m: m.alpha),
    nn.LeakyReLU: _plain("leaky_relu", slope=lambda m: m.negative_slope),
    nn.Softmax: _plain("softmax", axis=lambda m: m.dim),
    nn.LogSoftmax: _plain("log_softmax", axis=lambda m: m.dim),
}
