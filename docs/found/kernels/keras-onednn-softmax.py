# keras under tensorflow: softmax loses NaN (expected nan, got 0)
#
# Seen with keras 3.15.1, mode tensorflow, on cpu.
# There: NaN dropped: y[5,0] expected nan, got 0 (allowed error 0); 2 of 27 elements
# Exit status 1: the difference is there. 0: it is gone. 2: the script itself failed.
# Found by opassay, case eae14e9f934d959c.

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

CASE = "{\"aspect\":\"value\",\"attributes\":{\"axis\":1},\"op\":\"softmax\",\"tensors\":[{\"dtype\":\"float32\",\"fill\":{\"kind\":\"literal\",\"values\":[\"-inf\",\"-inf\",\"-inf\",\"inf\",\"inf\",\"inf\",\"nan\",\"nan\",\"nan\",1.0,1.0,1.0,-1.0,-2.0,-3.0,1.0,\"nan\",3.0,\"-inf\",0.5,\"-inf\",\"-0.0\",\"-0.0\",\"-0.0\",0.0,2.0,0.0]},\"memory\":{\"kind\":\"contiguous\"},\"shape\":[9,3]}]}"
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
command = [sys.executable, *["-m", "opassay", "replay", "case.json", "--target", "keras:tensorflow", "--adapter", "opassay.adapters.keras.adapter:KerasAdapter"]]
done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, errors="replace")
print(done.stdout, flush=True)
there = re.search(rf"^\S+: ({DIFFERS})\b", done.stdout, re.MULTILINE)
if done.returncode not in (0, 1) or (done.returncode == 1 and not there):
    print(f"opassay could not replay the case: exit status {done.returncode}")
    sys.exit(2)
finish(done.returncode == 1)
