# onnxruntime under all: sum gives wrong elements (expected 9007199254740995, got 9007199254740992)
#
# Seen with onnxruntime 1.32.0, mode all, on cpu.
# There: y[0] expected 9007199254740995, got 9007199254740992 (allowed error 0); 2 of 2 elements
# Exit status 1: the difference is there. 0: it is gone. 2: the script itself failed.
# Found by opassay, case abd75d5877cd9aa9.

import importlib.util
import os
import re
import subprocess
import sys
import tempfile


def failed(kind, error, trace):
    sys.__excepthook__(kind, error, trace)
    sys.stdout.flush()
    os._exit(2)


sys.excepthook = failed

CASE = "{\"aspect\":\"value\",\"attributes\":{\"axes\":[1],\"keepdims\":false},\"op\":\"sum\",\"tensors\":[{\"dtype\":\"int64\",\"fill\":{\"kind\":\"literal\",\"values\":[9007199254740993,-9007199254740995,9007199254740997,9007199254740999,-9007199254741001,9007199254741003]},\"memory\":{\"kind\":\"contiguous\"},\"shape\":[2,3]}]}"
DIFFERS = "structural|numeric|special|crash|hang|nondeterministic|rejects|shape|dtype|accepts"

def finish(differs):
    print("the difference is there" if differs else "the difference is gone")
    sys.exit(1 if differs else 0)


if importlib.util.find_spec("opassay") is None:
    print("opassay is not installed in this environment, so nothing was asked")
    sys.exit(2)
folder = tempfile.mkdtemp()
with open(os.path.join(folder, "case.json"), "w") as file:
    file.write(CASE)
command = [sys.executable, *["-m", "opassay", "replay", "case.json", "--target", "onnxruntime:all", "--adapter", "opassay.adapters.onnxruntime.adapter:OnnxRuntimeAdapter"]]
done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, errors="replace")
print(done.stdout, flush=True)
there = re.search(rf"^\S+: ({DIFFERS})\b", done.stdout, re.MULTILINE)
if done.returncode not in (0, 1) or (done.returncode == 1 and not there):
    print(f"opassay could not replay the case: exit status {done.returncode}")
    sys.exit(2)
finish(done.returncode == 1)
