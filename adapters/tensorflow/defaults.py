"""Default values of TensorFlow's parameters. Does not import TensorFlow."""

from __future__ import annotations

from opassay.adapters.defaults import MOMENTUM, PADDING, Default, Defaults

_WINDOW = {"None": "the window"}
_AXIS = {"None": -1}

DEFAULTS: Defaults = {
    "gelu": (Default("tensorflow.nn.gelu", "approximate", "approximate"),),
    "softmax": (Default("tensorflow.nn.softmax", "axis", "axis", _AXIS),),
    "log_softmax": (Default("tensorflow.nn.log_softmax", "axis", "axis", _AXIS),),
    "layer_norm": (Default("tensorflow.keras.layers.LayerNormalization", "epsilon", "eps"),),
    "batch_norm": (
        Default("tensorflow.keras.layers.BatchNormalization", "epsilon", "eps"),
        Default("tensorflow.keras.layers.BatchNormalization", "momentum", MOMENTUM),
    ),
    "conv2d": (Default("tensorflow.keras.layers.Conv2D", "padding", "padding", PADDING),),
    "conv2d_transpose": (Default("tensorflow.keras.layers.Conv2DTranspose", "padding", "padding", PADDING),),
    "max_pool2d": (
        Default("tensorflow.keras.layers.MaxPooling2D", "padding", "padding", PADDING),
        Default("tensorflow.keras.layers.MaxPooling2D", "strides", "stride", _WINDOW),
    ),
    "avg_pool2d": (
        Default("tensorflow.keras.layers.AveragePooling2D", "padding", "padding", PADDING),
        Default("tensorflow.keras.layers.AveragePooling2D", "strides", "stride", _WINDOW),
    ),
    "leaky_relu": (Default("tensorflow.nn.leaky_relu", "alpha", "slope"),),
    "elu": (Default("tensorflow.keras.activations.elu", "alpha", "alpha"),),
}
