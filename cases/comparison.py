"""Comparisons, logic and bit operations of two broadcast tensors, and selections."""

from __future__ import annotations

from opassay.adapters.oracle import bounded
from opassay.cases.signatures import bitwise, comparison, kinds, logic, select, shift

equal = comparison("equal", bounded.equal, "Whether a = b; NaN equals nothing.")
not_equal = comparison("not_equal", bounded.not_equal, "Whether a ≠ b; NaN differs from everything.")
less = comparison("less", bounded.less, "Whether a < b; not of NaN.")
less_equal = comparison("less_equal", bounded.less_equal, "Whether a ≤ b; not of NaN.")
greater = comparison("greater", bounded.greater, "Whether a > b; not of NaN.")
greater_equal = comparison("greater_equal", bounded.greater_equal, "Whether a ≥ b; not of NaN.")
logical_and = logic("logical_and", bounded.logical_and, "Whether both hold.")
logical_or = logic("logical_or", bounded.logical_or, "Whether one holds at least.")
logical_xor = logic("logical_xor", bounded.logical_xor, "Whether one holds and not the other.")
logical_not = logic("logical_not", bounded.logical_not, "Whether it does not hold.", ("x",))
bitwise_and = bitwise("bitwise_and", bounded.bitwise_and, "Bits that both have.")
bitwise_or = bitwise("bitwise_or", bounded.bitwise_or, "Bits that one has at least.")
bitwise_xor = bitwise("bitwise_xor", bounded.bitwise_xor, "Bits that one has and not the other.")
bitwise_not = bitwise("bitwise_not", bounded.bitwise_not, "Bits that it does not have.", ("x",))
popcount = bitwise("popcount", bounded.popcount, "How many bits are set.", ("x",), dtypes=kinds.WHOLE)
clz = bitwise(
    "clz", bounded.clz, "How many bits are above the highest that is set; all of 0.", ("x",), dtypes=kinds.WHOLE
)
shift_left = shift("shift_left", bounded.shift_left, "a·2^b modulo 2**bits; anything unless 0 ≤ b < bits.")
shift_right = shift("shift_right", bounded.shift_right, "⌊a / 2^b⌋; anything unless 0 ≤ b < bits.")
where = select("where", bounded.where, "a where the condition holds, b elsewhere.")
