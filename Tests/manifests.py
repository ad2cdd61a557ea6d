"""Writes deployment files with the command and has other people's tools read them.

Run from the root of the repository after `make all`, with the Python of bundles.py and PyYAML; what kubernetes-validate,
cfn-lint and skopeo say is left out where they are not installed: .venv/bin/python Tests/manifests.py [NAME…]. Prints one line a
test; exit status 1 if one fails.
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

import numpy as np
import onnx
import yaml
from onnx import TensorProto, helper, numpy_helper

import bundles
from bundles import MODEL, WORK, pack, test

bundles.TESTS.clear()
FILES = {
    "cloud-run": ["cloud-run-service.yaml"],
    "kubernetes": ["deployment.yaml", "knative-service.yaml", "kserve.yaml"],
    "lambda": ["template.yaml"],
    "lambda-image": ["template.yaml"],
}
TARGETS = list(FILES)
PINNED = "registry.example:5000/team/minilm@sha256:" + "0f" * 32
_deployed = {}


def linear():
    """A linear regression of three numbers."""
    path = WORK / "linear.onnx"
    if not path.exists():
        graph = helper.make_graph(
            [helper.make_node("Gemm", ["x", "w", "b"], ["y"])], "linear",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 1])],
            [numpy_helper.from_array(np.array([[1], [2], [3]], np.float32), "w"),
             numpy_helper.from_array(np.array([0.5], np.float32), "b")])
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)]), path)
    return str(path)


def deploy(target, *options, model=None, folder=None, name="bundle", **settings):
    """Makes a bundle with deployment files: their folder, and what slim said."""
    folder = folder or WORK / f"deploy-{len(_deployed)}"
    _deployed[folder] = target
    done = pack("slim", model or linear(), "--target", target, "--quantize", "none", "--output", str(WORK / f"{name}-{pathlib.Path(target).stem}"),
                "--manifests", str(folder), "--format", "json", *options, **settings)
    return folder, json.loads(done.stdout or "{}")


def minilm(target):
    folder = WORK / f"minilm-{target}"
    if not folder.exists():
        done = pack("slim", MODEL, "--target", target, "--quantize", "int8", "--output", str(WORK / f"minilm.{target}"), "--manifests",
                    str(folder), "--format", "json")
        (folder / "said.json").write_bytes(done.stdout)
    return folder, json.loads((folder / "said.json").read_text())


def documents(folder, name):
    return list(yaml.load_all((folder / name).read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def container(document):
    spec = document["spec"]
    while "containers" not in spec:
        spec = spec["template"]["spec"] if "template" in spec else spec["predictor"]
    return spec["containers"][0]


def mebibytes(text):
    assert re.fullmatch(r"\d+Mi", text), text
    return int(text[:-2])


@test
def each_target_gets_its_files_and_the_report_lists_them():
    for target in TARGETS:
        folder, said = deploy(target)
        assert said["manifests"] == [f"{folder}/{name}" for name in FILES[target]], said["manifests"]
        assert sorted(path.name for path in folder.iterdir()) == sorted(FILES[target])
        for name in FILES[target]:
            assert all(isinstance(document, dict) for document in documents(folder, name))
    table = pack("slim", linear(), "--target", "lambda", "--output", str(WORK / "table.zip"), "--manifests", str(WORK / "table")).stdout
    assert b"manifests" in table and b"table/template.yaml" in table
    kinds = [[document["kind"] for document in documents(minilm("kubernetes")[0], name)] for name in FILES["kubernetes"]]
    assert kinds == [["Deployment", "Service", "HorizontalPodAutoscaler"], ["Service"], ["ServingRuntime", "InferenceService"]], kinds


@test
def numbers_come_from_the_plan_and_the_profile():
    clouds = deploy("cloud-run")
    for target, (folder, said), words in [("cloud-run", clouds, "a quarter more"), ("kubernetes", minilm("kubernetes"), "64 texts of 256 tokens")]:
        for name in FILES[target]:
            text = (folder / name).read_text()
            head = documents(folder, name)[0]
            limits = container(head)["resources"]["limits"]
            assert mebibytes(limits["memory"]) << 20 >= said["memory"]["peak"] + (70 << 20), limits
            assert limits["cpu"] == "1"
            assert words in " ".join(re.sub("\n *#", "", text).split()) and "memory.maximum" in text and "startup.time" in text, text
            probe = container(head)["startupProbe"]
            assert probe["httpGet"]["path"] == "/v2/health/ready" and 10 <= probe["failureThreshold"] * probe["periodSeconds"] <= 240
            assert container(head)["livenessProbe"]["httpGet"]["path"] == "/v2/health/live"
            assert {"name": "PACK_MODEL_NAME", "value": "{{.Name}}" if name == "kserve.yaml" else {"cloud-run": "linear", "kubernetes": "model"}[target]} in container(head)["env"]
    spec = documents(clouds[0], "cloud-run-service.yaml")[0]["spec"]["template"]["spec"]
    assert (spec["containerConcurrency"], spec["timeoutSeconds"]) == (8, 300)
    assert documents(minilm("kubernetes")[0], "knative-service.yaml")[0]["spec"]["template"]["spec"]["containerConcurrency"] == 32
    assert "securityContext" not in spec["containers"][0]
    pod = documents(minilm("kubernetes")[0], "deployment.yaml")[0]["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] >= 8 + pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert {"name": "PORT", "value": "8080"} in pod["containers"][0]["env"]
    for name in ["knative-service.yaml", "kserve.yaml"]:
        assert all(entry["name"] != "PORT" for entry in container(documents(minilm("kubernetes")[0], name)[0])["env"])
    for name in FILES["kubernetes"]:
        security = container(documents(minilm("kubernetes")[0], name)[0])["securityContext"]
        assert security == {
            "runAsNonRoot": True, "runAsUser": 65532, "runAsGroup": 65532, "readOnlyRootFilesystem": True, "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}}, security
    for target, timeout in [("lambda", 29), ("lambda-image", 29)]:
        properties = documents(deploy(target)[0], "template.yaml")[0]["Resources"]["Model"]["Properties"]
        assert properties["Timeout"] == timeout and properties["MemorySize"] == 128 and properties["EphemeralStorage"] == {"Size": 512}


@test
def an_image_for_both_architectures_runs_on_nodes_of_both():
    folder, _ = deploy("kubernetes", "--arch", "x86_64,arm64")
    pod = documents(folder, "deployment.yaml")[0]["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"kubernetes.io/os": "linux"}, pod["nodeSelector"]
    alone = documents(deploy("kubernetes", "--arch", "arm64")[0], "deployment.yaml")[0]["spec"]["template"]["spec"]
    assert alone["nodeSelector"] == {"kubernetes.io/arch": "arm64", "kubernetes.io/os": "linux"}, alone["nodeSelector"]


@test
def the_memory_holds_the_largest_request():
    """64 texts of 256 tokens and more, in a process of its own."""
    folder, _ = minilm("kubernetes")
    root = WORK / "root"
    with tarfile.open(WORK / "minilm.kubernetes") as archive:
        for layer in json.loads(archive.extractfile("manifest.json").read())[0]["Layers"]:
            with tarfile.open(fileobj=archive.extractfile(layer)) as files:
                files.extractall(root, filter="data")
    request = WORK / "largest.json"
    request.write_text(json.dumps({"texts": ["word " * 300] * 64, "outputs": False}))
    with open(WORK / "answer.json", "wb") as answer:
        process = subprocess.Popen([str(root / "bootstrap"), "--json", str(request)], stdout=answer, env={"PACK_THREADS": "2"})
        _, status, usage = os.wait4(process.pid, 0)
    assert status == 0 and len(json.loads((WORK / "answer.json").read_text())["embeddings"]) == 64
    given = mebibytes(container(documents(folder, "deployment.yaml")[0])["resources"]["limits"]["memory"])
    waiting = 70
    assert usage.ru_maxrss / 1024 <= given - waiting, (usage.ru_maxrss / 1024, given)
    return f"{usage.ru_maxrss / 1024:.0f} MiB used of {given}, {waiting} of them for what waits"


@test
def what_is_written_again_is_the_same():
    folder, _ = deploy("kubernetes")
    before = {name: (folder / name).read_bytes() for name in FILES["kubernetes"]}
    deploy("kubernetes", folder=folder)
    assert before == {name: (folder / name).read_bytes() for name in FILES["kubernetes"]}
    deploy("kubernetes", "--image", PINNED, folder=folder)
    for name in FILES["kubernetes"]:
        assert container(documents(folder, name)[0])["image"] == PINNED
    assert len(list(folder.iterdir())) == 3


@test
def nothing_is_written_without_a_bundle():
    folder = WORK / "none"
    assert deploy("lambda", "--dry-run", folder=folder, name="dry")[1]["manifests"] == [] and not folder.exists()
    small = WORK / "small.yaml"
    small.write_text(pathlib.Path("Profiles/lambda.yaml").read_text().replace("name: lambda", "name: small", 1).replace("52428800", "1000"))
    done = pack("slim", linear(), "--target", str(small), "--output", str(WORK / "refused"), "--manifests", str(folder), "--format", "json", status=1)
    assert json.loads(done.stdout)["manifests"] == [] and not folder.exists()


@test
def files_of_others_stay():
    folder = WORK / "theirs"
    folder.mkdir()
    (folder / "template.yaml").write_text("Resources: {}\n")
    done = pack("slim", linear(), "--target", "lambda", "--output", str(WORK / "theirs.zip"), "--manifests", str(folder), status=2)
    assert b"was not written by pack" in done.stderr and (folder / "template.yaml").read_text() == "Resources: {}\n"
    assert not (WORK / "theirs.zip").exists()
    done = pack("slim", linear(), "--target", "lambda", "--manifests", str(folder / "template.yaml"), status=2)
    assert b"is no folder" in done.stderr, done.stderr


@test
def wrong_usage_is_told():
    folder = str(WORK / "wrong")
    for options, status, words in [
        (["--target", "fargate", "--manifests", folder], 2, b"no deployment files for this target"),
        (["--target", "lambda", "--manifests", folder, "--image", PINNED], 64, b"takes a zip"),
        (["--target", "lambda-image", "--image", PINNED], 64, b"--manifests"),
        (["--target", "lambda-image", "--manifests", folder, "--image", "a b"], 64, b"reference"),
        (["--target", "lambda-image", "--manifests", "/dev/null/x"], 2, b"/dev/null"),
    ]:
        done = pack("slim", linear(), "--output", str(WORK / "wrong.zip"), *options, status=status)
        assert words in done.stderr, (options, done.stderr)
    assert not pathlib.Path(folder).exists()


@test
def models_may_be_called_anything():
    for index, name in enumerate(["模型", "a b: c #d", "-x", "A.B_C", "q\"uo'te", "line\nbreak", "9" * 100, "%41{{.Name}}"]):
        path = WORK / f"{name}.onnx"
        shutil.copy(linear(), path)
        for target in ["lambda", "kubernetes"]:
            folder, _ = deploy(target, model=str(path), folder=WORK / f"named-{index}-{target}", name=f"named {name}")
            for file in FILES[target]:
                for document in documents(folder, file):
                    label = document.get("metadata", {}).get("name", "a")
                    assert re.fullmatch("[a-z]([-a-z0-9]*[a-z0-9])?", label) and len(label) <= 63, label
        folder = WORK / f"named-{index}-lambda"
        code = documents(folder, "template.yaml")[0]["Resources"]["Model"]["Properties"]["CodeUri"]
        assert (folder / code).resolve() == (WORK / f"named {name}-lambda").resolve(), code


@test
def profiles_of_users_may_lack_limits():
    profile = WORK / "kubernetes-bare.yaml"
    profile.write_text("""schema: pack.profile/1
name: kubernetes-bare
title: A cluster
as-of: 2026-11-23
packaging: image
protocol: http
files-count-as-memory: false
architectures: [{name: x86_64, features: [sse2], source: none, date: 2026-11-23, verified: false}]
libc: {name: any, source: none, date: 2026-11-23, verified: false}
limits:
""" + "".join(f"  {limit}: {{value: none, source: none, date: 2026-11-23, verified: false}}\n"
              for limit in ["image.size", "memory.default", "memory.maximum", "startup.time", "request.time"]))
    folder, _ = deploy(str(profile))
    knative = documents(folder, "knative-service.yaml")[0]["spec"]["template"]["spec"]
    assert "timeoutSeconds" not in knative and knative["containerConcurrency"] == 8
    assert "disk.maximum" not in (folder / "deployment.yaml").read_text()


@test
def the_command_in_the_comment_pushes_and_prints_the_digest():
    if not shutil.which("skopeo"):
        return "left out: no skopeo"
    folder, _ = deploy("cloud-run", name="push it")
    [command] = [line.strip(" #") for line in (folder / "cloud-run-service.yaml").read_text().splitlines() if "skopeo copy" in line]
    target = WORK / "pushed"
    done = subprocess.run(re.sub(r"docker://\S+", f"dir:{target}", command), shell=True, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, (command, done.stderr)
    assert done.stdout.endswith("sha256:" + hashlib.sha256((target / "manifest.json").read_bytes()).hexdigest()), done.stdout


@test
def kubernetes_takes_the_core_kinds():
    try:
        import kubernetes_validate
    except ImportError:
        return "left out: kubernetes-validate is not installed"
    for folder in [minilm("kubernetes")[0], deploy("kubernetes")[0]]:
        for document in documents(folder, "deployment.yaml"):
            for version in ["1.30", kubernetes_validate.latest_version()]:
                kubernetes_validate.validate(document, version, strict=True)
        # The containers of the other kinds are those of pods.
        for name in ["knative-service.yaml", "kserve.yaml"]:
            part = dict(container(documents(folder, name)[0]))
            part.setdefault("name", "model")
            for probe in ["startupProbe", "readinessProbe", "livenessProbe"]:
                part[probe]["httpGet"].setdefault("port", 8080)
            pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [part]}}
            kubernetes_validate.validate(pod, kubernetes_validate.latest_version(), strict=True)


@test
def cloudformation_takes_the_templates():
    linter = pathlib.Path(sys.executable).parent / "cfn-lint"
    if not linter.exists():
        return "left out: cfn-lint is not installed"
    templates = [str(deploy(target, *options)[0] / "template.yaml") for target, options in
                 [("lambda", []), ("lambda-image", ["--image", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/linear:1"]), ("lambda", ["--arch", "arm64"])]]
    done = subprocess.run([str(linter), "--regions", "eu-west-1", "--", *templates], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


if __name__ == "__main__":
    sys.exit(bundles.main())
