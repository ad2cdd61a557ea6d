"""Emulates each platform with a small model, and with a program that tells what it sees and can be told to misbehave.

Run from the root of the repository after `make all`, with the Python of bundles.py, onnx and a C compiler:
.venv/bin/python Tests/emulation.py [NAME…]; some tests need root. Prints one line a test; exit status 1 if one fails.
"""

import functools
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time

import jsonschema
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import bundles
from bundles import PACK, WORK, pack, root_test, test

bundles.TESTS.clear()
SCHEMA = json.loads(pathlib.Path("Schemas/pack.emulate-1.json").read_text())
WEIGHTS = np.array([[1.5], [-2], [0.25]], np.float32)
QUICK = ["--instances", "2", "--requests", "20"]

# Serves HTTP on PORT: an answer is what it sees of the world. Its first argument says how it misbehaves.
PROGRAM = r"""
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
extern char **environ;
static int reaches_out(void) {
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(0x08080808)};
    int out = socket(AF_INET, SOCK_DGRAM, 0);
    return connect(out, (struct sockaddr *)&name, sizeof name) == 0;
}
static void describe(char *at) {
    at += sprintf(at, "{\"user\": %d, \"folder\": \"%s\", \"writes\": %d, \"tmp\": %d, \"reaches\": %d, \"root\": [", getuid(),
                  getcwd((char[256]){0}, 256), open("/new", O_WRONLY | O_CREAT, 0600) >= 0,
                  open("/tmp/new", O_WRONLY | O_CREAT, 0600) >= 0, reaches_out());
    DIR *root = opendir("/");
    const char *comma = "";
    for (struct dirent *entry; (entry = readdir(root)); comma = ", ")
        at += sprintf(at, "%s\"%s\"", comma, entry->d_name);
    at += sprintf(at, "], \"environment\": [");
    comma = "";
    for (char **variable = environ; *variable; variable++, comma = ", ") at += sprintf(at, "%s\"%s\"", comma, *variable);
    strcpy(at, "]}");
}
int main(int count, char **arguments) {
    const char *how = count > 1 ? arguments[1] : "";
    if (!strcmp(how, "exits")) return fputs("no model\n", stderr), 3;
    if (!strcmp(how, "slow")) sleep(30);
    int pause = !strcmp(how, "thinks") ? 20 : 0;
    signal(SIGTERM, strcmp(how, "deaf") ? SIG_DFL : SIG_IGN);
    int port = !strcmp(how, "elsewhere") ? 9000 : atoi(getenv("PORT")), listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (bind(listener, (struct sockaddr *)&name, sizeof name) || listen(listener, 16)) return 1;
    for (;;) {
        static char in[1 << 20], body[1 << 16], out[1 << 17];
        int client = accept(listener, NULL, NULL);
        if (read(client, in, sizeof in) > 0) {
            if (!strcmp(how, "greedy")) memset(malloc(900 << 20), 1, 900 << 20);
            if (!strcmp(how, "crashes")) abort();
            sleep(pause);
            describe(body);
            int size = sprintf(out, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
            if (write(client, out, size) != size) return 1;
        }
        close(client);
    }
}
"""


def emulate(target, path, *options, status=0):
    """What the command measured, held against its schema."""
    done = pack("emulate", str(target), str(path), "--format", "json", *options, status=status)
    said = json.loads(done.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(said)
    assert (said["verdict"] == "runs") == (status == 0), said
    return said


@functools.cache
def regression():
    """A linear regression."""
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    graph = helper.make_graph(nodes, "regression", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 1])], [numpy_helper.from_array(WEIGHTS, "w")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save(model, WORK / "regression.onnx")
    return WORK / "regression.onnx"


@functools.cache
def bundle(target, arch="x86_64"):
    path = WORK / f"{target}-{arch}-small"
    pack("slim", str(regression()), "--target", target, "--arch", arch, "--quantize", "none", "--output", str(path))
    return path


@functools.cache
def program():
    (WORK / "program.c").write_text(PROGRAM)
    subprocess.run(["gcc", "-static", "-Os", "-o", WORK / "program", WORK / "program.c"], check=True)
    return (WORK / "program").read_bytes()


@functools.cache
def image(how="", machine="amd64", extra=0, user="65532:65532", start="/srv"):
    """An image layout in a folder, of the program and what it is told."""
    folder = WORK / f"image-{how}-{machine}-{extra}-{user[:1]}"
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)

    def blob(data):
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"digest": "sha256:" + digest, "size": len(data)}

    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        for name, data in [("srv/program", program()), ("srv/extra", bytes(extra))]:
            entry = tarfile.TarInfo(name)
            entry.mode, entry.size = 0o755, len(data)
            archive.addfile(entry, io.BytesIO(data))
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar", **blob(tar.getvalue())}
    config = {"architecture": machine, "os": "linux", "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]},
              "config": {"Entrypoint": ["/srv/program", *([how] if how else [])], "User": user, "Env": ["OWN=1", "PORT=8080"],
                         "WorkingDir": start}}
    manifest = {"schemaVersion": 2, "layers": [layer],
                "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **blob(json.dumps(config).encode())}}
    kind = "application/vnd.oci.image.manifest.v1+json"
    entry = {"mediaType": kind, **blob(json.dumps({**manifest, "mediaType": kind}).encode())}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return folder


@functools.cache
def profile(name, **changes):
    """A profile with other limits, in their own units."""
    lines, path = pathlib.Path(f"Profiles/{name}.yaml").read_text().split("\n"), WORK / f"{name}-other-{len(changes)}-{hash(str(changes))}.yaml"
    for limit, (value, unit) in changes.items():
        at = lines.index(f"  {limit.replace('_', '.')}:")
        lines[at + 1], rest = f"    value: {value}", lines[at + 2:]
        if rest[0].startswith("    unit:"):
            lines[at + 2] = f"    unit: {unit}"
        else:
            lines.insert(at + 2, f"    unit: {unit}")
    path.write_text("\n".join(lines).replace(f"name: {name}", f"name: {path.stem}", 1))
    return path


def answered(said):
    """Whether the answer is the regression's for the first event."""
    return json.loads(said["answer"])["outputs"]["y"]["shape"][1] == 1


@test
def every_platform_is_emulated():
    for target, words in [
        ("lambda", r"^REPORT RequestId: \S+\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 512 MB\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms$"),
        ("lambda-image", r"^REPORT RequestId: "),
        ("cloud-run", r'^Default STARTUP TCP probe succeeded after 1 attempt for container "[a-z0-9-]+" on port 8080\.\nPOST 200 '),
        ("kubernetes", r"^NAME +READY +STATUS +RESTARTS\n[a-z0-9-]+ +1/1 +Running +0\n"),
    ]:
        said = emulate(target, bundle(target), *QUICK)
        assert re.search(words, said["report"]), said["report"]
        assert answered(said) and len(said["cold"]["all"]) == 2 and said["warm"]["requests"] == 20, said
        assert 0 < said["cold"]["ready"] <= said["cold"]["median"] < 5 and 0 < said["warm"]["p50"] <= said["warm"]["p99"], said
        assert 0 < said["memory"]["peak"] < 64 << 20, said["memory"]
        assert (said["end"] is None) == target.startswith("lambda") and (said["end"] or {"status": 0})["status"] == 0, said["end"]
        if not target.startswith("lambda"):
            assert said["together"]["concurrency"] == 8 and said["together"]["failures"] == 0 and said["together"]["throughput"] > 0, said
        advice = said["advice"]
        assert advice["best"] and advice["best"]["p95"] <= advice["latency"], advice
        assert all((row["dollarsPerMillion"] is None) == (target == "kubernetes") for row in advice["sizes"]), advice
        assert said["size"] in [{key: row[key] for key in said["size"]} for row in advice["sizes"]], advice


@test
def the_price_is_the_profiles():
    """At 1,769 MB, one request a millisecond or less: 0.2 dollars a million, and a GB-second for each."""
    said = emulate("lambda", bundle("lambda"), *QUICK, "--memory", "1769", "--latency", "1000")
    rows = {row["memory"] >> 20: row for row in said["advice"]["sizes"]}
    if said["warm"]["p99"] < 0.001:
        assert abs(rows[1769]["dollarsPerMillion"] - (0.2 + 1e6 * 0.001 * 1769 / 1024 * 0.0000166667)) < 1e-6, rows[1769]
    assert said["advice"]["best"]["memory"] == 128 << 20, said["advice"]
    unknown = emulate("lambda", bundle("lambda"), *QUICK, "--latency", "0.0001")
    assert unknown["advice"]["best"] is None and "no size" in unknown["advice"]["text"], unknown["advice"]


@test
def a_model_becomes_a_bundle():
    assert answered(emulate("cloud-run", regression(), *QUICK, "--no-advice"))
    assert emulate("lambda", regression(), *QUICK, "--no-advice")["advice"] is None


def sees(target, *options):
    return json.loads(emulate(target, image(), *QUICK, "--no-advice", "--text", "x", *options)["answer"])


@test
def a_container_has_nothing_but_what_the_platform_gives():
    cloud = sees("cloud-run", "--env", "MINE=é")
    variables = dict(variable.split("=", 1) for variable in cloud["environment"])
    service = variables["K_SERVICE"]
    assert variables == {"PORT": "8080", "K_SERVICE": service, "K_REVISION": service + "-00001-emu", "K_CONFIGURATION": service, "OWN": "1", "MINE": "é"}
    pod = sees("kubernetes", "--probe", "tcp")
    assert {variable.split("=")[0] for variable in pod["environment"]} == {"PORT", "OWN", "HOSTNAME", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"}
    for seen, folders in [(cloud, {"srv", "tmp", "proc", "sys"}), (pod, {"srv", "proc", "sys"})]:
        assert set(seen["root"]) - {".", ".."} <= folders and "srv" in seen["root"], seen["root"]
        assert seen["writes"] == 0 and seen["folder"] == "/srv", seen
        if os.geteuid() == 0:
            assert seen["user"] == 65532 and seen["reaches"] == 0, seen
    assert cloud["tmp"] == 1 and pod["tmp"] == 0
    said = emulate("kubernetes", image(), *QUICK, "--no-advice", "--text", "x", "--probe", "tcp")
    assert said["end"]["signal"] == 15 and "no handler for SIGTERM" in " ".join(said["notes"]), said


@test
def nothing_is_run_as_root():
    said = emulate("cloud-run", image(user="", start="/made/here"), *QUICK, "--no-advice", "--text", "x")
    seen = json.loads(said["answer"])
    assert seen["folder"] == "/made/here" and "asks for root" in " ".join(said["notes"]), said
    assert seen["user"] == 65532 or "it ran as the user who asked" in " ".join(said["notes"]), said


@test
def what_a_platform_would_end_is_said_in_its_words():
    short = {"startup_time": (1, "s")}
    run, pods = profile("cloud-run", **short), profile("kubernetes", **short)
    for target, how, options, words, reason in [
        (run, "elsewhere", [], "failed to start and listen on the port defined provided by the PORT=8080", "does not listen"),
        (run, "slow", [], "Default STARTUP TCP probe failed 1 time", "does not listen"),
        (pods, "elsewhere", ["--probe", "tcp"], "Startup probe failed: dial tcp 10.0.0.1:8080: connect: connection refused", "does not listen"),
        (pods, "", ["--probe", "/x", "--memory", "64"], None, None),
        ("cloud-run", "exits", [], "Container called exit(3).", "no model"),
        ("kubernetes", "exits", [], "Exit Code: 3", "no model"),
        ("cloud-run", "crashes", [], "POST 503", "signal 6"),
        (profile("cloud-run", request_time_default=(1, "s")), "thinks", [], "POST 504", "too long during request"),
        ("cloud-run", "greedy", [], "Memory limit of 512 MiB exceeded with", "used up its memory"),
        ("kubernetes", "greedy", ["--probe", "tcp"], "OOMKilled", "used up its memory"),
        (profile("lambda-image", startup_time=(1, "s")), "slow", [], "Phase: init\tStatus: timeout", "too long during start"),
        ("lambda-image", "exits", [], "Runtime exited with error: exit status 3", "no model"),
        (profile("lambda-image", image_size=(1, "MB")), "", [], "image size exceeds", "larger than the platform takes"),
        (profile("cloud-run", request_size=(10, "B")), "", [], "Request Entity Too Large", "event is too large"),
    ]:
        if words is None:  # the program answers every path with status 200
            emulate(target, image(how), *QUICK, "--no-advice", "--text", "x", *options)
            continue
        said = emulate(target, image(how, extra=2 << 20 if "larger" in reason else 0), *QUICK, "--no-advice", "--text", "some text", *options, status=1)
        # Without control groups a program gets no memory, instead of being killed for it.
        is_denied = how == "greedy" and "signal 11" in said["reason"]
        assert is_denied or words in said["report"] and reason in said["reason"], (target, how, said)
        assert "warm" not in said


@test
def a_program_that_ignores_sigterm_is_killed():
    said = emulate("cloud-run", image("deaf"), *QUICK, "--no-advice", "--text", "x", status=1)
    assert said["end"]["wasKilled"] and said["end"]["seconds"] >= 10 and "signal 9" in said["report"], said


@test
def too_large_a_batch_is_killed_on_lambda():
    """MiniLM holds a text in 128 MB, and not 60 long ones at a time."""
    path, batch = bundles.bundle()[1], WORK / "batch.json"
    batch.write_text(json.dumps({"texts": ["a sentence of some words " * 60] * 60}))
    said = emulate("lambda", path, *QUICK, "--no-advice", "--memory", "128", "--text", "short")
    if said["memory"]["limitMethod"] != "RLIMIT_DATA":
        said = emulate("lambda", path, *QUICK, "--no-advice", "--memory", "128", "--event", str(batch), status=1)
        assert "Runtime exited with error: signal: killed" in said["report"], said
    batch.write_text(json.dumps({"text": "x" * 7_000_000}))
    said = emulate("lambda", path, *QUICK, "--event", str(batch), status=1)
    assert "RequestEntityTooLargeException (413)" in said["report"] and "6291456" in said["report"], said


@test
def other_architectures_are_refused_or_translated():
    said = emulate("cloud-run", image(machine="arm64"), *QUICK, status=1)
    assert "must support amd64/linux" in said["report"], said
    if shutil.which("qemu-aarch64-static"):
        for target in ["lambda-image", "kubernetes"]:
            said = emulate(target, bundle(target, "arm64"), *QUICK)
            assert answered(said) and said["advice"] is None and "emulator of another CPU" in " ".join(said["notes"]), said


@test
def bad_input_is_an_error():
    damaged = WORK / "damaged.tar"
    damaged.write_bytes(bundle("cloud-run").read_bytes()[:50_000])
    for arguments, status, words in [
        (["cloud-run", bundle("lambda")], 2, ["is not a container image", "found a zip", "pack slim MODEL --target"]),
        (["lambda", bundle("cloud-run")], 2, ["no file bootstrap", "--target lambda"]),
        (["cloud-run", damaged], 2, ["damaged.tar"]),
        (["kubernetes", WORK / "nowhere.tar"], 2, ["nowhere.tar"]),
        (["cloud-rum", bundle("cloud-run")], 2, ["did you mean cloud-run?"]),
        (["vercel", bundle("cloud-run")], 2, ["cannot be emulated", "cloud-run, kubernetes, lambda, lambda-image"]),
        (["lambda-python", bundle("lambda")], 2, ["cannot be emulated", "pack emulate lambda BUNDLE"]),
        (["lambda", bundle("lambda"), "--memory", "64"], 2, ["no such memory size", "nearest possible one: --memory 128"]),
        (["lambda", bundle("lambda"), "--memory", "99999"], 2, ["nearest possible one: --memory 10240"]),
        (["lambda", bundle("lambda"), "--memory", "9223372036854775807"], 2, ["no such memory size"]),
        (["lambda", bundle("lambda"), "--cpu", "2"], 2, ["--cpu", "--memory"]),
        (["cloud-run", bundle("cloud-run"), "--memory", "8192"], 2, ["--memory 4096, or --cpu 2 with this memory"]),
        (["cloud-run", bundle("cloud-run"), "--cpu", "3"], 2, ["nearest possible one: --cpu 2"]),
        (["cloud-run", bundle("cloud-run"), "--cpu", "nan"], 2, ["no such number of processors"]),
        (["cloud-run", bundle("cloud-run"), "--concurrency", "2000"], 2, ["1 to 1000"]),
        (["cloud-run", bundle("cloud-run"), "--cpu", "0.5", "--concurrency", "2"], 2, ["--cpu 1"]),
        (["lambda", bundle("lambda"), "--concurrency", "2"], 2, ["one request at a time"]),
        (["cloud-run", bundle("cloud-run"), "--env", "PORT=1"], 2, ["PORT"]),
        (["cloud-run", bundle("cloud-run"), "--env", "PORT"], 64, ["NAME=VALUE"]),
        (["cloud-run", bundle("cloud-run"), "--probe", "udp"], 64, ["--probe"]),
        (["cloud-run", bundle("cloud-run"), "--text", "x"], 2, ["an event was answered with an error", "400"]),
    ]:
        said = pack("emulate", *map(str, arguments), *QUICK, "--no-advice", status=status).stderr.decode()
        assert all(word in said for word in words), (arguments, said)


@test
def a_signal_leaves_nothing_behind():
    own = WORK / "interrupted"
    own.mkdir()
    for number, wanted in [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, -signal.SIGINT)]:
        command = [PACK, "emulate", "cloud-run", str(image()), "--requests", "1000000", "--text", "x"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "TMPDIR": str(own)})
        while not (serving := [name for name in own.glob("*/root/srv/program")]):
            time.sleep(0.01)
        time.sleep(0.5)
        process.send_signal(number)
        assert process.wait(20) == wanted, process.returncode
        assert serving and not list(own.iterdir()), list(own.iterdir())
        assert not [path for path in pathlib.Path("/proc").glob("[0-9]*/cmdline") if reads(path) == b"/srv/program\0"], "it still runs"


def reads(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


@root_test
def who_is_not_root_gets_what_is_possible():
    WORK.chmod(0o755)
    own = WORK / "own"
    own.mkdir(mode=0o777)
    own.chmod(0o777)

    def nobody():
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)

    def emulate_as_nobody(*arguments):
        command = [PACK, "emulate", *arguments, *QUICK, "--format", "json"]
        done = subprocess.run(command, capture_output=True, text=True, preexec_fn=nobody, env={"TMPDIR": str(own), "PATH": os.environ["PATH"]})
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    zipped = emulate_as_nobody("lambda", str(bundle("lambda")), "--no-advice")
    said = emulate_as_nobody("cloud-run", str(image()), "--text", "x")
    # The same walls are refused, or none.
    walls = [[note for note in one["notes"] if note.startswith("Not enforced")] for one in (zipped, said)]
    assert walls[0] == walls[1], walls
    seen, notes = json.loads(said["answer"]), " ".join(said["notes"])
    if said["memory"]["limitMethod"] == "RLIMIT_DATA":
        assert "only writable memory is limited" in notes and "the share of the processors is not enforced" in notes, notes
        assert all(row["known"] == "predicted" for row in said["advice"]["sizes"] if row["processors"] < 1), said["advice"]
    if "Not enforced" not in notes:
        assert seen["user"] == 65532 and not seen["writes"] and not seen["reaches"] and "etc" not in seen["root"], seen
    assert not list(own.iterdir()), "temporary folders are left"
    return said["memory"]["limitMethod"] + ", " + (", ".join(note for note in said["notes"] if "Not enforced" in note) or "all walls")


if __name__ == "__main__":
    sys.exit(bundles.main())
