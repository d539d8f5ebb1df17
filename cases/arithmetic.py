"""Arithmetic of two tensors that broadcast."""

from __future__ import annotations

import math

from opassay.adapters.oracle import bounded
from opassay.cases.signatures import binary, divided, kinds, rounded
from opassay.harness.model.dtypes import FloatFormat


def enormous(form: FloatFormat) -> float:
    """Where squares overflow."""
    return math.sqrt(form.largest)


add = binary("add", bounded.add, "a + b; of integers modulo 2**bits.")
sub = binary("sub", bounded.sub, "a - b; of integers modulo 2**bits.")
mul = binary("mul", bounded.mul, "a·b; of integers modulo 2**bits.")
div = binary("div", bounded.div, "a / b.", dtypes=kinds.FLOATING)
maximum = binary("maximum", bounded.maximum, "The larger; NaN if either is; of zeros, either.", traits=("exact",))
minimum = binary("minimum", bounded.minimum, "The smaller; NaN if either is; of zeros, either.", traits=("exact",))
fmax = binary("fmax", bounded.fmax, "The larger; NaN only if both are; of zeros, either.", traits=("exact",))
fmin = binary("fmin", bounded.fmin, "The smaller; NaN only if both are; of zeros, either.", traits=("exact",))
copysign = binary(
    "copysign",
    bounded.copysign,
    "|a| with b's sign, that of -0 and NaN, too.",
    dtypes=kinds.FLOATING,
    traits=("exact",),
)
heaviside = binary(
    "heaviside",
    bounded.heaviside,
    "0 below a = 0, b there, 1 above; open if a is NaN.",
    dtypes=kinds.FLOATING,
    traits=("exact",),
    differentiable=False,
)
nextafter = binary(
    "nextafter",
    bounded.nextafter,
    "The next number after a on the way to b; b if they are equal.",
    dtypes=kinds.FLOATING,
    near=(0, 1, lambda form: form.smallest_normal),
    traits=("exact",),
    differentiable=False,
    of_format=True,
)
hypot = rounded("hypot", bounded.hypot, "√(a² + b²), which overflows only if the root does.", near=(0, 1, enormous))
xlogy = rounded("xlogy", bounded.xlogy, "a·log(b), 0 if a is 0; open if b is NaN then.", near=(0, 1, math.e))
pow = rounded("pow", bounded.power, "a to the power of b.", near=(0, 1, 2, -1), values=kinds.POWERS)
atan2 = rounded("atan2", bounded.atan2, "The angle of (b, a).", near=(0, 1, -1))
fmod = divided("fmod", bounded.fmod, "a - b·trunc(a/b), of a's sign.")
remainder = divided("remainder", bounded.remainder, "a - b·⌊a/b⌋, of b's sign.")
floor_divide = divided("floor_divide", bounded.floor_quotient, "⌊a/b⌋.")
trunc_divide = divided("trunc_divide", bounded.trunc_quotient, "a/b without its fraction.", dtypes=kinds.WHOLE)
