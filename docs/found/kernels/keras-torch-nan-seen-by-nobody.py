# keras under torch: attention loses NaN (expected nan, got 0)
#
# Seen with keras 3.15.1, mode torch, on cpu.
# There: NaN dropped: y[0,0,0,0] expected nan, got 0 (allowed error 0); 2 of 2 elements
# Exit status 1: the difference is there. 0: it is gone. 2: the script itself failed.
# Found by opassay, case 9efdb586f68faac2.

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

CASE = "{\"aspect\":\"value\",\"attributes\":{\"causal\":false,\"scale\":0.25},\"op\":\"attention\",\"tensors\":[{\"dtype\":\"float32\",\"fill\":{\"kind\":\"literal\",\"values\":[\"nan\",\"nan\"]},\"memory\":{\"kind\":\"contiguous\"},\"shape\":[1,1,1,2]},{\"dtype\":\"float32\",\"fill\":{\"kind\":\"iota\"},\"memory\":{\"kind\":\"contiguous\"},\"shape\":[1,1,3,2]},{\"dtype\":\"float32\",\"fill\":{\"kind\":\"ones\"},\"memory\":{\"kind\":\"contiguous\"},\"shape\":[1,1,3,2]}]}"
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
command = [sys.executable, *["-m", "opassay", "replay", "case.json", "--target", "keras:torch", "--adapter", "opassay.adapters.keras.adapter:KerasAdapter"]]
done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, errors="replace")
print(done.stdout, flush=True)
there = re.search(rf"^\S+: ({DIFFERS})\b", done.stdout, re.MULTILINE)
if done.returncode not in (0, 1) or (done.returncode == 1 and not there):
    print(f"opassay could not replay the case: exit status {done.returncode}")
    sys.exit(2)
finish(done.returncode == 1)
