"""Makes bundles of every form with the command and uses them as their users would.

Run from the root of the repository after `make all`, with the Python of bundles.py and onnx; what a published schema says of bills of
materials is left out where cyclonedx-python-lib is not installed: .venv/bin/python Tests/forms.py [NAME…]; some tests need root.
Prints one line a test; exit status 1 if one fails.
"""

import hashlib
import io
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile

import numpy as np

import bundles
from bundles import MODEL, REFERENCE, WORK, ask, pack, root_test, test, texts
from manifests import linear

bundles.TESTS.clear()
FILES = ["bom.cdx.json", "bootstrap", "manifest.json", "model.pack"]
REQUEST = {"inputs": {"x": [[1, 2, 3]]}}
_made = {}


def made(form, *options, target="lambda", model=None, name=None, status=0):
    """A bundle of a form, and what slim said of it."""
    key = (form, options, target, model, name)
    if key not in _made:
        path = WORK / (name or f"bundle-{len(_made)}")
        done = pack("slim", model or linear(), "--target", target, "--form", form, "--quantize", "int8" if model else "none",
                    "--format", "json", "--output", str(path), *options, status=status)
        _made[key] = path, json.loads(done.stdout or "{}")
    return _made[key]


def contents(path):
    """The files of a folder, a zip or a compressed tar."""
    if path.is_dir():
        return {file.name: file.read_bytes() for file in path.iterdir()}
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    data = subprocess.run(["zstd", "-dcq", str(path)], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}


def section(path, name):
    """What binutils find in an executable."""
    done = subprocess.run(["objcopy", "--dump-section", f"{name}=/dev/stdout", str(path), "/dev/null"], capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@test
def every_form_holds_the_same_files():
    all_of = {form: contents(made(form)[0]) for form in ["zip", "tar.zst", "folder"]}
    assert all(sorted(files) == FILES for files in all_of.values()), all_of.keys()
    assert all_of["zip"] == all_of["tar.zst"] == all_of["folder"]
    manifest = json.loads(all_of["zip"]["manifest.json"])
    assert [file["name"] for file in manifest["files"]] == ["bootstrap", "model.pack", "bom.cdx.json"]
    for file in manifest["files"]:
        data = all_of["zip"][file["name"]]
        assert (file["bytes"], file["sha256"]) == (len(data), hashlib.sha256(data).hexdigest()), file
    path, said = made("file")
    assert section(path, "model.pack") == all_of["zip"]["model.pack"]
    inner = {file["name"]: file for file in json.loads(section(path, "manifest.json"))["files"]}
    assert inner["bootstrap"]["sha256"] == hashlib.sha256(path.read_bytes()[:inner["bootstrap"]["bytes"]]).hexdigest()
    assert inner["bom.cdx.json"]["sha256"] == hashlib.sha256(section(path, "bom.cdx.json")).hexdigest()
    assert said["form"] == "file" and said["bytes"]["zipped"] == path.stat().st_size
    modes = [oct(path.stat().st_mode & 0o777), *(oct((made("folder")[0] / name).stat().st_mode & 0o777) for name in FILES)]
    assert modes == ["0o755", "0o644", "0o755", "0o644", "0o644"], modes


@test
def the_same_model_gives_the_same_bytes():
    for form in ["tar.zst", "file"]:
        assert made(form)[0].read_bytes() == made(form, name=f"again-{form}")[0].read_bytes(), form


@test
def every_command_reads_every_form():
    """For platforms that take a zip and for those that take an image."""
    request = WORK / "request.json"
    request.write_text(json.dumps(REQUEST))
    expected = json.loads(pack("run", linear(), "--json", str(request)).stdout)
    assert expected["outputs"]["y"]["data"] == [14.5]
    for target in ["lambda", "cloud-run"]:
        for form in ["zip" if target == "lambda" else "image", "tar.zst", "folder", "file"]:
            path = str(made(form, target=target)[0])
            assert json.loads(pack("run", path, "--json", str(request)).stdout) == expected, (target, form)
            assert b"Linear" in pack("inspect", path).stdout, (target, form)
            said = json.loads(pack("analyze", path, "--target", target, "--format", "json").stdout)
            assert said["fits"][0]["verdict"] == "fits" or form != ("zip" if target == "lambda" else "image"), (target, form, said["fits"])
            measured = json.loads(pack("bench", path, "--rounds", "1", "--seconds", "0.01", "--format", "json").stdout)
            assert measured["schema"].startswith("pack.bench/"), measured
            emulated = emulate(target, path)
            assert emulated["verdict"] == "runs" and json.loads(emulated["answer"])["outputs"]["y"]["shape"], emulated
    for form in ["folder", "file"]:
        memory = emulate("lambda", made(form, model=MODEL)[0])["memory"]
        assert abs(memory["peak"] - memory["predicted"]) <= 0.1 * memory["peak"], (form, memory)


def emulate(target, path):
    done = pack("emulate", target, str(path), "--instances", "1", "--requests", "3", "--no-advice", "--format", "json")
    return json.loads(done.stdout)


def served(path, count):
    """So many processes of an HTTP server, started and waiting."""
    processes = []
    for port in range(18431, 18431 + count):
        processes.append(subprocess.Popen([str(path)], env={"PORT": str(port)}, stderr=subprocess.PIPE, text=True))
        assert "serving HTTP" in processes[-1].stderr.readline()
    return processes


@test
def a_file_answers_alone_and_shares_its_weights():
    """Mapped by the system where the program header says, read-only, by page, from the page cache that all processes share."""
    path, _ = made("file", target="kubernetes", model=MODEL)
    found = np.array([ask_file(path, {"text": text})["embedding"] for text in texts()[:5]], np.float32)
    assert bundles.cosines(found, REFERENCE["embeddings"][:5]).min() >= 0.99
    plan = len(section(path, "model.pack"))
    processes = served(path, 3)
    try:
        for process in processes:
            smaps = pathlib.Path(f"/proc/{process.pid}/smaps").read_text()
            # The system may have joined or split what belongs together.
            parts = re.findall(r"^([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) \S+ \d+ +(\S+)\n((?:[A-Z]\w+:.*\n)+)", smaps, re.M)
            mine = [part for part in parts if part[4] == str(path) and int(part[0], 16) >= 0x40000000]
            assert sum(int(end, 16) - int(start, 16) for start, end, *_ in mine) >= plan
            for start, _, rights, offset, _, facts in mine:
                assert rights == "r--p" and int(start, 16) % 4096 == 0 and int(offset, 16) % 4096 == 0, (start, rights, offset)
                assert not re.search(r"Private_Dirty: +[1-9]|^Anonymous: +[1-9]", facts, re.M), facts
        own = [int(re.search(r"RssAnon:\s+(\d+)", pathlib.Path(f"/proc/{process.pid}/status").read_text())[1]) for process in processes]
        assert max(own) * 1024 < plan / 4, (own, plan)
    finally:
        for process in processes:
            process.terminate()
        assert [process.wait(10) for process in processes] == [0, 0, 0]
    return f"{plan} bytes of plan, {max(own)} KiB of its own memory"


def ask_file(path, request, *arguments, command=()):
    done = subprocess.run([*command, str(path), *arguments, "--json", "-"], input=json.dumps(request).encode(), capture_output=True, env={})
    assert done.returncode == 0, done.stderr.decode()[:500]
    return json.loads(done.stdout)


@root_test
def a_file_needs_nothing_else():
    """No /proc, no other file, as nobody; and by another name, from another folder, while a plan that is none lies beside it."""
    root = WORK / "empty-root"
    root.mkdir(mode=0o755)
    shutil.copy(made("file")[0], root / "answer")
    answer = ask_file("/answer", REQUEST, command=[shutil.which("chroot"), "--userspec=65532:65532", str(root)])
    assert answer["outputs"]["y"]["data"] == [14.5]
    (root / "model.pack").write_bytes(b"something else")
    assert ask_file(root / "answer", REQUEST) == answer


@test
def another_plan_can_be_named():
    other = made("folder", model=MODEL)[0] / "model.pack"
    assert len(ask_file(made("file", model=MODEL, target="kubernetes")[0], {"text": "a"}, "--model", str(other))["embedding"]) == 384
    done = subprocess.run([str(made("file")[0]), "--model", str(WORK / "nowhere"), "--json", "-"], capture_output=True)
    assert done.returncode == 1 and b"nowhere: no such file" in done.stderr, done.stderr
    emptied = WORK / "emptied"
    shutil.copytree(made("folder")[0], emptied)
    (emptied / "model.pack").unlink()
    done = subprocess.run([str(emptied / "bootstrap"), "--json", "-"], capture_output=True, env={})
    assert done.returncode == 1 and f"cannot read {emptied}/model.pack: no such file".encode() in done.stderr, done.stderr


@test
def a_file_for_arm64_answers():
    path, said = made("file", "--arch", "arm64", target="kubernetes")
    assert said["arch"] == "arm64" and said["proof"]["way"] in ["native", "emulated"], said["proof"]
    emulator = [shutil.which("qemu-aarch64-static")] if os.uname().machine != "aarch64" else []
    assert ask_file(path, REQUEST, command=emulator)["outputs"]["y"]["data"] == [14.5]


@test
def folders_are_replaced_whole_and_only_bundles():
    path = WORK / "replaced"
    for _ in range(2):
        made("folder", name="replaced")
        _made.clear()
        assert sorted(file.name for file in path.iterdir()) == FILES
    assert not [file for file in WORK.iterdir() if file.name.startswith(".pack-")]
    empty, theirs, file = WORK / "made-before", WORK / "theirs", WORK / "a-file"
    empty.mkdir()
    made("folder", name="made-before")
    theirs.mkdir()
    (theirs / "thesis.txt").write_text("years of work")
    file.write_text("not a folder")
    for place in [theirs, file]:
        done = pack("slim", linear(), "--target", "lambda", "--form", "folder", "--output", str(place), status=2)
        assert b"would be replaced, and is no bundle" in done.stderr, done.stderr
    assert (theirs / "thesis.txt").read_text() == "years of work" and file.read_text() == "not a folder"
    done = pack("slim", linear(), "--target", "lambda", "--form", "folder", "--output", str(WORK / "no" / "where"), status=2)
    assert b"no/where" in done.stderr and not (WORK / "no").exists()


@test
def what_makes_no_sense_is_refused_with_what_does():
    for options, status, words in [
        (["--target", "lambda", "--form", "image"], 2, ["no such form", "zip, tar.zst, folder, file", "lambda-image"]),
        (["--target", "cloud-run", "--form", "zip"], 2, ["no such form", "image, tar.zst, folder, file"]),
        (["--target", "lambda", "--form", "rar"], 64, ["image", "zip", "tar.zst", "folder", "file"]),
        (["--target", "lambda", "--arch", "x86_64,arm64"], 2, ["only an image", "one bundle for each"]),
        (["--target", "kubernetes", "--form", "file", "--arch", "x86_64", "--arch", "arm64"], 2, ["only an image"]),
        (["--target", "lambda-image", "--arch", "x86_64,arm64"], 2, ["one architecture"]),
        (["--target", "kubernetes", "--arch", "x86_64,mips"], 64, ["x86_64 or arm64", "mips"]),
        (["--target", "kubernetes", "--arch", "x86_64,"], 64, ["x86_64 or arm64"]),
        (["--target", "cloud-run", "--arch", "arm64"], 2, ["no such architecture"]),
        (["--target", "lambda", "--compression", "zstd"], 64, ["--compression", "images", "a zip"]),
        (["--target", "kubernetes", "--compression", "xz"], 64, ["gzip", "zstd"]),
        (["--target", "kubernetes", "--form", "folder", "--manifests", str(WORK / "files")], 2, ["--form image"]),
    ]:
        done = pack("slim", linear(), *options, "--output", str(WORK / "never"), status=status)
        said = " ".join(done.stderr.decode().split())
        assert all(word in said for word in words), (options, said)
    assert not (WORK / "never").exists() and not (WORK / "files").exists()


@test
def the_verdict_is_that_on_what_the_target_takes():
    """The same platform says the same of every form, by the size of its zip."""
    zipped = made("zip")[1]["bytes"]["zipped"]
    for form in ["folder", "file", "tar.zst"]:
        said = made(form)[1]
        assert said["verdict"] == "fits" and said["steps"][-1]["bytesAfter"] == said["bytes"]["zipped"] != zipped, (form, said)
    small = WORK / "small.yaml"
    text = pathlib.Path("Profiles/lambda.yaml").read_text().replace("name: lambda", "name: small", 1)
    small.write_text(text.replace("52428800", "20000").replace("value: 50\n", "value: 0.02\n"))
    for form in ["zip", "folder"]:
        said = json.loads(pack("slim", linear(), "--target", str(small), "--form", form, "--format", "json", "--output", str(WORK / "big"), status=1).stdout)
        assert said["verdict"] == "does-not-fit" and said["output"] is None, (form, said["verdict"])
    assert not (WORK / "big").exists()


@test
def bills_of_materials_say_what_is_in_them():
    for path, model in [(made("folder")[0], linear()), (made("folder", model=MODEL)[0], MODEL)]:
        text = (path / "bom.cdx.json").read_text()
        bom = json.loads(text)
        assert (bom["bomFormat"], bom["specVersion"], bom["version"]) == ("CycloneDX", "1.6", 1) and "timestamp" not in text
        parts = {part["name"] if part["type"] != "machine-learning-model" else "model": part for part in bom["components"]}
        for part, name in [("model", "model.pack"), ("pack-run", "bootstrap")]:
            assert parts[part]["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256((path / name).read_bytes()).hexdigest()}]
        [original] = parts["model"]["pedigree"]["ancestors"]
        for file in original["components"]:
            source = pathlib.Path(model) / file["name"] if pathlib.Path(model).is_dir() else pathlib.Path(model)
            assert file["hashes"][0]["content"] == hashlib.sha256(source.read_bytes()).hexdigest(), file
        card = parts["model"]["modelCard"]
        assert card["modelParameters"]["inputs"] == [{"format": "text" if model == MODEL else "x f32[n, 3]"}], card
        assert float(card["quantitativeAnalysis"]["performanceMetrics"][0]["value"]) >= 0.99
        assert {"musl", "Swift standard library"} <= parts.keys()
        checked = check_schema(text)
    zipped = zipfile.ZipFile(made("zip")[0]).getinfo("bom.cdx.json").compress_size
    assert zipped <= 1500, zipped
    serials = [json.loads((path / "bom.cdx.json").read_text())["serialNumber"] for path in [made("folder")[0], made("folder", name="again")[0], made("folder", model=MODEL)[0]]]
    assert serials[0] == serials[1] != serials[2], serials
    return f"{zipped} bytes in a zip" + ("" if checked else "; NOT CHECKED with the schema, as cyclonedx-python-lib is not installed")


def check_schema(text):
    """Whether the schema could be read."""
    try:
        from cyclonedx.schema import SchemaVersion
        from cyclonedx.validation.json import JsonStrictValidator
    except ImportError:
        return False
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    assert fault is None, fault
    return True


@test
def damaged_bundles_are_refused():
    """Cut short, and with bytes of the headers and tables changed: an error or the right plan, never a crash."""
    chance = random.Random(11)
    request = WORK / "request.json"
    request.write_text(json.dumps(REQUEST))
    path = WORK / "damaged"
    refused = 0
    for form in ["file", "tar.zst"]:
        data = made(form)[0].read_bytes()
        table = int.from_bytes(data[40:48], "little") if form == "file" else 0
        for round in range(40):
            wrong = bytearray(data)
            if round % 4 == 0:
                del wrong[chance.randrange(len(data)):]
            else:
                for _ in range(3):
                    start = 0 if round % 2 or not table else table
                    wrong[chance.randrange(start, min(start + 400, len(data)))] = chance.randrange(256)
            path.write_bytes(wrong)
            for command in [["run", str(path), "--json", str(request)], ["analyze", str(path), "--target", "lambda"]]:
                done = subprocess.run([bundles.PACK, *command], capture_output=True)
                assert done.returncode in [0, 1, 2], (form, round, command, done.returncode, done.stderr[-300:])
                refused += done.returncode == 2
    assert refused > 40, refused
    return f"{refused} of 160 refused"


if __name__ == "__main__":
    sys.exit(bundles.main())
