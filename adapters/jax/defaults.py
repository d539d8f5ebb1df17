"""Default values of JAX's parameters. Does not import JAX."""

from __future__ import annotations

from opassay.adapters.defaults import Default, Defaults

DEFAULTS: Defaults = {
    "gelu": (Default("jax.nn.gelu", "approximate", "approximate"),),
    "softmax": (Default("jax.nn.softmax", "axis", "axis"),),
    "log_softmax": (Default("jax.nn.log_softmax", "axis", "axis"),),
    "layer_norm": (Default("jax.nn.standardize", "epsilon", "eps"),),
    "leaky_relu": (Default("jax.nn.leaky_relu", "negative_slope", "slope"),),
    "elu": (Default("jax.nn.elu", "alpha", "alpha"),),
    "celu": (Default("jax.nn.celu", "alpha", "alpha"),),
}
