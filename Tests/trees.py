"""Real dependency trees, made from pinned wheels, and what `pack analyze` says to each.

    python Tests/trees.py [--heavy] [--record] [NAME…]

Run with the virtual environment's Python from the root of the repository, after `make`. Trees are kept in build/trees. The
output of each is compared with Fixtures/trees/NAME.txt (--record writes them); sizes, package sets and real zips are
compared with what Python and pip say. --heavy adds a stack with torch (about 6 GB of downloads and disk).
"""

import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

from checks import check, finish

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACK = ROOT / ".build/release/pack"
TREES = ROOT / "build/trees"
GOLDEN = ROOT / "Fixtures/trees"
PYTHON = sys.executable
X86 = ["manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"]
ARM = ["manylinux_2_28_aarch64", "manylinux_2_27_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"]
NUMPY = "numpy==2.4.6"
SKLEARN = [NUMPY, "scipy==1.17.1", "scikit-learn==1.9.1", "joblib==1.6.0", "threadpoolctl==3.8.0", "narwhals==2.29.0",
           "cloudpickle==3.1.3"]
ORT = ["onnxruntime==1.32.0", "tokenizers==0.23.3", NUMPY]


def install(folder, requirements, platforms=X86, python="3.13", deps=False):
    """pip install --target for another machine than this one, without what names this machine: scripts, byte code."""
    command = [PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-compile", "--target", folder,
               "--only-binary", ":all:", "--implementation", "cp", "--python-version", python]
    for platform in platforms:
        command += ["--platform", platform]
    subprocess.run(command + ([] if deps else ["--no-deps"]) + requirements, check=True)
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for record in folder.glob("*.dist-info/RECORD"):
        lines = record.read_text().splitlines(keepends=True)
        record.write_text("".join(line for line in lines if not line.startswith("../../bin/")))


def code(folder, text="import numpy\n\n\ndef handler(event, context):\n    return float(numpy.sum(event))\n"):
    (folder / "app.py").write_text(text)


def pad(path, size, seed):
    """Bytes that do not compress."""
    block, data = hashlib.sha256(seed.encode()).digest(), bytearray()
    while len(data) < size:
        block = hashlib.sha256(block).digest()
        data += block
    path.write_bytes(data[:size])


def numpy_only(folder):
    install(folder, [NUMPY])
    code(folder)


def sklearn(folder):
    install(folder, SKLEARN)
    code(folder, "from sklearn.linear_model import LinearRegression\n\n\ndef handler(event, context):\n    return 1\n")


def onnxruntime(folder):
    install(folder, ORT + ["flatbuffers", "protobuf"][:0])
    code(folder, "import onnxruntime\nimport tokenizers\n\n\ndef handler(event, context):\n    return 1\n")


def wrong_architecture(folder):
    install(folder, [NUMPY], ARM)
    code(folder)


def new_glibc(folder):
    """An extension module that needs a symbol of glibc 2.36."""
    code(folder, "import fresh\n\n\ndef handler(event, context):\n    return fresh.value()\n")
    source = folder / "fresh.c"
    source.write_text("#include <stdint.h>\nuint32_t arc4random(void);\nuint32_t PyInit_fresh(void) { return arc4random(); }\n")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-s", "-Wl,--build-id=none", "-o",
                    folder / "fresh.cpython-313-x86_64-linux-gnu.so", source], check=True)
    source.unlink()


def image(folder):
    """An OCI image layout with three layers, written by umoci, and without the C library that numpy needs."""
    layout, root = folder / "layout", folder / "root"
    run = lambda *command: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    run("umoci", "init", "--layout", layout)
    run("umoci", "new", "--image", f"{layout}:app")
    made = ["--history.created", "1980-01-01T00:00:00Z"]

    def layer(change):
        """A layer with what `change` does to the root."""
        run("umoci", "unpack", "--image", f"{layout}:app", root)
        change(root / "rootfs")
        stamp(root / "rootfs")
        run("umoci", "repack", *made, "--image", f"{layout}:app", root)
        shutil.rmtree(root)

    def task(rootfs):
        (rootfs / "var/task").mkdir(parents=True)
        code(rootfs / "var/task")
    site = "usr/local/lib/python3.13/site-packages"
    layer(lambda rootfs: install(rootfs / site, [NUMPY]))
    layer(task)
    layer(lambda rootfs: shutil.rmtree(rootfs / site / "numpy/tests"))
    run("umoci", "config", "--image", f"{layout}:app", "--created", "1980-01-01T00:00:00Z", "--history.created",
        "1980-01-01T00:00:00Z", "--architecture", "amd64", "--os", "linux")
    run("umoci", "gc", "--layout", layout)


def stamp(folder):
    import os
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (315532800, 315532800))


def write_zip(source, target, extra=()):
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(source.rglob("*")):
            if path.is_file():
                info = zipfile.ZipInfo(str(path.relative_to(source)), (1980, 1, 1, 0, 0, 0))
                info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                archive.writestr(info, path.read_bytes())


def zip_over(folder):
    """A function's zip that unpacks to 1 byte more than 262,144,000."""
    sized_zip(folder, 262_144_001)


def zip_under(folder):
    """One that unpacks to exactly 262,144,000 bytes."""
    sized_zip(folder, 262_144_000)


def sized_zip(folder, size):
    content = folder / "content"
    install(content, [NUMPY])
    code(content)
    used = sum(path.stat().st_size for path in content.rglob("*") if path.is_file())
    (content / "data.bin").write_bytes(bytes(size - used))
    write_zip(content, folder / "function.zip")
    shutil.rmtree(content)


def empty(folder):
    pass


def transformers_torch(folder):
    install(folder, ["torch==2.15.0", "transformers==5.24.0"], deps=True)
    code(folder, "from transformers import pipeline\n\n\ndef handler(event, context):\n    return 1\n")


# Name, how it is made, what is given to analyze, platforms and the verdicts that they must give.
SCENARIOS = [
    ("numpy", numpy_only, [""], {"lambda-python": "unknown", "cloud-run": "unknown", "lambda-python-2020": "does-not-fit"}),
    ("scikit-learn", sklearn, [""], {"lambda-python": "does-not-fit", "cloud-run": "unknown"}),
    ("onnxruntime", onnxruntime, [""], {"lambda-python": "unknown", "vercel": "unknown"}),
    ("wrong-architecture", wrong_architecture, [""], {"cloud-run": "does-not-fit", "lambda-python": "unknown"}),
    ("new-glibc", new_glibc, [""], {"lambda-python": "does-not-fit", "cloud-run": "unknown"}),
    ("image", image, ["layout"], {"lambda-image": "does-not-fit", "cloud-run": "does-not-fit"}),
    ("zip-over", zip_over, ["function.zip"], {"lambda-python": "does-not-fit"}),
    ("zip-under", zip_under, ["function.zip"], {"lambda-python": "unknown"}),
    ("empty", empty, [""], {"lambda-python": "unknown"}),
]
HEAVY = [("transformers-torch", transformers_torch, [""], {"lambda-python": "does-not-fit"})]


def make(name, maker):
    folder = TREES / name
    # A tree is made anew when this file changes.
    mark = TREES / f"{name}.made"
    digest = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()
    if not mark.exists() or mark.read_text() != digest:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        maker(folder)
        mark.write_text(digest)
    return folder


def analyze(folder, paths, targets, *options):
    command = [PACK, "analyze", *[folder.name + ("/" + path if path else "") for path in paths], *options]
    for target in targets:
        command += ["--target", target]
    return subprocess.run(command, cwd=folder.parent, capture_output=True, text=True)


def main():
    arguments = sys.argv[1:]
    record, heavy = "--record" in arguments, "--heavy" in arguments
    names = [argument for argument in arguments if not argument.startswith("--")]
    for name, maker, paths, verdicts in SCENARIOS + (HEAVY if heavy else []):
        if names and name not in names:
            continue
        if name == "image" and not shutil.which("umoci"):
            print("-- image: skipped, umoci is not installed")
            continue
        print(f"-- {name}")
        folder = make(name, maker)
        extra = ["--entry", "app.py"] if name not in ("empty", "image", "zip-over", "zip-under") else []
        result = analyze(folder, paths, verdicts, *extra)
        check(f"{name}: status", result.returncode == 0, result.stderr)
        golden = GOLDEN / f"{name}.txt"
        if record:
            GOLDEN.mkdir(exist_ok=True)
            golden.write_text(result.stdout)
        check(f"{name}: output", golden.exists() and golden.read_text() == result.stdout, f"see {golden}")
        report = json.loads(analyze(folder, paths, verdicts, "--format", "json", *extra).stdout or "{}")
        found = {fit["profile"]: fit["verdict"] for fit in report.get("fits", [])}
        check(f"{name}: verdicts", found == verdicts, f"{found}")
        if (name, paths) != (name, [""]) or name == "empty":
            continue
        dependencies = report["dependencies"]
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
        check(f"{name}: unpacked to the byte", dependencies["bytes"]["unpacked"] == size,
              f"{dependencies['bytes']} {size}")
        listed = json.loads(subprocess.run([PYTHON, "-m", "pip", "list", "--path", folder, "--format", "json",
                                            "--disable-pip-version-check"], capture_output=True, text=True).stdout)
        canonical = lambda text: re.sub(r"[-_.]+", "-", text).lower()
        ours = {(canonical(package["name"]), package["version"]) for package in dependencies["packages"]}
        theirs = {(canonical(package["name"]), package["version"]) for package in listed}
        check(f"{name}: packages as pip lists them", ours == theirs, f"{ours ^ theirs}")
        if dependencies["bytes"]["zipped"] and size < 1 << 30:
            target = TREES / f"{name}.check.zip"
            write_zip(folder, target)
            real = target.stat().st_size
            target.unlink()
            ratio = dependencies["bytes"]["zipped"] / real
            check(f"{name}: zipped within 0.5 %", abs(ratio - 1) < 0.005, f"{ratio}")
    return finish()


sys.exit(main())
