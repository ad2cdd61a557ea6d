"""What `pack bench` says beside its times: the form of its reports, accuracy, starts, peers that are missing.

Run from the root of the repository after `make all`, with a Python that has onnxruntime, onnx, numpy and jsonschema:
.venv/bin/python Tests/benchmarks.py. Prints one line a test; exit status 1 if one fails. No time is judged.
"""

import json
import logging
import pathlib
import subprocess
import sys

import numpy as np

import reports
from checks import check, finish, work_folder

PACK = str(pathlib.Path(".build/release/pack").resolve())
WORK = work_folder("benchmarks")
FAST = ["--rounds", "1", "--seconds", "0.001"]
PEER = ["--against", "onnxruntime", "--python", sys.executable]


def pack(*arguments, status=0):
    done = subprocess.run([PACK, "bench", *arguments], capture_output=True, text=True)
    assert done.returncode == status, f"exit {done.returncode}, expected {status}: {done.stderr[:800]}"
    return done


def report(name, *arguments):
    path = WORK / f"{name}.json"
    pack(*arguments, *FAST, "--format", "json", "--output", str(path))
    faults = reports.pack_json(path)
    check(f"{name} keeps to its schema", faults == [], faults)
    return json.loads(path.read_text())


def engines(document):
    return {engine["name"]: engine for engine in document["results"][0]["engines"]}


def consistent(document):
    for result in document["results"]:
        for engine in result["engines"]:
            if not engine["min"] <= engine["median"] <= engine["p95"] <= engine["p99"]:
                return f"{engine['name']}: times are not in order"
            start = engine["start"]
            if start and not start["toAnswer"]["median"] <= start["toEnd"]["median"]:
                return f"{engine['name']}: ended before it answered"
    return None


def embeddings():
    model = "Fixtures/models/bert-embedding-dense"
    document = report("embeddings", model, *PEER, "--quantize", "none,int8,int4", "--shape", "sequence=8", "--starts", "1")
    check("times are in order", consistent(document) is None, consistent(document))
    found = engines(document)
    names = ["pack fp32", "pack int8", "pack int4", "onnxruntime fp32", "onnxruntime int8"]
    check("each engine has a row", list(found) == names, list(found))
    for name, engine in found.items():
        known = engine["accuracy"]
        check(f"{name}: accuracy where it is quantized", (known is None) == name.endswith("fp32"), known)
        check(f"{name}: bytes", engine["bytes"]["model"] > 0 and engine["bytes"]["runtime"] > 0, engine["bytes"])
        check(f"{name}: memory of its own", engine["start"]["peakMemory"] > 100_000, engine["start"])
    check("embeddings have ranks and no labels", all(
        (a := found[name]["accuracy"]) and a["rankCorrelation"] is not None and a["equalLabels"] is None
        for name in ["pack int8", "onnxruntime int8"]))
    check("8 bits are close", found["pack int8"]["accuracy"]["smallestCosine"] > 0.99, found["pack int8"]["accuracy"])
    check("4 bits are less close", found["pack int4"]["accuracy"]["meanCosine"] <
          found["pack int8"]["accuracy"]["meanCosine"])
    check("a bundle's process needs less memory than Python's", found["pack fp32"]["start"]["peakMemory"] <
          found["onnxruntime fp32"]["start"]["peakMemory"] / 2)


def classifier():
    """A softmax over a product: its int8 answers by onnxruntime are compared here again, by numpy."""
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper

    weights = np.random.default_rng(3).normal(0, 1, (64, 5)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"]), helper.make_node("Softmax", ["y"], ["p"], axis=-1)], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 64])],
        [helper.make_tensor_value_info("p", TensorProto.FLOAT, [1, 5])],
        [onnx.numpy_helper.from_array(weights, "w")])
    path = WORK / "classifier.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    found = engines(report("classifier", str(path), *PEER, "--quantize", "none,int8"))
    for name in ["pack int8", "onnxruntime int8"]:
        known = found[name]["accuracy"]
        check(f"{name}: probabilities are a classifier's", known["equalLabels"] is not None and
              known["meanDivergence"] >= 0 and known["rankCorrelation"] is None, known)
        check(f"{name}: labels are mostly equal", known["equalLabels"] >= 0.8, known)
    from onnxruntime.quantization import QuantType, quantize_dynamic
    logging.disable(logging.WARNING)
    quantize_dynamic(path, WORK / "int8.onnx", per_channel=True, weight_type=QuantType.QInt8)
    answers = [[onnxruntime.InferenceSession(str(file)).run(None, {"x": sample(seed, 64)})[0][0].astype(float)
                for seed in range(16)] for file in [path, WORK / "int8.onnx"]]
    expected, quantized = map(np.array, answers)
    cosines = (expected * quantized).sum(1) / np.linalg.norm(expected, axis=1) / np.linalg.norm(quantized, axis=1)
    truth = {"samples": 16, "equalLabels": np.mean(expected.argmax(1) == quantized.argmax(1)),
             "meanDivergence": np.mean((expected * np.log(expected / quantized)).sum(1)),
             "meanCosine": cosines.mean(), "smallestCosine": cosines.min()}
    for field, value in truth.items():
        said = found["onnxruntime int8"]["accuracy"][field]
        check(f"{field} is numpy's", abs(said - value) < 1e-6, f"{said}, by numpy {value}")


def sample(seed, count):
    """The made-up input of a seed."""
    state, values = (seed * 0x9E3779B97F4A7C15 + 1) % 2**64, []
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        values.append(np.float32(state >> 33) / np.float32(2**30) - np.float32(1))
    return np.array([values], np.float32)


def kernels():
    document = report("kernels", "--kernels")
    picked = [kernel["family"] for kernel in document["kernels"] if kernel["isPicked"]]
    families = list(dict.fromkeys(kernel["family"] for kernel in document["kernels"]))
    source = pathlib.Path("Sources/CPackKernels/include/pack_kernel_list.h").read_text()
    listed = [line.split("(")[1].split(",")[0] for line in source.split("PACK_KERNEL_FAMILIES(X)")[1].split("\n\n")[0].split("\n")
              if line.strip().startswith("X(")]
    check("each family of the list is measured", families == listed, families)
    check("one kernel of each is picked", picked == families, picked)
    check("rates are positive", all((kernel["operationsPerSecond"] or 0) + (kernel["bytesPerSecond"] or 0) > 0
                                    for kernel in document["kernels"]))
    held = report("kernels-portable", "--kernels", "--isa", "portable")
    check("an upper bound changes what is picked",
          {kernel["instructionSet"] for kernel in held["kernels"] if kernel["isPicked"]} == {"portable"})


def refusals():
    model = "Fixtures/models/bert-embedding-dense"
    bare = WORK / "python"
    bare.write_text(f"#!/bin/sh\nexec '{sys.executable}' -S -E \"$@\"\n")
    bare.chmod(0o755)
    for peer, packages in [("onnxruntime", "onnxruntime onnx"), ("openvino", "openvino nncf"), ("torch", "torch transformers")]:
        said = pack(model, "--against", peer, "--python", str(bare), status=2).stderr
        check(f"{peer} that is missing is told with its packages", f"-m pip install {packages}" in said, said)
    said = pack(model, "--against", "onnxruntime", "--python", "/no/python", status=2).stderr
    check("a Python that is missing is told", "cannot be started" in said and "--python" in said, said)
    said = pack(model, "--against", "onnxrutime", status=64).stderr
    check("an unknown peer is told with the nearest", "did you mean onnxruntime?" in said, said)
    check("kernels take no model", "--kernels takes no model" in pack(model, "--kernels", status=64).stderr)
    check("a model is needed", "Missing expected argument" in pack(status=64).stderr)
    check("kernels take no peers", "--kernels goes with" in pack("--kernels", "--against", "openvino", status=64).stderr)


def table():
    """The page that Scripts/bench.sh writes of these reports."""
    done = subprocess.run([sys.executable, "Scripts/bench_table.py", str(WORK)], capture_output=True, text=True)
    check("the reports become a page", done.returncode == 0 and "## embeddings" in done.stdout and "## Kernels" in done.stdout,
          done.stderr)
    tables = [block.splitlines() for block in done.stdout.split("\n\n") if block.startswith("|")]
    uneven = [line for lines in tables for line in lines if line.count("|") != lines[0].count("|")]
    check("rows are as wide as their heads", len(tables) >= 6 and uneven == [], uneven)


for part in [embeddings, classifier, kernels, refusals, table]:
    part()
sys.exit(finish())
