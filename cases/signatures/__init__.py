"""What a class of ops shares: draws, contract, oracle and rules. An entry of a family adds only its own part."""

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
from opassay.cases.signatures.entry import Attribute as Attribute
from opassay.cases.signatures.reduction import choosing as choosing
from opassay.cases.signatures.reduction import counting as counting
from opassay.cases.signatures.reduction import position as position
from opassay.cases.signatures.reduction import reduction as reduction
from opassay.cases.signatures.reduction import scan as scan
from opassay.cases.signatures.reduction import shares as shares
from opassay.cases.signatures.reduction import summing as summing
from opassay.cases.signatures.reduction import truth as truth
