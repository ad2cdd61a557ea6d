"""Counting of checks for the scripts beside this file."""

import atexit
import pathlib
import shutil
import tempfile
import threading

_lock = threading.Lock()
passed, failed = 0, []


def work_folder(name):
    """A new folder that goes when the script ends."""
    path = pathlib.Path(tempfile.mkdtemp(prefix=f"pack-{name}-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def check(name, holds, detail=""):
    """Counts a check, from any thread; one that does not hold is printed with the beginning of its detail."""
    global passed
    with _lock:
        if holds:
            passed += 1
        else:
            failed.append(name)
            print(f"FAILED {name}: {str(detail).strip()[:700]}", flush=True)


def finish(*more):
    """Prints the counts, and whatever is to stand behind them; gives the script's exit status."""
    print(", ".join([f"{passed} passed", f"{len(failed)} failed", *more]))
    return 1 if failed else 0
