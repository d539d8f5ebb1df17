"""Arithmetic of two tensors that broadcast."""

from __future__ import annotations

from opassay.adapters.oracle import bounded
from opassay.cases.signatures import binary, divided, kinds, rounded

add = binary("add", bounded.add, "a + b; of integers modulo 2**bits.")
sub = binary("sub", bounded.sub, "a - b; of integers modulo 2**bits.")
mul = binary("mul", bounded.mul, "a·b; of integers modulo 2**bits.")
div = binary("div", bounded.div, "a / b.", dtypes=kinds.FLOATING)
maximum = binary("maximum", bounded.maximum, "The larger; NaN if either is; of zeros, either.", traits=("exact",))
minimum = binary("minimum", bounded.minimum, "The smaller; NaN if either is; of zeros, either.", traits=("exact",))
pow = rounded("pow", bounded.power, "a to the power of b.", near=(0, 1, 2, -1), values=kinds.POWERS)
atan2 = rounded("atan2", bounded.atan2, "The angle of (b, a).", near=(0, 1, -1))
fmod = divided("fmod", bounded.fmod, "a - b·trunc(a/b), of a's sign.")
remainder = divided("remainder", bounded.remainder, "a - b·⌊a/b⌋, of b's sign.")
floor_divide = divided("floor_divide", bounded.floor_quotient, "⌊a/b⌋.")
trunc_divide = divided("trunc_divide", bounded.trunc_quotient, "a/b without its fraction.", dtypes=kinds.WHOLE)
