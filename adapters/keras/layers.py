"""The catalogue's ops for the layers of a Keras model, and a recording of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from opassay.harness.model.layers import Layer

Known = tuple[str, list[Any], dict[str, Any], Any]
"""Op, its inputs after the first, attributes, bias."""


def record(model: Any, inputs: Sequence[Any]) -> list[Layer]:
    """The layers of a functional or sequential model; one with an activation is recorded as two."""
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    probe = keras.Model(model.inputs, [layer.input for layer in layers])
    given = probe(list(inputs))
    given = given if isinstance(given, (list, tuple)) else [given]
    return [part for layer, x in zip(layers, given, strict=True) for part in _parts(layer, x)]


def _parts(layer: Any, given: Any) -> list[Layer]:
    activation = getattr(layer, "activation", keras.activations.linear)
    if activation is keras.activations.linear or isinstance(layer, keras.layers.Activation):
        return [_layer(layer, given, layer(given))]
    layer.activation = keras.activations.linear
    try:
        before = layer(given)
    finally:
        layer.activation = activation
    op = _ACTIVATIONS.get(activation.__name__, ("", {}))
    name, kind = f"{layer.name}/{activation.__name__}", activation.__name__
    after = Layer(name, kind, op[0], [_array(before)], _array(layer(given)), op[1])
    return [_layer(layer, given, before), after]


def _layer(layer: Any, given: Any, made: Any) -> Layer:
    arrays = [_array(x) for x in (given if isinstance(given, (list, tuple)) else [given])]
    op, more, attributes, bias = _known(layer)
    output = _array(made)
    if op == "batch_norm":
        arrays, output = [np.moveaxis(arrays[0], -1, 1)], np.moveaxis(output, -1, 1)
        more = [_array(part).reshape(-1, *(1,) * (output.ndim - 2)) for part in more]
    inputs = arrays if not op else [arrays[0], *(_array(part) for part in more)]
    return Layer(layer.name, type(layer).__name__, op, inputs, output, attributes, bias)


def _array(value: Any) -> np.ndarray:
    return np.array(keras.ops.convert_to_numpy(value))


def _known(layer: Any) -> Known:
    describe = _KINDS.get(type(layer))
    return (describe(layer) if describe else None) or ("", [], {}, None)


def _layout(layer: Any) -> str:
    return "NHWC" if layer.data_format == "channels_last" else "NCHW"


def _dense(layer: Any) -> Known:
    return "matmul", [layer.kernel], {}, None if layer.bias is None else _array(layer.bias)


def _conv2d(layer: Any) -> Known:
    attributes = {
        "stride": tuple(layer.strides),
        "padding": layer.padding.upper(),
        "dilation": tuple(layer.dilation_rate),
        "groups": layer.groups,
        "layout": _layout(layer),
    }
    bias = None if layer.bias is None else _array(layer.bias)
    if bias is not None and attributes["layout"] == "NCHW":
        bias = bias.reshape(-1, 1, 1)
    return "conv2d", [layer.kernel], attributes, bias


def _pool(op: str, **more: Any) -> Callable[[Any], Known]:
    def describe(layer: Any) -> Known:
        attributes = {"window": tuple(layer.pool_size), "stride": tuple(layer.strides), **more}
        return op, [], {**attributes, "padding": layer.padding.upper(), "layout": _layout(layer)}, None

    return describe


def _layer_norm(layer: Any) -> Known | None:
    if not (layer.center and layer.scale) or layer.axis not in (-1, [-1], (-1,)):
        return None
    return "layer_norm", [layer.gamma, layer.beta], {"eps": layer.epsilon}, None


def _batch_norm(layer: Any) -> Known | None:
    if not (layer.center and layer.scale) or layer.axis != -1:
        return None
    parts = [layer.moving_mean, layer.moving_variance, layer.gamma, layer.beta]
    return "batch_norm", parts, {"eps": layer.epsilon, "training": False}, None


def _activation(layer: Any) -> Known | None:
    op, attributes = _ACTIVATIONS.get(layer.activation.__name__, ("", {}))
    return (op, [], attributes, None) if op else None


_ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("relu", {}),
    "gelu": ("gelu", {"approximate": False}),
    "silu": ("silu", {}),
    "sigmoid": ("sigmoid", {}),
    "tanh": ("tanh", {}),
    "softplus": ("softplus", {}),
    "softmax": ("softmax", {"axis": -1}),
    "log_softmax": ("log_softmax", {"axis": -1}),
}

_KINDS: dict[type, Callable[[Any], Known | None]] = {
    keras.layers.Dense: _dense,
    keras.layers.Conv2D: _conv2d,
    keras.layers.MaxPooling2D: _pool("max_pool2d", dilation=(1, 1)),
    keras.layers.AveragePooling2D: _pool("avg_pool2d", count_padding=False),
    keras.layers.LayerNormalization: _layer_norm,
    keras.layers.BatchNormalization: _batch_norm,
    keras.layers.Activation: _activation,
    keras.layers.ReLU: lambda layer: ("relu", [], {}, None) if not (layer.max_value or layer.threshold) else None,
    keras.layers.Softmax: lambda layer: ("softmax", [], {"axis": layer.axis}, None),
}
