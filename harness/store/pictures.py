"""Pins whose answer is an image: the arrays that the report draws, kept beside the results table.

Arrays, not pictures: drawing is the report's business.
"""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from opassay.harness.model import dtypes
from opassay.harness.model.case import Case
from opassay.harness.model.op import Op, Pin, references
from opassay.harness.model.outcome import Outcome, Returned
from opassay.harness.model.program import Program
from opassay.harness.store.files import replace_file

FOLDER = "pictures"
INDEX = "pictures.json"


class Album:
    """Keeps the images of one run in ``folder``/pictures: one ``.npy`` of float32 [H, W, C] per image.

    ``pictures.json`` there lists, per pin, its ``name``, ``op``, ``case_id`` and ``source``, and the files of its
    ``input``, of the ``oracle``'s answer and of each of ``targets``.
    """

    def __init__(self, folder: Path, ops: Sequence[Op], resume: bool = False) -> None:
        """Without ``resume``, images of an earlier run in ``folder`` are removed."""
        self._folder = folder / FOLDER
        if not resume and self._folder.is_dir():
            shutil.rmtree(self._folder, ignore_errors=True)
        self._pins = {pin.case.id: (op, pin) for op in ops for pin in op.pins if pin.pictures}

    def keep(self, label: str, case: Case, outcome: Outcome) -> None:
        """Note what the target ``label`` answered, if it is an image that the report shows."""
        if case.id not in self._pins or not isinstance(outcome, Returned):
            return
        pin = self._pins[case.id][1]
        answer = dict(enumerate(outcome.arrays)).get(_position(pin))
        if answer is not None and answer.ndim == 4 and answer.shape[0]:
            self._save(pin, f"target {label}", answer)

    def finish(self, labels: Sequence[str]) -> None:
        """Add inputs and the oracle's answers, and write the index; without any image nothing is written."""
        rows = [row for op, pin in self._pins.values() if (row := self._row(op, pin, labels))]
        if rows:
            replace_file(self._folder / INDEX, (json.dumps(rows, indent=1) + "\n").encode())

    def _row(self, op: Op, pin: Pin, labels: Sequence[str]) -> dict[str, Any]:
        files = {label: self._path(pin, f"target {label}").name for label in labels}
        there = {label: name for label, name in files.items() if (self._folder / name).is_file()}
        if not there or pin.pictures is None:
            return {}
        shown = pin.case.inputs()[list(pin.case.attributes["inputs"]).index(pin.pictures[0])]
        exact = references(op, pin.case)[_position(pin)].exact
        row = {"name": pin.name, "op": op.name, "case_id": pin.case.id, "source": pin.source, "targets": there}
        return row | {"input": self._save(pin, "input", shown), "oracle": self._save(pin, "oracle", exact)}

    def _path(self, pin: Pin, what: str) -> Path:
        return self._folder / f"{pin.name}.{re.sub('[^A-Za-z0-9]+', '-', what)}.npy"

    def _save(self, pin: Pin, what: str, images: np.ndarray) -> str:
        path, file = self._path(pin, what), io.BytesIO()
        np.save(file, dtypes.widen(images)[0].astype(np.float32), allow_pickle=False)
        replace_file(path, file.getvalue())
        return path.name


def _position(pin: Pin) -> int:
    """Where the image stands among the values that the program makes."""
    if pin.pictures is None:
        raise ValueError(f"pin {pin.name} has no pictures")
    return Program.from_attributes(pin.case.attributes).outputs.index(pin.pictures[1])
