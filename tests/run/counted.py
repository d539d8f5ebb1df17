"""A faulty adapter that leaves a mark whenever a process imports it, as a framework that takes its time would."""

import atexit
import os
import threading
import time
from pathlib import Path

import faulty

with Path(os.environ["OPASSAY_TEST_IMPORTS"]).open("a") as _marks:
    _marks.write(f"{os.getpid()}\n")

print("an import may print", flush=True)
os.write(1, b"from C as well")
if "OPASSAY_TEST_IMPORT_FAILS" in os.environ:
    raise OSError("libframework.so is missing")

if "OPASSAY_TEST_THREAD" in os.environ:
    threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()


if finalized := os.environ.get("OPASSAY_TEST_FINALIZED"):
    atexit.register(Path(finalized).touch)


class Counted(faulty.Faulty):
    name = "counted"
    threads_when_made = bool(os.environ.get("OPASSAY_TEST_WHEN_MADE"))
    modes = ("sound", "segfaults", "exits", "leaves_child", "stops")

    def settings(self):
        return {"threads": f"{os.environ['OPASSAY_THREADS']} {os.environ['OMP_NUM_THREADS']}"}
