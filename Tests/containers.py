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


def image(target="cloud-run", arch="x86_64", compression="gzip"):
    """An image's path and what slim said of it."""
    key = target, arch, compression
    if key not in _images:
        path = WORK / f"{'-'.join(key)}.tar"
        done = pack("slim", MODEL, "--target", target, "--arch", arch, "--quantize", "int8", "--compression", compression, "--format", "json",
                    "--output", str(path))
        _images[key] = path, json.loads(done.stdout)
    return _images[key]


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, (command, done.stderr[-500:])
    return done.stdout


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def follow(files, descriptor):
    """The blob that a descriptor points to, its digest and size checked."""
    data = files["blobs/" + descriptor["digest"].replace(":", "/")]
    assert digest(data) == descriptor["digest"] and len(data) == descriptor["size"], descriptor
    return data


def decompressed(layer, descriptor):
    if descriptor["mediaType"].endswith("+gzip"):
        return gzip.decompress(layer)
    assert descriptor["mediaType"] == "application/vnd.oci.image.layer.v1.tar+zstd", descriptor
    return subprocess.run(["zstd", "-dcq"], input=layer, capture_output=True, check=True).stdout


def members(tar):
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}


def blobs(path):
    with tarfile.open(path) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}


@test
def every_digest_and_size_is_right():
    files = blobs(image()[0])
    assert json.loads(files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
    [entry] = json.loads(files["index.json"])["manifests"]
    assert entry["platform"] == {"architecture": "amd64", "os": "linux"}
    manifest = json.loads(follow(files, entry))
    configuration = json.loads(follow(files, manifest["config"]))
    layers = [follow(files, layer) for layer in manifest["layers"]]
    assert [digest(gzip.decompress(layer)) for layer in layers] == configuration["rootfs"]["diff_ids"]
    contents = []
    for layer in layers:
        with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
            contents.append([(member.name, member.mode, member.uid, member.gid) for member in archive])
    assert contents == [
        [("bom.cdx.json", 0o644, 0, 0), ("bootstrap", 0o755, 0, 0), ("manifest.json", 0o644, 0, 0)], [("model.pack", 0o644, 0, 0)]], contents
    bom = members(gzip.decompress(layers[0]))["bom.cdx.json"]
    for said in [manifest["annotations"], configuration["config"]["Labels"]]:
        assert (said["pack.bom"], said["pack.bom.digest"]) == ("/bom.cdx.json", digest(bom)), said
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
    assert len(x86[model]) > 10_000_000
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


@test
def layers_may_be_compressed_with_zstd():
    """skopeo reads them as they are; for umoci 0.4, which does not, it makes gzip of them."""
    path = image(compression="zstd")[0]
    files = blobs(path)
    [entry] = json.loads(files["index.json"])["manifests"]
    manifest = json.loads(follow(files, entry))
    configuration = json.loads(follow(files, manifest["config"]))
    tars = [decompressed(follow(files, layer), layer) for layer in manifest["layers"]]
    assert all(layer["mediaType"].endswith("tar+zstd") for layer in manifest["layers"])
    assert [digest(tar) for tar in tars] == configuration["rootfs"]["diff_ids"]
    assert json.loads(run("skopeo", "inspect", "--config", f"oci-archive:{image()[0]}"))["rootfs"] == configuration["rootfs"]
    for form in ["oci-archive", "docker-archive"]:
        run("skopeo", "copy", "-q", f"{form}:{path}", f"dir:{WORK / f'zstd-{form}'}")
    layout = WORK / "zstd-as-gzip"
    run("skopeo", "copy", "-q", "--dest-compress-format", "gzip", "--dest-decompress", f"oci-archive:{path}", f"dir:{layout}")
    run("skopeo", "copy", "-q", f"dir:{layout}", f"oci:{layout}-oci:latest")
    unpack(f"{layout}-oci", WORK / "zstd-root")
    for name, data in {**members(tars[0]), **members(tars[1])}.items():
        assert (WORK / "zstd-root" / "rootfs" / name).read_bytes() == data, name
    assert path.stat().st_size < image()[0].stat().st_size * 1.01
    return f"{path.stat().st_size} bytes, with gzip {image()[0].stat().st_size}"


@test
def one_index_holds_both_architectures():
    path, said = image("kubernetes", "x86_64,arm64")
    assert [entry["arch"] for entry in said["architectures"]] == ["x86_64", "arm64"], said["architectures"]
    files = blobs(path)
    [root] = json.loads(files["index.json"])["manifests"]
    assert root["mediaType"] == "application/vnd.oci.image.index.v1+json"
    entries = json.loads(follow(files, root))["manifests"]
    assert [entry["platform"] for entry in entries] == [{"architecture": name, "os": "linux"} for name in ["amd64", "arm64"]]
    manifests = [json.loads(follow(files, entry)) for entry in entries]
    runtimes, models = zip(*[[layer["digest"] for layer in manifest["layers"]] for manifest in manifests])
    assert len(set(runtimes)) == 2 and len(set(models)) == 1, (runtimes, models)
    for manifest, machine in zip(manifests, [62, 183]):
        configuration = json.loads(follow(files, manifest["config"]))
        tars = [gzip.decompress(follow(files, layer)) for layer in manifest["layers"]]
        assert [digest(tar) for tar in tars] == configuration["rootfs"]["diff_ids"]
        inside = members(tars[0])
        assert inside["bootstrap"][18] == machine
        files_said = {file["name"]: file["sha256"] for file in json.loads(inside["manifest.json"])["files"]}
        for name, data in {**inside, **members(tars[1])}.items():
            assert name == "manifest.json" or files_said[name] == hashlib.sha256(data).hexdigest(), name
    assert len(files) == 3 + 1 + 2 * 2 + 3
    # The same as alone, and docker's list has the first.
    assert entries[0]["digest"] == json.loads(blobs(image("kubernetes")[0])["index.json"])["manifests"][0]["digest"]
    [listed] = json.loads(files["manifest.json"])
    assert digest(files[listed["Config"]]) == manifests[0]["config"]["digest"]
    again = WORK / "both-again.tar"
    pack("slim", MODEL, "--target", "kubernetes", "--arch", "x86_64", "--arch", "arm64", "--quantize", "int8", "--output", str(again))
    assert again.read_bytes() == path.read_bytes()


@test
def tools_take_the_architecture_that_they_want():
    path = image("kubernetes", "x86_64,arm64")[0]
    for name in ["amd64", "arm64"]:
        seen = json.loads(run("skopeo", "--override-arch", name, "inspect", f"oci-archive:{path}"))
        assert seen["Architecture"] == name, seen
    run("skopeo", "copy", "-q", "--all", f"oci-archive:{path}", f"dir:{WORK / 'both'}")
    run("skopeo", "--override-arch", "arm64", "copy", "-q", f"oci-archive:{path}", f"oci:{WORK / 'arm-layout'}:latest")
    unpack(WORK / "arm-layout", WORK / "arm-root")
    assert (WORK / "arm-root" / "rootfs" / "bootstrap").read_bytes()[18] == 183
    answer = json.loads(pack("run", str(path), "--text", "An image answers.").stdout)["embedding"]
    assert answer == json.loads(pack("run", str(image("kubernetes")[0]), "--text", "An image answers.").stdout)["embedding"]
    said = json.loads(pack("analyze", str(path), "--target", "kubernetes", "--format", "json").stdout)
    assert said["fits"][0]["verdict"] == "fits", said["fits"]


def unpack(layout, root):
    run("umoci", "unpack", *([] if os.geteuid() == 0 else ["--rootless"]), "--image", f"{layout}:latest", str(root))


def unpacked(target="cloud-run"):
    """The root of a container, as umoci makes it."""
    root = WORK / f"root-{target}"
    if not root.exists():
        run("skopeo", "copy", "-q", f"oci-archive:{image(target)[0]}", f"oci:{WORK / f'layout-{target}'}:latest")
        unpack(WORK / f"layout-{target}", root)
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
