"""What the layers of a model were given and what they made of it, in a folder: ``layers.json`` and arrays beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from opassay.harness.model import dtypes

FILE = "layers.json"


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer. ``kind``: as its framework calls it. ``op``: of the catalogue, empty for what that does not know.

    ``inputs``: those of the op in its order, of an unknown one whatever came. ``bias`` is added to what the op makes,
    which the catalogue's sums do without; it broadcasts to ``output``.
    """

    name: str
    kind: str
    op: str
    inputs: Sequence[np.ndarray]
    output: np.ndarray
    attributes: Mapping[str, Any] = field(default_factory=dict)
    bias: np.ndarray | None = None


def write(folder: Path, layers: Sequence[Layer]) -> None:
    """Write a recording; arrays by the number of their layer."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, layer in enumerate(layers):
        arrays = {f"in{i}": x for i, x in enumerate(layer.inputs)} | {"out": layer.output}
        arrays |= {"bias": layer.bias} if layer.bias is not None else {}
        for part, array in arrays.items():
            np.save(folder / f"{number:03}-{part}.npy", np.ascontiguousarray(array), allow_pickle=False)
        row = {"name": layer.name, "kind": layer.kind, "op": layer.op, "attributes": dict(layer.attributes)}
        rows.append({**row, "inputs": len(layer.inputs), "bias": layer.bias is not None})
    (folder / FILE).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def read(folder: Path) -> list[Layer]:
    """Raises ``OSError`` or ``ValueError`` where the folder holds no recording."""
    rows = json.loads((folder / FILE).read_text(encoding="utf-8"))
    try:
        return [_layer(folder, number, row) for number, row in enumerate(rows)]
    except (KeyError, TypeError) as error:
        raise ValueError(f"{FILE} is none of a recording: {error!r}") from None


def _layer(folder: Path, number: int, row: Mapping[str, Any]) -> Layer:
    def array(part: str) -> np.ndarray:
        found: np.ndarray = np.load(folder / f"{number:03}-{part}.npy", allow_pickle=False)
        return found.view(dtypes.BFLOAT16) if found.dtype.kind == "V" else found

    return Layer(
        str(row["name"]),
        str(row["kind"]),
        str(row["op"]),
        [array(f"in{i}") for i in range(row["inputs"])],
        array("out"),
        {name: _tuples(value) for name, value in row["attributes"].items()},
        array("bias") if row["bias"] else None,
    )


def _tuples(value: Any) -> Any:
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value
