"""A faulty adapter that leaves a mark whenever a process imports it, as a framework that takes its time would."""

import os
import threading
import time
from pathlib import Path

import faulty

with Path(os.environ["OPASSAY_TEST_IMPORTS"]).open("a") as _marks:
    _marks.write(f"{os.getpid()}\n")

if "OPASSAY_TEST_THREAD" in os.environ:
    threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()


class Counted(faulty.Faulty):
    name = "counted"
    modes = ("sound", "segfaults", "exits", "leaves_child", "stops")
