"""Writes ``docs/found-bugs.md``: the gravest known differences, each with its case, what came of it, and a script.

    python docs/tools/found_bugs.py                        the page, from what was measured before
    python docs/tools/found_bugs.py --measure [NAME]...    ask the pins (of NAME only) first, and write their scripts

An entry that this machine cannot show keeps what was measured elsewhere. Kernels of oneDNN need
``TF_ENABLE_ONEDNN_OPTS=1`` where TensorFlow does not use them by itself, and a framework in an environment of its own
``--python paddle=PATH``. Measuring takes about ten minutes on two cores. ``CHOSEN`` is the list; ``docs/found/`` holds
cases, scripts and ``measured.json``.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opassay.harness.find.registry import Registry
from opassay.harness.hunt.repro import Seen, run_script, script_text
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact
from opassay.harness.plan.plan import Item, Settings
from opassay.harness.run.campaign import Campaign, Request

DOCS = Path(__file__).resolve().parent.parent
PAGE = DOCS / "found-bugs.md"
FOUND = DOCS / "found"
MEASURED = FOUND / "measured.json"

CHOSEN = {
    "tensorflow-avg_pool2d-gradient-wide-window-structural": (
        "The gradient of an average pool whose window is larger than its input is wrong in every element."
    ),
    "torch-scatter_nd-compiled-tiles-structural": (
        "With several threads, Inductor adds the offset of a column twice when it accumulates updates that lie in "
        "memory by columns: sums end up in the wrong rows, or beside the array."
    ),
    "torch-max_pool2d-gradient-compiled-strides-structural": (
        "Inductor finds a window's maximum in one order of the axes and decodes its place in another, so that the "
        "gradient goes to the wrong pixels."
    ),
    "torch-max_pool2d_with_argmax-compiled-padding": (
        "Inductor pads with the lowest value. Where the image holds nothing higher, the index of the maximum "
        "points into the padding."
    ),
    "tensorflow-max_pool2d-dilated-padding": (
        "`tf.nn.pool` with dilation pads with zeros, which win against negative numbers."
    ),
    "tensorflow-conv_relu_pool-gradient-xla-ties": (
        "In a fused convolution, ReLU and pool, XLA sends the gradient of equal maxima to another place than the first."
    ),
    "keras-avg_pool2d-value-replicated-structural": (
        'On the torch backend, `ops.average_pool` with `padding="same"` fills uneven padding with copies of the '
        "edge and counts them in the mean."
    ),
    "keras-matmul-value-integers": (
        "On the TensorFlow backend, `ops.matmul` multiplies integers as floats: sums are rounded, and one that "
        "leaves the range becomes the lowest integer."
    ),
    "onnxruntime-avg_pool2d-same-structural": (
        "`auto_pad=SAME_UPPER` computes the padding as if the window were not dilated, and crops the image where "
        "the stride is wider than the window."
    ),
    "openvino-max_pool2d_with_argmax-value-least": (
        "Maxima start from the lowest number, and only something larger replaces it: in an image of nothing but "
        "that number every position is 0."
    ),
    "openvino-conv2d-value-cut-structural": (
        "On processors without bfloat16, a float32 sum becomes bfloat16 by dropping bits: it is up to twice as "
        "far off as rounding allows."
    ),
    "paddle-avg_pool2d-value-cut-structural": (
        "Averages with uneven padding divide by the wrong count at the end: the padding there is taken to be as "
        "wide as that at the start."
    ),
    "paddle-conv2d-value-dilation-structural": ('With `padding="SAME"` every dilation is silently taken for 1.'),
    "paddle-matmul-value-integers": (
        "`matmul` of integers multiplies floats of 32 bits: sums are rounded, and one that leaves the range "
        "becomes the lowest integer."
    ),
    "paddle-avg_pool2d-gradient-rounded-structural": (
        "The float64 gradient of an average is scaled by a reciprocal of 32 bits: half of the digits are wrong."
    ),
    "openvino-conv2d-value-empty-structural": (
        "A convolution whose image has no rows, columns or channels must give zeros; the answer is uninitialised "
        "memory."
    ),
    "jax-conv2d-groups": (
        "XLA computes a convolution with groups with zeros in the place of the other groups. Zero times infinity "
        "is NaN, so an infinity in one group turns the others NaN."
    ),
    "jax-max_pool2d-gradient-nan-special": (
        "The gradient of a window that holds a NaN goes elsewhere than to the maximum."
    ),
    "tensorflow-max_pool2d-nan": ("A max pool drops every NaN that is not the first element of its window."),
    "tensorflow-relu-gradient-special": (
        "The gradient of `relu` multiplies by zero where it should cut off: infinity becomes NaN."
    ),
    "onnxruntime-max_pool2d-nan": ("A max pool keeps or drops a NaN depending on where in its window it stands."),
    "openvino-relu-value-nan": ("ReLU turns NaN into zero."),
    "tensorflow-conv2d-gradient-strided": (
        "oneDNN's gradient of a strided 1×1 filter over few channels writes beyond its workspace. The process "
        "ends, or a later operation in it does."
    ),
    "torch-max_pool2d-gradient-padding-crash": (
        "A window that holds nothing but padding sends its gradient to an address outside the image."
    ),
    "paddle-max_pool2d-error-padding-overflow": (
        "Padding of 2³¹ or more wraps the size of the answer around 2⁶⁴, and memory beyond what was allocated is "
        "written."
    ),
    "paddle-max_unpool2d-error-negative-first": (
        "A negative index is not refused: the value is written before the array, into memory of the allocator."
    ),
    "paddle-max_pool2d_with_argmax-gradient-nowhere": (
        "A window of NaN and -inf has the position -1, and its gradient is written before the array."
    ),
    "jax-conv2d_transpose_vjp-gradient-abort": (
        "The second derivative of certain transposed convolutions by 2 aborts: XLA swaps image and filter and "
        "takes an axis for one of groups."
    ),
    "onnxruntime-max_pool2d-same-crash": (
        "A dilated max pool with `auto_pad=SAME_UPPER`, valid by the standard, divides by zero (SIGFPE)."
    ),
    "openvino-conv2d-value-eight-pixels": (
        "A bfloat16 convolution to eight pixels and a multiple of eight channels runs instructions of AVX-512 on "
        "processors without them (SIGSEGV)."
    ),
}
"""The thirty, by the name of the case's file, whose first word is the adapter, and what happens in a sentence."""

ELSEWHERE = {
    "tensorflow-matmul-one-matrix-structural": (
        "A batch of float32 matrices times one matrix reads beyond its operands: wrong elements, NaN, or the end "
        "of the process."
    ),
    "tensorflow-conv2d-value-column-structural": (
        "A convolution of one channel that is strided to a single column leaves part of its answer to what lay in "
        "memory."
    ),
    "tensorflow-conv2d-value-straddled": (
        "A bfloat16 convolution whose dilated windows straddle an image of few rows ends the process inside oneDNN."
    ),
    "torch-avg_pool2d-gradient-cuda-padding-structural": (
        "On a GPU, the gradient of an average pool in `channels_last` forgets the padding."
    ),
    "torch-max_pool2d_with_argmax-cuda-lowest": (
        "On a GPU in `channels_last`, a window of nothing but -inf has the index 0, wherever it lies."
    ),
    "torch-max_pool2d-cuda-misaligned": (
        "On a GPU in `channels_last`, a max pool of a single float64 reads a misaligned address, after which the "
        "process cannot use the GPU."
    ),
    "jax-conv2d_transpose-cuda-transform-structural": (
        "On a GPU, XLA may choose an algorithm of cuDNN's that is not exact for small integers."
    ),
}
"""As grave, but shown by processors that are less common, or by GPUs: told in a line each, without numbers."""

SECTIONS = (
    (
        "Wrong values and gradients",
        ("structural", "numeric"),
        "Wrong numbers where nothing is raised, and nothing looks wrong.",
    ),
    ("NaN and infinity", ("special",), "A NaN or an infinity is lost, or appears where none belongs."),
    (
        "Memory and processes",
        ("crash", "hang"),
        "The process ends, often because memory was written that belongs to something else.",
    ),
)


@dataclass(frozen=True)
class Bug:
    """One entry of the page: a case that shows ``known``, in a mode, and the verdict that it gets."""

    name: str
    known: Fact
    case: Case
    sentence: str
    mode: str
    verdict: str

    @property
    def adapter(self) -> str:
        return self.name.partition("-")[0]

    @property
    def target(self) -> str:
        return f"{self.adapter}:{self.mode}"

    @property
    def threads(self) -> int:
        return 2 if "parallel=yes" in self.known.needs else 1


def bugs(chosen: dict[str, str], registry: Registry | None = None) -> list[Bug]:
    """These entries, in their order. Raises ``KeyError`` for one whose case is no pin of its adapter's list."""
    registry, found = registry or Registry(), measured()
    pins = {(name, pin.id): known for name in registry.adapters for known in registry.known(name) for pin in known.pins}
    bugs = []
    for name, said in chosen.items():
        case = Case.loads((FOUND / f"{name}.json").read_text(encoding="utf-8"))
        known = pins[name.partition("-")[0], case.id]
        bugs.append(Bug(name, known, case, said, found[name]["mode"], found[name]["verdict"]))
    return bugs


def measured() -> dict[str, Any]:
    """The mode and verdict of each entry, by name, and what came of it when it was measured."""
    found: dict[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else {}
    return found


def measure(names: list[str], python: dict[str, str]) -> None:
    """Ask the pins in workers, and keep what came of them where the difference showed."""
    kept = measured()
    asked = [bug for bug in bugs(CHOSEN) if not names or bug.name in names]
    FOUND.mkdir(exist_ok=True)
    for target, threads in sorted({(bug.target, bug.threads) for bug in asked}):
        chosen = [bug for bug in asked if (bug.target, bug.threads) == (target, threads)]
        for name, found in _ask(target, threads, chosen, python):
            print(f"{name}: {found or 'not shown here'}", flush=True)
            kept[name] |= found or {}
    MEASURED.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _ask(target: str, threads: int, chosen: list[Bug], python: dict[str, str]) -> Any:
    settings = Settings(threads=threads)
    request = Request(targets=[target], ops=sorted({bug.case.op for bug in chosen}), python=python, settings=settings)
    try:
        campaign = Campaign(request)
    except Exception as error:
        print(f"{target}: {error}")
        return
    ops = {op.name: op for op in campaign.ops}
    with campaign.engine() as engine:
        engine.wait_ready()
        (lane,) = engine.lanes.values()
        for bug in chosen:
            known, tries = bug.known, 5 if bug.known.flaky else 1
            found = None
            if lane.usable and known.fits(lane.settings, bug.case.tensors[0].dtype):
                found = next(filter(None, (_try(lane, engine, ops[bug.case.op], bug) for _ in range(tries))), None)
            yield bug.name, found


def _try(lane: Any, engine: Any, op: Any, bug: Bug) -> dict[str, Any] | None:
    ((_, outcome, judgement),) = engine.ask(op, Item(0, bug.case))
    if judgement.verdict != bug.verdict:
        return None
    settings = dict(lane.hello["settings"])
    seen = Seen(
        judgement.verdict,
        judgement.message,
        outcome,
        bug.mode,
        "cpu",
        str(lane.hello["version"]),
        lane.threads,
        lane.rules,
        settings,
    )
    text, alone = script_text(bug.adapter, bug.case, op, seen, Registry())
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / f"{bug.name}.py"
        script.write_text(text, encoding="utf-8")
        shows = alone and run_script(script, lane.python).reproduces
    if shows:
        (FOUND / script.name).write_text(text, encoding="utf-8")
    rho = judgement.rho if judgement.rho is not None and math.isfinite(judgement.rho) else None
    return {"version": seen.version, "message": judgement.message, "rho": rho, "script": shows}


def page() -> str:
    """The page, from the lists and from what was measured."""
    found = measured()
    chosen = bugs(CHOSEN)
    parts = [HEAD]
    for heading, verdicts, lead in SECTIONS:
        parts += [f"## {heading}\n", f"{lead}\n"]
        for number, bug in enumerate(chosen, 1):
            parts += [_entry(number, bug, found[bug.name])] if bug.verdict in verdicts else []
    parts += [ELSEWHERE_HEAD, "| where | what happens | needs | upstream |", "|---|---|---|---|"]
    parts += [_row(bug) for bug in bugs(ELSEWHERE)]
    return "\n".join(parts) + "\n"


def _entry(number: int, bug: Bug, found: dict[str, Any]) -> str:
    known = bug.known
    inputs = ", ".join(f"{tensor.dtype}{list(tensor.shape)}" for tensor in bug.case.tensors)
    asked = {"gradient": "the gradient of ", "error": "invalid input of "}.get(bug.case.aspect, "")
    lines = [
        f"### {number}. {_name(bug)}\n",
        f"{bug.sentence}\n",
        f"- **Case** [`{bug.case.id}`](found/{bug.name}.json): {asked}`{bug.case.op}`, {inputs}",
        f"- **Answer** `{bug.verdict}`: {_numbers(found)}",
        f"- **Where** {_where(bug, found)}",
        *([f"- **Not always** It depends on {known.flaky}."] if known.flaky else []),
        *([f"- **Script** [`{bug.name}.py`](found/{bug.name}.py)"] if found["script"] else []),
        f"- **Upstream** {_upstream(known)}\n",
        "<!-- long -->",
        f"```sh\n{_replay(bug)}\n```\n",
    ]
    return "\n".join(lines)


def _replay(bug: Bug) -> str:
    switch = "TF_ENABLE_ONEDNN_OPTS=1 " if any(need.startswith("onednn_dtypes=") for need in bug.known.needs) else ""
    threads = f" --threads {bug.threads}" if bug.threads > 1 else ""
    return f"{switch}opassay replay docs/found/{bug.name}.json --target {bug.target}{threads}"


HEAD = """\
# Found bugs

<!-- Made by `python docs/tools/found_bugs.py`; do not edit. -->

Thirty of the gravest differences that opassay has found in released frameworks, each with its case and with the answer
that the case got. They are entries of the [known differences](known-differences.md). What is wrong in silence comes
first.

The numbers were measured on an x86-64 processor with AVX2. The commands are typed in a checkout. Each script needs
NumPy and the framework only, and ends with 1 where the difference is there.
"""

ELSEWHERE_HEAD = """\
## On other hardware

As grave, but the machine that measured this page cannot show them.
"""

_FRAMEWORKS = {
    "jax": "JAX",
    "keras": "Keras",
    "litert": "LiteRT",
    "mlx": "MLX",
    "onnx": "ONNX",
    "onnxruntime": "onnxruntime",
    "openvino": "OpenVINO",
    "paddle": "PaddlePaddle",
    "stablehlo": "StableHLO",
    "tensorflow": "TensorFlow",
    "tinygrad": "tinygrad",
    "torch": "PyTorch",
}


def _name(bug: Bug) -> str:
    asked = {"gradient": "gradient of ", "error": "invalid input of "}.get(bug.case.aspect, "")
    return f"{_FRAMEWORKS[bug.adapter]}: {asked}`{bug.case.op}`"


def _numbers(found: dict[str, Any]) -> str:
    return _plain(found["message"]) + (f"; error ÷ allowed error {found['rho']:.3g}" if found["rho"] else "")


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", text)


def _where(bug: Bug, found: dict[str, Any]) -> str:
    needs = _needs(bug)
    return f"{_FRAMEWORKS[bug.adapter]} {found['version']}, mode `{bug.mode}`" + (f", with {needs}" if needs else "")


def _needs(bug: Bug) -> str:
    dtype = bug.case.tensors[0].dtype
    return ", ".join(f"`{need.replace('{dtype}', dtype)}`" for need in bug.known.needs if need != "device=cpu")


def _upstream(known: Fact) -> str:
    return f"[{_plain(known.title)}]({known.url})" if known.url else "not reported yet"


def _row(bug: Bug) -> str:
    return f"| {_name(bug)} | {bug.sentence} | {_needs(bug)} | {_upstream(bug.known)} |"


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--measure", nargs="*", metavar="NAME")
    reader.add_argument("--python", action="append", default=[], metavar="NAME=INTERPRETER")
    options = reader.parse_args()
    if options.measure is not None:
        measure(options.measure, dict(pair.split("=", 1) for pair in options.python))
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
