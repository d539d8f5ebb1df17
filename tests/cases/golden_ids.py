"""The first ids of every stream, seed 0: ``python tests/cases/golden_ids.py > tests/cases/golden_ids.json``.

Run it only after a deliberate change of the tables: every other change of these ids is a mistake.
"""

import hashlib
import json
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from opassay.harness.find.registry import Registry
from opassay.harness.model.case import ASPECTS
from opassay.harness.plan.generate import cases

OPS = {op.name: op for op in Registry().ops() if not op.of_a_class}
CLASSES = {op.name: op for op in Registry().ops() if op.of_a_class}


def first_ids(op, aspect, count=6):
    return [case.id for _, case in cases(OPS[op], aspect, 0, 0, count, 1)]


def digest(op, count=6):
    """One hash of the first ids of all aspects: these ops are many, and alike."""
    ids = [case.id for aspect in ASPECTS for _, case in cases(CLASSES[op], aspect, 0, 0, count, 2)]
    return hashlib.sha256(" ".join(ids).encode()).hexdigest()[:16]


if __name__ == "__main__":
    ids = {op: {aspect: first_ids(op, aspect) for aspect in ASPECTS} for op in sorted(OPS)}
    print(json.dumps(ids | {op: digest(op) for op in sorted(CLASSES)}, indent=1))
