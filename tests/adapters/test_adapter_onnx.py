"""Any backend that takes an ONNX model: what it does wrong is its own verdict of that case, and never a fault."""

from __future__ import annotations

import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from opassay.harness.find.registry import Registry
from opassay.harness.hunt.repro import Seen, run_script, script_text, write_reproduction
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fills import Fill
from opassay.harness.model.outcome import Returned
from opassay.harness.plan.plan import Item, Settings
from opassay.harness.run.campaign import Campaign, Request, check_devices

COMMAND = """
import os, pathlib, signal, sys, time
import numpy as np
model, inputs, outputs = sys.argv[1:]
assert pathlib.Path(model).read_bytes()
x, = np.load(inputs).values()
does = int(x[0])
if does == 2: sys.exit("the backend has no such kernel")
if does == 3: pathlib.Path(outputs).write_bytes(b"garbage")
if does == 5: np.savez(outputs, np.maximum(x, 0), x)
if does == 6: time.sleep(600)
if does == 7: os.kill(os.getpid(), signal.SIGSEGV)
if does == 8: np.savez(outputs, np.maximum(x, 0)[None])
if does == 9: np.savez(outputs, x.astype(complex))
if does == 10: np.save(open(outputs, "wb"), np.maximum(x, 0))
if does == 11: os.mkdir(outputs)
if does == 1: np.savez(outputs, np.maximum(x, 0))
"""
VERDICTS = {
    1: ("pass", ""),
    2: ("rejects", "the backend has no such kernel"),
    3: ("rejects", "cannot be read"),
    4: ("rejects", "wrote no outputs"),
    5: ("rejects", "expected a list of 1 arrays"),
    6: ("hang", ""),
    7: ("crash", "SIGSEGV"),
    8: ("shape", ""),
    9: ("rejects", "complex128"),
    10: ("rejects", "it is no .npz"),
    11: ("rejects", "it is no .npz"),
}


def relu(does: int) -> Case:
    return Case("relu", (Tensor((2,), "float32", Fill("literal", values=(float(does), -1.0))),), {})


def campaign(folder: Path, backend: str, **settings: float) -> Campaign:
    (folder / "opassay.toml").write_text(f"[targets.planted]\nadapter = 'onnx'\nbackend = {backend!r}\n")
    return Campaign(Request(["planted"], ["relu"], folder=folder, settings=Settings(**settings)))  # type: ignore[arg-type]


if find_spec("onnx"):

    def test_a_command_that_fails_fails_that_case_alone(tmp_path: Path) -> None:
        (tmp_path / "answer.py").write_text(COMMAND)
        command = f"{sys.executable} {tmp_path / 'answer.py'} {{model}} {{inputs}} {{outputs}}"
        asked = campaign(tmp_path, command, timeout=4.0)
        found = {}
        with asked.engine() as engine:
            check_devices(engine)
            for does in (*VERDICTS, 1):
                ((_, _, judgement),) = engine.ask(asked.ops[0], Item(0, relu(does)))
                found[does] = judgement.verdict, judgement.message
        assert {does: verdict for does, (verdict, _) in found.items()} == {d: v for d, (v, _) in VERDICTS.items()}
        assert [does for does, (_, said) in VERDICTS.items() if said not in found[does][1]] == []

    @pytest.mark.parametrize("elsewhere", [False, True])
    def test_the_script_of_a_finding_asks_the_backend_of_its_target(tmp_path: Path, elsewhere: bool) -> None:
        folder = tmp_path / "mine"
        folder.mkdir()
        (folder / "my_backend.py").write_text(
            "import numpy as np\n\n\ndef backend(model):\n    return lambda arrays: [np.abs(arrays[0])]\n"
        )
        asked = campaign(folder, "my_backend:backend")
        case, settings = relu(1), {"backend": "my_backend:backend"}
        wrong = Returned((np.ones(2, np.float32),))
        seen = Seen("structural", "", wrong, "model", settings=settings, name="planted")
        text, _ = script_text("onnx", case, asked.ops[0], seen, asked.registry)
        if elsewhere:
            (file := tmp_path / "script.py").write_text(text.replace(str(folder), str(tmp_path / "nowhere")))
            found = run_script(file)
            assert (found.exit_status, found.reproduces) == (2, False), found.output
            assert "write the one that describes the target into FOLDER" in found.output
            return
        # The interpreter of the target needs no opassay, which the script does.
        found = write_reproduction(tmp_path, "onnx", case, asked.ops[0], seen, asked.registry, python="no-such-python")
        assert (found.standalone, found.exit_status, found.reproduces) == (False, 1, True), found.output
        assert "planted: structural" in found.output
        assert "by my_backend:backend" in found.file.read_text()

    @pytest.mark.parametrize(
        ("backend", "said"),
        [
            ("no-such-tool {model} {inputs} {outputs}", "there is no command 'no-such-tool'"),
            ("python {model} {inputs}", "has no {outputs}"),
            ("nowhere:run", "cannot be imported: ModuleNotFoundError"),
            ("nonsense", "expected module:function"),
            ("tool 'x {model} {inputs} {outputs}", "cannot be read: No closing quotation"),
            ("planted_module:lacking", "has no attribute 'lacking'"),
            ("planted_module:number", "is of type int; expected a function of a model"),
            ("planted_words:x", "cannot be imported: SyntaxError"),
            ("planted_exit:x", "cannot be imported: SystemExit: 5"),
        ],
    )
    def test_a_backend_that_is_not_there_is_one_line(
        backend: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from opassay.adapters.backend import Unusable, named

        for name, text in (("module", "number = 3"), ("words", "def x(:"), ("exit", "raise SystemExit(5)")):
            (tmp_path / f"planted_{name}.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        with pytest.raises(Unusable) as error:
            named(backend, "model.onnx")
        assert said in str(error.value)
        assert "\n" not in str(error.value)

    def test_answers_are_read_by_their_number(tmp_path: Path) -> None:
        from opassay.adapters.backend import named

        (tmp_path / "answer.py").write_text(
            "import sys, numpy as np\nnp.savez(sys.argv[3], **{f'arr_{n}': np.array(n) for n in range(11, -1, -1)})\n"
        )
        command = f"{sys.executable} {tmp_path / 'answer.py'} {{model}} {{inputs}} {{outputs}}"
        answers = named(command, "model.onnx")(b"")([])
        assert [int(answer) for answer in answers] == list(range(12))

    def test_what_a_callable_raises_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from opassay.adapters.backend import Refused, named

        (tmp_path / "planted_backend.py").write_text(
            "def raises(model):\n    raise KeyError('Relu')\n\n\ndef nothing(model):\n    return 3\n\n\n"
            "def later(model):\n    return lambda arrays: arrays[7]\n"
        )
        monkeypatch.syspath_prepend(str(tmp_path))
        for name, said in (("raises", "KeyError: 'Relu'"), ("nothing", "made int of a model")):
            with pytest.raises(Refused, match=said):
                named(f"planted_backend:{name}", "")(b"")
        with pytest.raises(Refused, match="IndexError"):
            named("planted_backend:later", "")(b"")([np.zeros(1)])


def test_the_onnx_adapter_is_asked_only_where_it_is_named() -> None:
    assert "onnx" not in {target.adapter for target in Registry().targets([])}
    assert Registry().adapter("onnx").named_only


@pytest.mark.parametrize(
    ("backend", "told"),
    [
        ("opassay.adapters.onnx.backends:reference", f"opassay.adapters.onnx.backends:reference {version('numpy')}"),
        ("my-runner {model} {inputs} {outputs}", "my-runner {model} {inputs} {outputs}"),
        ("os.path:join", "os.path:join"),
        ("nowhere:run", "nowhere:run"),
    ],
)
def test_a_backend_is_told_with_the_version_of_its_package(
    backend: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from opassay.adapters import backend as backends
    from opassay.adapters.onnx.backends import reference

    monkeypatch.setattr(reference, "package", "numpy")
    assert backends.with_version(backend) == told


def test_a_package_that_is_not_installed_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from opassay.adapters.backend import of_package, with_version
    from opassay.adapters.onnx import backends

    monkeypatch.setattr(backends, "reference", of_package("no-such-package")(lambda model: model))
    name = "opassay.adapters.onnx.backends:reference"
    assert with_version(name) == name


def test_the_manual_has_a_row_for_each_backend_with_what_it_needs() -> None:
    from opassay.adapters.onnx import backends

    rows = {
        cells[1].strip().strip("`").partition("`")[0]: cells[2]
        for line in (Path(__file__).parents[2] / "docs" / "targets.md").read_text(encoding="utf-8").splitlines()
        if len(cells := line.split("|")) == 5
    }
    made = {name: found.package for name, found in vars(backends).items() if hasattr(found, "package")}
    assert len(made) >= 6
    assert [name for name, package in made.items() if package not in rows.get(name, "")] == []
