"""How much of its bound a right answer uses up: ``python tests/benchmarks/rho.py TABLE ... [--below MAX] [--page]``.

Tables are what ``alarms.py --table`` or a run wrote (``results.csv``), of any number of targets. Of each op, aspect and
of float32 and float64 it tells how many answers passed and were rounded at all, and the median and the largest of their
rho (error ÷ bound). A bound of which thousands of answers never use up a hundredth is looser than it need be.
"""

from __future__ import annotations

import argparse
import csv
import statistics
from collections import defaultdict

ASPECTS, DTYPES = ("value", "gradient"), ("float32", "float64")
FEWEST = 20
"""Answers from which on a median says something."""


def read(files):
    """rho of the rounded answers that passed, by (op, aspect, dtype)."""
    found = defaultdict(list)
    for file in files:
        for row in csv.DictReader(file):
            dtypes = {dtype for dtype in row["dtype"].split(";") if "float" in dtype}
            if row["verdict"] != "pass" or row["aspect"] not in ASPECTS or len(dtypes) != 1 or not row["rho"]:
                continue
            dtype, rho = dtypes.pop(), float(row["rho"])
            if dtype in DTYPES and rho > 0:
                found[row["op"], row["aspect"], dtype].append(rho)
    return found


def cells(found, op, aspect):
    for dtype in DTYPES:
        rhos = found.get((op, aspect, dtype), ())
        yield f"{len(rhos):,}" if rhos else ""
        yield f"{statistics.median(rhos):.3f}, {max(rhos):.2f}" if len(rhos) >= FEWEST else ""


def page(found):
    """The table of a page: one line per op that rounds."""
    names = [f"{aspect}, {dtype}" for aspect in ASPECTS for dtype in DTYPES]
    yield "| op | " + " | ".join(names) + " |"
    yield "|---" * (len(names) + 1) + "|"
    for op in sorted({op for op, _, _ in found}):
        told = [cell for aspect in ASPECTS for cell in list(cells(found, op, aspect))[1::2]]
        if any(told):
            yield f"| {op} | {' | '.join(told)} |"


def lines(found, below):
    """The loosest first."""
    for key, rhos in sorted(found.items(), key=lambda entry: max(entry[1])):
        if max(rhos) < below and len(rhos) >= FEWEST:
            yield f"{' '.join(key):52}{len(rhos):7,}{statistics.median(rhos):12.3g}{max(rhos):12.3g}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", type=argparse.FileType(), nargs="+")
    parser.add_argument("--below", type=float, default=2, help="only what has a largest rho below this")
    parser.add_argument("--page", action="store_true", help="as a table of the documentation")
    chosen = parser.parse_args()
    found = read(chosen.tables)
    print("\n".join(page(found) if chosen.page else lines(found, chosen.below)))


if __name__ == "__main__":
    main()
