"""Pins whose answer is an image: the arrays that the report draws, kept beside the results table.

Arrays, not pictures: drawing is the report's business.
"""

from __future__ import annotations

import base64
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
from opassay.harness.store.remembered import Remembered

FOLDER = "pictures"
INDEX = "pictures.json"


class Album:
    """Keeps the images of one run in ``folder``/pictures: one ``.npy`` of float32 [H, W, C] per image.

    ``pictures.json`` there lists, per pin, its ``name``, ``op``, ``case_id`` and ``source``, and the files of its
    ``input``, of the ``oracle``'s answer and of each of ``targets``.
    """

    def __init__(
        self, folder: Path, ops: Sequence[Op], resume: bool = False, remembered: Remembered | None = None
    ) -> None:
        """Without ``resume``, images in ``folder`` are removed. ``remembered``: the oracle's images of earlier runs."""
        self._folder = folder / FOLDER
        if not resume and self._folder.is_dir():
            shutil.rmtree(self._folder, ignore_errors=True)
        self._remembered = remembered or Remembered(None)
        self._pins = {pin.case.id: (op, pin) for op in ops for pin in op.pins if pin.pictures}

    def keep(self, label: str, case: Case, outcome: Outcome) -> None:
        """Note what the target ``label`` answered, if it is an image that the report shows, beside what is right."""
        if case.id not in self._pins or not isinstance(outcome, Returned):
            return
        op, pin = self._pins[case.id]
        answer = dict(enumerate(outcome.arrays)).get(_position(pin))
        if answer is not None and answer.ndim == 4 and answer.shape[0]:
            replace_file(self._path(pin, f"target {label}"), _image(answer))
            self._keep_right(op, pin)

    def finish(self, labels: Sequence[str]) -> None:
        """Write the index; without any image nothing is written."""
        rows = [row for op, pin in self._pins.values() if (row := self._row(op, pin, labels))]
        if rows:
            replace_file(self._folder / INDEX, (json.dumps(rows, indent=1) + "\n").encode())

    def _row(self, op: Op, pin: Pin, labels: Sequence[str]) -> dict[str, Any]:
        files = {label: self._path(pin, f"target {label}").name for label in labels}
        there = {label: name for label, name in files.items() if (self._folder / name).is_file()}
        right = {what: self._path(pin, what).name for what in ("input", "oracle")}
        row = {"name": pin.name, "op": op.name, "case_id": pin.case.id, "source": pin.source, "targets": there}
        return row | right if there else {}

    def _keep_right(self, op: Op, pin: Pin) -> None:
        """The input and the oracle's answer, computed for the first target that answers, while others compute."""
        if pin.pictures is None or self._path(pin, "oracle").is_file():
            return
        shown = pin.case.inputs()[list(pin.case.attributes["inputs"]).index(pin.pictures[0])]
        replace_file(self._path(pin, "input"), _image(shown))
        replace_file(self._path(pin, "oracle"), self._oracle(op, pin))

    def _oracle(self, op: Op, pin: Pin) -> bytes:
        key = f"picture {pin.case.id}"
        if (known := self._remembered.get(key, base64.b85decode)) is not None:
            return known
        made = _image(references(op, pin.case)[_position(pin)].exact)
        self._remembered.keep(key, base64.b85encode(made).decode())
        return made

    def _path(self, pin: Pin, what: str) -> Path:
        return self._folder / f"{pin.name}.{re.sub('[^A-Za-z0-9]+', '-', what)}.npy"


def _image(images: np.ndarray) -> bytes:
    """The first of ``images`` as a file of float32."""
    file = io.BytesIO()
    np.save(file, dtypes.widen(images)[0].astype(np.float32), allow_pickle=False)
    return file.getvalue()


def _position(pin: Pin) -> int:
    """Where the image stands among the values that the program makes."""
    if pin.pictures is None:
        raise ValueError(f"pin {pin.name} has no pictures")
    return Program.from_attributes(pin.case.attributes).outputs.index(pin.pictures[1])
