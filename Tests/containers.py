"""Makes container images with the command and takes them apart with other people's tools.

Run from the root of the repository after `make all`, with the Python of bundles.py, skopeo and umoci:
.venv/bin/python Tests/containers.py [NAME…]; some tests need root. Prints one line a test; exit status 1 if one fails.
"""

import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile

import numpy as np

import bundles
from bundles import MODEL, REFERENCE, WORK, pack, root_test, test, texts

bundles.TESTS.clear()
_images = {}


def image(target="cloud-run", arch="x86_64"):
    """An image's path and what slim said of it."""
    if (target, arch) not in _images:
        path = WORK / f"{target}-{arch}.tar"
        done = pack("slim", MODEL, "--target", target, "--arch", arch, "--quantize", "int8", "--format", "json", "--output", str(path))
        _images[target, arch] = path, json.loads(done.stdout)
    return _images[target, arch]


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, (command, done.stderr[-500:])
    return done.stdout


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def blobs(path):
    with tarfile.open(path) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}


@test
def every_digest_and_size_is_right():
    files = blobs(image()[0])
    assert json.loads(files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}

    def follow(descriptor):
        data = files["blobs/" + descriptor["digest"].replace(":", "/")]
        assert digest(data) == descriptor["digest"] and len(data) == descriptor["size"], descriptor
        return data

    [entry] = json.loads(files["index.json"])["manifests"]
    assert entry["platform"] == {"architecture": "amd64", "os": "linux"}
    manifest = json.loads(follow(entry))
    configuration = json.loads(follow(manifest["config"]))
    layers = [follow(layer) for layer in manifest["layers"]]
    assert [digest(gzip.decompress(layer)) for layer in layers] == configuration["rootfs"]["diff_ids"]
    contents = []
    for layer in layers:
        with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
            contents.append([(member.name, member.mode, member.uid, member.gid) for member in archive])
    assert contents == [[("bootstrap", 0o755, 0, 0), ("manifest.json", 0o644, 0, 0)], [("model.pack", 0o644, 0, 0)]], contents
    assert configuration["config"]["User"] == "65532:65532" and configuration["config"]["Env"] == ["PORT=8080"]
    assert len(files) == 3 + 2 + len(layers)


@test
def the_same_model_gives_the_same_bytes():
    again = WORK / "again.tar"
    pack("slim", MODEL, "--target", "cloud-run", "--quantize", "int8", "--output", str(again))
    assert again.read_bytes() == image()[0].read_bytes()


@test
def targets_share_the_layer_of_the_model():
    """Another architecture has another runtime and the same plan."""
    x86, arm = blobs(image()[0]), blobs(image("kubernetes", "arm64")[0])
    model = max(x86, key=lambda name: len(x86[name]))
    assert x86[model] == arm[model]
    [entry] = json.loads(arm["index.json"])["manifests"]
    assert entry["platform"]["architecture"] == "arm64"


@test
def skopeo_reads_it_in_both_forms():
    path, said = image()
    for form in ["oci-archive", "docker-archive"]:
        seen = json.loads(run("skopeo", "inspect", f"{form}:{path}"))
        assert (seen["Architecture"], seen["Os"], len(seen["Layers"])) == ("amd64", "linux", 2), seen
    run("skopeo", "copy", "-q", f"oci-archive:{path}", f"dir:{WORK / 'copied'}")
    assert said["packaging"] == "image" and said["bytes"]["zipped"] == path.stat().st_size


def unpacked(target="cloud-run"):
    """The root of a container, as umoci makes it."""
    root = WORK / f"root-{target}"
    if not root.exists():
        run("skopeo", "copy", "-q", f"oci-archive:{image(target)[0]}", f"oci:{WORK / f'layout-{target}'}:latest")
        run("umoci", "unpack", *([] if os.geteuid() == 0 else ["--rootless"]), "--image", f"{WORK / f'layout-{target}'}:latest", str(root))
    return root / "rootfs"


@root_test
def it_serves_as_nobody_in_a_root_of_its_own_without_a_network():
    """In an empty root that only its files are in, read-only for who runs, with nothing but loopback."""
    script = f"ip link set lo up 2>/dev/null; exec chroot --userspec=65532:65532 {unpacked()} /bootstrap"
    process = subprocess.Popen(["unshare", "--net", "sh", "-c", script], env={"PORT": "8080", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
                               stderr=subprocess.PIPE, text=True)
    try:
        assert "serving HTTP on port 8080" in process.stderr.readline()
        client = ["nsenter", f"--net=/proc/{process.pid}/ns/net", sys.executable, "-c",
                  "import sys, urllib.request; print(urllib.request.urlopen('http://127.0.0.1:8080/predict', sys.stdin.buffer.read()).read().decode())"]
        done = subprocess.run(client, input=json.dumps({"text": texts()[0]}), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-500:]
        found = np.array([json.loads(done.stdout)["embedding"]], np.float32)
        assert bundles.cosines(found, REFERENCE["embeddings"][:1]).min() >= 0.99
    finally:
        process.terminate()
        assert process.wait(10) == 0


@test
def other_commands_read_it():
    """`pack run` and `inspect` take an image as they take a zip, and refuse what is none."""
    path = str(image()[0])
    answer = json.loads(pack("run", path, "--text", "An image answers.").stdout)["embedding"]
    folder = json.loads(pack("run", MODEL, "--text", "An image answers.").stdout)["embedding"]
    assert len(answer) == len(folder) and sum(a * b for a, b in zip(answer, folder)) > 0.99
    assert b"MaskedMean" in pack("inspect", path).stdout
    cut, other = WORK / "cut.tar", WORK / "other.tar"
    cut.write_bytes(image()[0].read_bytes()[:1_000_000])
    with tarfile.open(other, "w") as archive:
        archive.add(__file__, "blobs/sha256/0")
    for file, words in [(cut, b"cannot be read as a bundle"), (other, b"no file model.pack in it")]:
        for command in [["run", str(file), "--text", "x"], ["inspect", str(file)], ["bench", str(file)]]:
            done = pack(*command, status=2)
            assert words in done.stderr, (command, done.stderr)


@test
def it_is_at_most_half_a_megabyte_larger_than_the_model():
    path, said = image()
    assert path.stat().st_size <= said["bytes"]["weights"] + 500_000, (path.stat().st_size, said["bytes"])
    return f"{path.stat().st_size} bytes, weights {said['bytes']['weights']}"


@test
def lambda_gets_no_port():
    seen = json.loads(run("skopeo", "inspect", "--config", f"oci-archive:{image('lambda-image')[0]}"))
    assert "Env" not in seen["config"] and "ExposedPorts" not in seen["config"]
    assert seen["config"]["Entrypoint"] == ["/bootstrap"]


if __name__ == "__main__":
    sys.exit(bundles.main())
