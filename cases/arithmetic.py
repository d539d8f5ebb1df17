"""Arithmetic of two tensors that broadcast."""

from __future__ import annotations

from opassay.adapters.oracle import bounded
from opassay.cases.signatures import binary, kinds

add = binary("add", bounded.add, "a + b; of integers modulo 2**bits.")
sub = binary("sub", bounded.sub, "a - b; of integers modulo 2**bits.")
mul = binary("mul", bounded.mul, "a·b; of integers modulo 2**bits.")
div = binary("div", bounded.div, "a / b.", dtypes=kinds.FLOATING)
maximum = binary("maximum", bounded.maximum, "The larger; NaN if either is; of zeros, either.", traits=("exact",))
minimum = binary("minimum", bounded.minimum, "The smaller; NaN if either is; of zeros, either.", traits=("exact",))
