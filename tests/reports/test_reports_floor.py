"""The floor rule: reports read the nouns only, so that they can be made from a table anywhere."""

import subprocess
import sys

PROBE = """
import sys
import opassay.reports.render.pages, opassay.reports.render.terminal
ours = sorted(m for m in sys.modules if m.startswith(("opassay.harness.", "opassay.adapters", "opassay.cases")))
foreign = sorted({"torch", "tensorflow", "jax", "hypothesis"} & set(sys.modules))
print([m for m in ours if not m.startswith("opassay.harness.model")], foreign)
"""


def test_reports_import_no_engine_no_case_and_no_framework():
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[] []"
