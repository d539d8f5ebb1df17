"""Activations: composed functions of one or a few tensors."""

from __future__ import annotations

from opassay.adapters.oracle import bounded
from opassay.cases.functions import UNIT, largest, least, saturated, settled
from opassay.cases.signatures import function, kinds, rounded
from opassay.cases.signatures.attributes import not_negative, number, positive
from opassay.cases.signatures.draws import CHANNELS
from opassay.cases.signatures.entry import Attribute

ALPHA = {"alpha": Attribute("a number, by which what is below 0 is scaled", (1.0, 0.5, 2, 0.0, -1.5), number)}
ABOVE_0 = {"alpha": Attribute("a number above 0", (1.0, 0.5, 2), positive)}
THRESHOLD = {"threshold": Attribute("a number, 0 or above", (0.5, 1.0, 0.0, 2, 0.3), not_negative)}
SLOPE = {"slope": Attribute("a number, the slope below 0", (0.01, 0.2, 0.0, 1, 1.5, -0.5), number)}
APPROXIMATE = {"approximate": Attribute("whether it is by tanh", (False, True), lambda v: isinstance(v, bool))}

GELU = "x·Φ(x), Φ(x) = (1 + erf(x/√2)) / 2; approximately (1 + tanh(√(2/π)·(x + 0.044715·x³))) / 2."
EDGES = (0.5, -0.5, 1.0, -1.0, 0.0, 2.0, 0.3)
KINKS = (0.0, 3.0, -3.0, 1.0)
LONG = 20.0
"""From here on torch's softplus, for one, is x itself by default."""


def _gelu(x: bounded.Real, approximate: bool) -> bounded.Real:
    return bounded.gelu_tanh(x) if approximate else bounded.gelu(x)


def _swiglu(a: bounded.Real, b: bounded.Real) -> bounded.Real:
    return bounded.silu(a) * b


gelu = function("gelu", _gelu, GELU, near=(0, 1, -3, settled), attributes=APPROXIMATE)
silu = function("silu", bounded.silu, "x / (1 + exp(-x)).", near=(0, 1, largest, least))
swiglu = rounded("swiglu", _swiglu, "silu(a)·b.", near=(0, 1, largest, least))
softplus = function("softplus", bounded.softplus, "log(1 + exp(x)).", near=(0, LONG, largest, least))
softsign = function("softsign", bounded.softsign, "x / (1 + |x|).", near=(0, 1, -1))
hard_shrink = function(
    "hard_shrink", bounded.hard_shrink, "x where |x| > threshold, 0 elsewhere.", near=EDGES, attributes=THRESHOLD
)
soft_shrink = function(
    "soft_shrink",
    bounded.soft_shrink,
    "x - threshold above the threshold, x + threshold below its negative, 0 between them.",
    near=EDGES,
    attributes=THRESHOLD,
)
tanh_shrink = function("tanh_shrink", bounded.tanh_shrink, "x - tanh(x).", near=(0, 1, -1, saturated))
logit = function("logit", bounded.logit, "log(x / (1 - x)).", near=UNIT, values=kinds.INSIDE)
mish = function("mish", bounded.mish, "x·tanh(softplus(x)).", near=(0, 1, LONG, least))
elu = function("elu", bounded.elu, "x above 0, alpha·(exp(x) - 1) below.", near=(0, -1, least), attributes=ALPHA)
celu = function(
    "celu", bounded.celu, "x above 0, alpha·(exp(x / alpha) - 1) below.", near=(0, -1, least), attributes=ABOVE_0
)
selu = function("selu", bounded.selu, "scale·elu(x, alpha), of fixed scale and alpha.", near=(0, -1, least))
leaky_relu = function("leaky_relu", bounded.leaky_relu, "x above 0, slope·x below.", near=(0, 1, -1), attributes=SLOPE)
prelu = rounded(
    "prelu",
    bounded.leaky_relu,
    "a above 0, b·a below; b is a number per channel, or one.",
    near=KINKS,
    broadcasts=CHANNELS,
)
hard_sigmoid = function("hard_sigmoid", bounded.hard_sigmoid, "x/6 + 1/2, but between 0 and 1.", near=KINKS)
hard_swish = function("hard_swish", bounded.hard_swish, "x·hard_sigmoid(x).", near=KINKS)
log_sigmoid = function("log_sigmoid", bounded.log_sigmoid, "log(sigmoid(x)).", near=(0, 1, -LONG, largest, least))
logaddexp = rounded("logaddexp", bounded.logaddexp, "log(exp(a) + exp(b)).", near=(0, 1, saturated, largest))
lerp = rounded("lerp", bounded.lerp, "a + weight·(b - a).", near=(0, 0.5, 1), inputs=("a", "b", "weight"))
