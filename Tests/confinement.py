"""Runs a bundle in places that give it little: no /proc and /sys, a tenth of a CPU, no threads, old CPUs, several at once.

Run from the root of the repository after `make all`, with the Python of bundles.py: .venv/bin/python
Tests/confinement.py [NAME…]; some tests need root. Prints one line a test; exit status 1 if one fails.
"""

import contextlib
import http.client
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys

import numpy as np

import bundles
from bundles import WORK, ask, bundle, embed, root_test, serving, test, texts

bundles.TESTS.clear()
LINES = texts()[:4]


def explained(command, **options):
    """The embedding of a text and what --explain says of how it came about."""
    done = subprocess.run([*command, "--text", LINES[0], "--explain"], capture_output=True, text=True, **options)
    assert done.returncode == 0, (done.returncode, done.stderr[-500:])
    answer = np.array(json.loads(done.stdout)["embedding"], np.float32)
    assert np.array_equal(answer, embed(bundle()[0], LINES[:1])[0])
    return done.stderr


def threads(said):
    return int(re.search(r"^threads: (\d+)$", said, re.M)[1])


def root(name, **files):
    """A folder to be the root: the bundle, and texts of files by their paths."""
    folder = WORK / name
    shutil.copytree(bundle()[0], folder)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def chroot(folder):
    return [shutil.which("chroot"), str(folder), "/bootstrap"]


@root_test
def without_proc_and_sys():
    said = explained(chroot(root("bare")), env={})
    assert threads(said) == len(os.sched_getaffinity(0)), said


@root_test
def under_a_quota_of_a_tenth_of_a_cpu():
    """The files of version 2 and of version 1, as a container shows them."""
    second = {"sys/fs/cgroup/cpu.max": "10000 100000\n", "proc/self/cgroup": "0::/\n"}
    first = {"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "10000\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
             "proc/self/cgroup": "4:cpu,cpuacct:/\n"}
    for name, files in [("quota2", second), ("quota1", first)]:
        said = explained(chroot(root(name, **files)), env={})
        assert threads(said) == 1, said


@root_test
def under_a_real_quota_where_the_system_permits_one():
    for group, limits in [
        (pathlib.Path("/sys/fs/cgroup/pack-confinement"), {"cpu.max": "10000 100000"}),
        (pathlib.Path("/sys/fs/cgroup/cpu/pack-confinement"), {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "10000"}),
    ]:
        if not all((group.parent / name).exists() for name in ["cgroup.procs"]):
            continue
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            if not all((group / name).exists() for name in limits):
                continue
            for name, value in limits.items():
                (group / name).write_text(value)
            said = explained([str(bundle()[0] / "bootstrap")],
                             preexec_fn=lambda: (group / "cgroup.procs").write_text(str(os.getpid())))
            assert threads(said) == 1, said
            return str(group)
        finally:
            group.rmdir()
    return "not permitted here: left out"


@root_test
def where_no_thread_can_be_started():
    def confine():
        os.setgid(65534)
        os.setuid(65534)
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))

    folder = root("threadless")
    for path in [WORK, folder]:
        path.chmod(0o755)
    said = explained([str(folder / "bootstrap")], env={"PACK_THREADS": "4"}, preexec_fn=confine)
    assert threads(said) == 1, said


@test
def on_one_cpu():
    said = explained([str(bundle()[0] / "bootstrap")], preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}))
    assert threads(said) == 1, said


@test
def on_cpus_without_the_instructions():
    """Emulated CPUs that stop a program at an instruction which they lack: SSE2 only, and AVX without AVX2."""
    best = embed(bundle()[0], LINES[:1])
    for cpu in ["qemu64", "SandyBridge"]:
        emulator = ["qemu-x86_64-static", "-cpu", cpu]
        said = subprocess.run([*emulator, str(bundle()[0] / "bootstrap"), "--cpu"], capture_output=True, text=True)
        assert said.stdout.splitlines()[1] == "instruction sets: portable", said
        rows = np.array(ask(bundle()[0], {"texts": LINES[:1]}, emulator=emulator)["embeddings"], np.float32)
        assert bundles.cosines(rows, best).min() >= 0.999
    refused = subprocess.run([*emulator, str(bundle()[0] / "bootstrap"), "--isa", "avx2", "--text", "x"], capture_output=True, text=True)
    assert refused.returncode == 1 and "no kernels for the instruction set" in refused.stderr, refused


@test
def workers_share_the_pages_of_the_weights():
    """What each of three holds of model.pack is mapped by all: its share of the pages is a third, and none is its own."""
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(serving()) for _ in range(3)]
        for port, _ in workers:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("POST", "/predict", json.dumps({"texts": LINES}))
            assert connection.getresponse().status == 200
        for _, process in workers:
            smaps = pathlib.Path(f"/proc/{process.pid}/smaps").read_text()
            section = smaps.split("model.pack\n", 1)[1]
            sizes = {name: int(re.search(rf"^{name}: +(\d+) kB$", section, re.M)[1])
                     for name in ["Rss", "Pss", "Private_Dirty"]}
            assert sizes["Private_Dirty"] == 0 and sizes["Pss"] <= sizes["Rss"] * 0.4, sizes
    return f"{sizes['Rss']} kB of the plan in memory, {sizes['Pss']} kB the share of each"


@test
def explain_tells_when_what_was_reached():
    said = explained([str(bundle()[0] / "bootstrap")])
    table = said.splitlines()
    rows = [re.match(r" *(\d+) +(\d+) +(\d+) +(\d+)  (.*)$", line) for line in table[table.index("   time, us  faults  of disk  bytes read") + 1:]]
    names = [row[5] for row in rows]
    assert names[0] == "program begun" and names[-3:] == ["first answer computed", "first answer written", "ten more answers computed"], names
    for column in range(1, 5):
        numbers = [int(row[column]) for row in rows]
        assert numbers == sorted(numbers), numbers
    assert int(rows[-1][2]) > int(rows[0][2]) > 0


if __name__ == "__main__":
    sys.exit(bundles.main())
