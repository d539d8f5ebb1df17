"""How the files in 0.1 were made, once: ``python tests/compat/written.py FOLDER``. They are never made again.

A later version adds a folder of its own, and goes on reading the earlier ones.
"""

import hashlib
import json
import sys
from pathlib import Path

from opassay.adapters.facts import lines
from opassay.harness.model.baseline import Line
from opassay.harness.model.case import Case, Geometry, Tensor
from opassay.harness.model.fills import VALUE_KINDS, Fill
from opassay.harness.model.memory import Memory
from opassay.harness.model.suite import Suite
from opassay.harness.model.traits import Trait
from opassay.harness.store.baseline import write_baseline
from opassay.harness.store.suite import write_suite

FLOATS = ("float16", "bfloat16", "float32", "float64")
MEMORIES = (
    Memory(),
    Memory("transposed"),
    Memory("sliced", step=2),
    Memory("offset"),
    Memory("reversed"),
    Memory("broadcast"),
)


def bits(case):
    """A digest of every array of a case, with its strides' order: what a framework is given."""
    arrays = [*case.inputs(), *(a for a in case.cotangent_values() if a is not None)]
    return hashlib.sha256(b"".join(f"{a.dtype}{a.shape}".encode() + a.tobytes() for a in arrays)).hexdigest()


def cases():
    """Every kind of values in every float dtype, every kind of memory, every aspect."""
    for number, kind in enumerate((*VALUE_KINDS[1:], "zeros", "every")):
        for dtype in FLOATS if kind != "every" else ("float32",):
            tensor = Tensor((4, 6), dtype, memory=MEMORIES[number % len(MEMORIES)])
            shape = Geometry(Case("relu", (tensor,)), (kind,), points=(0.5, 1.0) if kind == "near" else ())
            yield shape.dress(0, 1000 + number)
    yield Case("relu", (Tensor((3,), "float32", Fill("literal", values=(1.5, -0.0, float("nan")))),))
    yield Case("relu", (Tensor((1, 3, 2, 2), "float32", Fill("iota"), Memory("channels_last")),))
    cells = Tensor((1, 2, 2, 2), "int64", Fill("cells", 5, limits=(16, 2, 3, 1)))
    positions = Tensor((5, 2), "int64", Fill("positions", 6, limits=(3, 4)))
    yield Case("scatter_nd", (positions, Tensor((5,), "float32", Fill("ints", 7))), {"shape": [3, 4]})
    unpooled = {"output_shape": [1, 4, 4, 2], "layout": "NHWC"}
    yield Case("max_unpool2d", (Tensor((1, 2, 2, 2), "float32", Fill("ints", 8)), cells), unpooled)
    index = Tensor((2, 1), "int64", Fill("literal", values=(0, 3)))
    yield Case("scatter_nd", (index, Tensor((2,), "float32", Fill("ints", 7))), {"shape": [4]})
    matrices = (Tensor((2, 3), "float32", Fill("normal", 1)), Tensor((3, 4), "float32", Fill("normal", 2)))
    yield Case("matmul", matrices, {}, "gradient", cotangents=(Tensor((2, 4), "float32", Fill("ints", 3)),))
    yield Case("matmul", (matrices[0], matrices[0]), {}, "error", "InnerMismatch")
    yield Case("matmul", matrices, {}, "shape")


def main(folder):
    drawn = list(cases())
    write_suite(folder / "suite.jsonl", Suite("suite", tuple(drawn)))
    (folder / "case.json").write_text(json.dumps(drawn[0].to_json(), indent=1) + "\n", encoding="utf-8")
    pins = lines(("a-fact", case) for case in drawn[:2])
    (folder / "pins.jsonl").write_text("".join(f"{line}\n" for line in pins), encoding="utf-8")
    line = Line(
        "mine",
        "relu",
        "value",
        "numeric",
        drawn[0],
        {"eager": 2},
        message="# of # elements differ",
        traits=(Trait(("tensors", 0, "dtype"), "in", ("float16", "float32")),),
        versions=("1.0",),
        owner="upstream",
        reason="written by hand",
    )
    write_baseline(folder / "baseline.jsonl", [line])
    told = {case.id: bits(case) for case in drawn} | {"line": line.id}
    (folder / "bits.json").write_text(json.dumps(told, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
