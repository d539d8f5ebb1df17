"""Default values of torch's parameters. Does not import torch."""

from __future__ import annotations

from opassay.adapters.defaults import MOMENTUM, PADDING, Default, Defaults

_FORM = {"'none'": False, "'tanh'": True}
_WINDOW = {"None": "the window"}

DEFAULTS: Defaults = {
    "gelu": (Default("torch.nn.GELU", "approximate", "approximate", _FORM),),
    "softmax": (Default("torch.nn.Softmax", "dim", "axis"),),
    "log_softmax": (Default("torch.nn.LogSoftmax", "dim", "axis"),),
    "layer_norm": (Default("torch.nn.LayerNorm", "eps", "eps"),),
    "rms_norm": (Default("torch.nn.RMSNorm", "eps", "eps"),),
    "group_norm": (Default("torch.nn.GroupNorm", "eps", "eps"),),
    "instance_norm": (Default("torch.nn.InstanceNorm2d", "eps", "eps"),),
    "batch_norm": (
        Default("torch.nn.BatchNorm2d", "eps", "eps"),
        # torch's momentum is the share of the new value:
        # https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html
        Default("torch.nn.BatchNorm2d", "momentum", MOMENTUM, {"0.1": 0.9}),
    ),
    "conv2d": (Default("torch.nn.Conv2d", "padding", "padding", PADDING),),
    "conv2d_transpose": (Default("torch.nn.ConvTranspose2d", "padding", "padding", PADDING),),
    "max_pool2d": (
        Default("torch.nn.MaxPool2d", "padding", "padding", PADDING),
        Default("torch.nn.MaxPool2d", "stride", "stride", _WINDOW),
    ),
    "avg_pool2d": (
        Default("torch.nn.AvgPool2d", "padding", "padding", PADDING),
        Default("torch.nn.AvgPool2d", "stride", "stride", _WINDOW),
    ),
    "leaky_relu": (Default("torch.nn.LeakyReLU", "negative_slope", "slope"),),
    "elu": (Default("torch.nn.ELU", "alpha", "alpha"),),
    "celu": (Default("torch.nn.CELU", "alpha", "alpha"),),
}
