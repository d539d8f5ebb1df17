"""What a class of ops shares: draws, contract, oracle and rules. An entry of a family names what is its own."""

from __future__ import annotations

from opassay.cases.signatures.classes import binary as binary
from opassay.cases.signatures.classes import bitwise as bitwise
from opassay.cases.signatures.classes import comparison as comparison
from opassay.cases.signatures.classes import conversion as conversion
from opassay.cases.signatures.classes import divided as divided
from opassay.cases.signatures.classes import function as function
from opassay.cases.signatures.classes import logic as logic
from opassay.cases.signatures.classes import rounded as rounded
from opassay.cases.signatures.classes import select as select
from opassay.cases.signatures.classes import shift as shift
from opassay.cases.signatures.classes import test as test
from opassay.cases.signatures.classes import unary as unary
