"""What `pack study` reports: the form of its reports, that numbers hold together, and what it refuses. No time is judged.

Run from the root of the repository after `make all`, with a Python that has onnx, onnxruntime, numpy and jsonschema:
.venv/bin/python Tests/study.py. The stack with onnxruntime is measured where fastapi and uvicorn are there as well.
"""

import importlib.util
import json
import pathlib
import re
import subprocess
import sys

import reports
from checks import check, finish, work_folder

PACK = str(pathlib.Path(".build/release/pack").resolve())
WORK = work_folder("study")
FAST = ["--rounds", "1", "--seconds", "0.05", "--starts", "1", "--seeds", "1", "--check", "1.5"]
MODEL = "Fixtures/models/bert-embedding-dense"
WORKLOAD = "schema: pack.workload/1\nphases: [{time: 10 s, rate: 1}, {time: 40 s, rate: 30}]\nbound: 500 ms\n"


def pack(*arguments, status=0):
    done = subprocess.run([PACK, "study", *arguments], capture_output=True, text=True)
    assert done.returncode == status, f"exit {done.returncode}, expected {status}: {done.stderr[:800]}"
    return done


def workload(text):
    path = WORK / "workload.yaml"
    path.write_text(text)
    return str(path)


def linear():
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = np.arange(13, dtype=np.float32).reshape(13, 1) / 13
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["p"]), helper.make_node("Add", ["p", "b"], ["y"])], "linear",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 13])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 1])],
        [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(np.ones(1, np.float32), "b")])
    path = WORK / "linear.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9), path)
    return str(path)


def reports_of_two_models():
    path = WORK / "study.json"
    pack(linear(), MODEL, "--quantize", "none", "--stack", "onnxruntime,torch", "--python", sys.executable,
         "--workload", workload(WORKLOAD), *FAST, "--format", "json", "--output", str(path))
    faults = reports.pack_json(path)
    check("the report keeps to its schema", faults == [], faults)
    document = json.loads(path.read_text())
    everybody = document["contestants"]
    names = [(one["subject"], one["stack"]) for one in everybody]
    check("each model has its bundle and its stacks", names == [
        (subject, stack) for subject in ["linear", "bert-embedding-dense"] for stack in [None, "onnxruntime", "torch"]],
        names)
    bundles = [one for one in everybody if one["stack"] is None]
    check("bundles are measured both ways", all(set(one["measured"]) == {"lambda", "http"} for one in bundles))
    check("bundles fit everywhere", all(
        fit["verdict"] == "fits" for one in bundles for fit in one["fits"]),
        [(one["subject"], fit["profile"], fit["deciding"]) for one in bundles for fit in one["fits"] if fit["verdict"] != "fits"])
    has_server = all(importlib.util.find_spec(name) for name in ["fastapi", "uvicorn"])
    for one in everybody:
        title = f"{one['subject']}, {one['name']}"
        if one["stack"] == "onnxruntime":
            reason = one["absence"] or ""
            check(f"{title}: measured, or the command that installs it is told",
                  one["measured"] if has_server else "pip install fastapi uvicorn onnxruntime" in reason, reason)
        if one["absence"]:
            continue
        consistent(one, title)
    check("torch takes no ONNX file", "not ONNX files" in (everybody[2]["absence"] or ""), everybody[2]["absence"])
    ids = {claim["id"] for claim in document["claims"]}
    check("claims are judged", {"served", "cold-start", "cold-start-ratio", "scaling"} <= ids, ids)
    # Seeds are fixed: what chance decides comes out alike, whatever the times that were measured.
    arrivals = {json.dumps(item["seconds"]["requests"]) for one in everybody for item in one["scaling"]}
    check("everybody meets the same requests", len(arrivals) == 1, len(arrivals))


def consistent(one, title):
    for way, measured in one["measured"].items():
        order = [[times[key] for key in ["least", "p50", "p95", "p99", "most"]] for times in
                 [measured["ready"], measured["cold"], measured["warm"]]]
        check(f"{title}, {way}: times are in order", all(0 < times[0] and times == sorted(times) for times in order), order)
        check(f"{title}, {way}: a first answer comes after readiness", measured["cold"]["least"] > measured["ready"]["least"])
    check(f"{title}: simulated and measured rates", one["checks"] and all(
        item["measured"]["count"] > 0 and item["simulated"]["count"] > 0 for item in one["checks"]))
    scalers = [(item["profile"], item["scaler"]) for item in one["scaling"]]
    if one["stack"] is None:
        check(f"{title}: all platforms are simulated", scalers == [
            ("lambda", "per-request"), ("lambda-image", "per-request"), ("cloud-run", "managed"), ("kubernetes", "knative"),
            ("kubernetes", "horizontal"), ("lambda-2020", "per-request"), ("cloud-run-2020", "managed"),
            ("kubernetes-2020", "knative"), ("kubernetes-2020", "horizontal")], scalers)
    for item in one["scaling"]:
        seconds = item["seconds"]
        check(f"{title}, {item['profile']} {item['scaler']}: a row a second",
              {len(seconds[key]) for key in seconds} == {50}, {key: len(seconds[key]) for key in seconds})
        check(f"{title}, {item['profile']} {item['scaler']}: shares", all(0 <= share <= 1 for share in item["late"]))
    check(f"{title}: a month costs something", one["costs"] and all(
        cost["dollars"] is None or cost["dollars"] >= cost["dollarsBeyondFree"] >= 0 for cost in one["costs"]))


def a_bundle_and_its_forms():
    bundle = WORK / "linear.zip"
    subprocess.run([PACK, "slim", linear(), "--target", "lambda", "--quantize", "none", "--output", str(bundle)],
                   check=True, capture_output=True)
    page = WORK / "study.html"
    pack(str(bundle), "--target", "lambda", "--target", "kubernetes", *FAST, "--format", "html", "--output", str(page),
         "--stack", "onnxruntime", "--workload", workload(WORKLOAD))
    text = page.read_text()
    faults = reports.page(page)
    check("the page is whole and refers to nothing outside", faults == [], faults)
    check("charts are drawn, with the bound", text.count("<svg") >= 5 and ">bound 500 ms<" in text, text.count("<svg"))
    check("no number is missing in a chart", not re.search(r"nan|inf\b", " ".join(re.findall(r'd="[^"]*"', text))))
    check("a bundle without its model has no stack", "give it with --model" in text)
    # The last of an option given twice counts.
    unchecked = ["--target", "lambda", *FAST, "--check", "0", "--workload", workload(WORKLOAD)]
    done = pack(str(bundle), *unchecked, "--format", "markdown")
    check("Markdown has all parts", all(f"### {part}" in done.stdout for part in [
        "What can be served", "Warm latency", "Cold start", "Scaling", "Sizes", "Cost", "The claims of 2020"]))
    check("and no drawings", "<svg" not in done.stdout)
    done = pack(str(bundle), *unchecked)
    check("what is simulated says so", "SIMULATED" in done.stdout and "MEASURED" in done.stdout)


def what_is_refused():
    def refused(name, text, *words):
        done = pack(MODEL, "--workload", workload(text), status=2)
        check(f"workload: {name}", all(word in done.stderr for word in words), done.stderr)

    refused("holes", "schema: pack.workload/1\n", "phases", "found nothing")
    refused("a hole in a phase", "schema: pack.workload/1\nphases: [{time: 10 s}]\n", "phases[0].rate", "line 2")
    refused("a misspelt key", "schema: pack.workload/1\nphase: []\n", "did you mean phases?")
    refused("no unit", "schema: pack.workload/1\nphases: [{time: 10, rate: 1}]\n", "phases[0].time", "such as")
    refused("a negative rate", "schema: pack.workload/1\nphases: [{time: 10 s, rate: -1}]\n", "phases[0].rate", "above zero")
    refused("no rise", "schema: pack.workload/1\nphases: [{time: 10 s, rate: 5}]\n", "a rise")
    refused("too much", "schema: pack.workload/1\nphases: [{time: 1 s, rate: 1}, {time: 60 min, rate: 1e6}]\n", "at most 5000000")
    refused("another schema", "schema: pack.workload/9\nphases: []\n", "pack.workload/1")
    refused("no YAML", "phases: [\n", "is not a workload")
    for arguments, words in [
        ([], ["a bundle or a model is missing"]),
        ([MODEL, "--stack", "onnxruntim"], ["no stack is called 'onnxruntim'", "did you mean onnxruntime?"]),
        ([MODEL, "--rounds", "0"], ["--rounds is 1 to 1000"]),
        ([MODEL, "--seconds", "nan"], ["--seconds"]),
        ([MODEL, "--model", "a", "--model", "b"], ["--model is given once for each bundle"]),
    ]:
        done = pack(*arguments, status=64)
        check(f"usage: {' '.join(arguments)}", all(word in done.stderr for word in words), done.stderr)
    done = pack(str(WORK / "absent.zip"), status=2)
    check("a missing bundle", "absent.zip" in done.stderr, done.stderr)
    (WORK / "junk.zip").write_bytes(b"junk")
    done = pack(str(WORK / "junk.zip"), status=2)
    check("a file that is no bundle", "is not a bundle" in done.stderr, done.stderr)
    done = pack(MODEL, "--target", "lamda", *FAST, status=2)
    check("an unknown platform", "did you mean lambda?" in done.stderr, done.stderr)
    other = WORK / "other.zip"
    arch = "x86_64" if "aarch64" in subprocess.check_output(["uname", "-m"], text=True) else "arm64"
    subprocess.run([PACK, "slim", linear(), "--target", "lambda", "--arch", arch, "--quantize", "none", "--output", str(other)],
                   check=True, capture_output=True)
    done = pack(str(other), status=2)
    check("a bundle for another processor", f"found {arch}" in done.stderr and "--arch" in done.stderr, done.stderr)


reports_of_two_models()
a_bundle_and_its_forms()
what_is_refused()
sys.exit(finish())
