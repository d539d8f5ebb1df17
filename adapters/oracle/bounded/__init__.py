"""Bounded arithmetic: an op is a function of ``Real`` numbers, which says its value, what bounds a target's error, and
its gradient.

``references`` and ``vjps`` turn such a function into what the judge is told. All else that stands here is what
definitions are made of, beside the operators of ``Real``.
"""

from __future__ import annotations

from opassay.adapters.oracle.bounded.answers import references as references
from opassay.adapters.oracle.bounded.answers import vjps as vjps
from opassay.adapters.oracle.bounded.basic import add as add
from opassay.adapters.oracle.bounded.basic import div as div
from opassay.adapters.oracle.bounded.basic import mul as mul
from opassay.adapters.oracle.bounded.basic import neg as neg
from opassay.adapters.oracle.bounded.basic import sub as sub
from opassay.adapters.oracle.bounded.logic import bitwise_and as bitwise_and
from opassay.adapters.oracle.bounded.logic import bitwise_not as bitwise_not
from opassay.adapters.oracle.bounded.logic import bitwise_or as bitwise_or
from opassay.adapters.oracle.bounded.logic import bitwise_xor as bitwise_xor
from opassay.adapters.oracle.bounded.logic import equal as equal
from opassay.adapters.oracle.bounded.logic import greater as greater
from opassay.adapters.oracle.bounded.logic import greater_equal as greater_equal
from opassay.adapters.oracle.bounded.logic import isfinite as isfinite
from opassay.adapters.oracle.bounded.logic import isinf as isinf
from opassay.adapters.oracle.bounded.logic import isnan as isnan
from opassay.adapters.oracle.bounded.logic import less as less
from opassay.adapters.oracle.bounded.logic import less_equal as less_equal
from opassay.adapters.oracle.bounded.logic import logical_and as logical_and
from opassay.adapters.oracle.bounded.logic import logical_not as logical_not
from opassay.adapters.oracle.bounded.logic import logical_or as logical_or
from opassay.adapters.oracle.bounded.logic import logical_xor as logical_xor
from opassay.adapters.oracle.bounded.logic import not_equal as not_equal
from opassay.adapters.oracle.bounded.logic import shift_left as shift_left
from opassay.adapters.oracle.bounded.logic import shift_right as shift_right
from opassay.adapters.oracle.bounded.logic import signbit as signbit
from opassay.adapters.oracle.bounded.real import Real as Real
from opassay.adapters.oracle.bounded.real import either as either
from opassay.adapters.oracle.bounded.real import saved as saved
from opassay.adapters.oracle.bounded.real import unsigned as unsigned
from opassay.adapters.oracle.bounded.selection import absolute as absolute
from opassay.adapters.oracle.bounded.selection import clamp as clamp
from opassay.adapters.oracle.bounded.selection import fmax as fmax
from opassay.adapters.oracle.bounded.selection import fmin as fmin
from opassay.adapters.oracle.bounded.selection import maximum as maximum
from opassay.adapters.oracle.bounded.selection import minimum as minimum
from opassay.adapters.oracle.bounded.selection import relu as relu
from opassay.adapters.oracle.bounded.selection import sign as sign
from opassay.adapters.oracle.bounded.selection import where as where
from opassay.adapters.oracle.bounded.steps import cast as cast
from opassay.adapters.oracle.bounded.steps import ceil as ceil
from opassay.adapters.oracle.bounded.steps import floor as floor
from opassay.adapters.oracle.bounded.steps import round_even as round_even
from opassay.adapters.oracle.bounded.steps import trunc as trunc
