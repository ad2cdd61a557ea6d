#!/usr/bin/env python3
"""Compares `pack run` with onnxruntime on operators of com.microsoft that no file of onnxruntime's quantizer holds.

Models of one operator (seeded inputs) run as exported and after all passes; outputs may differ by 1e-5.

Usage: microsoft.py [--pack FILE]
"""
import argparse
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BATCH, QUERIES, KEYS, HEADS, SIZE = 2, 5, 7, 3, 8
RANDOM = np.random.default_rng(3)


def floats(*shape):
    return RANDOM.standard_normal(shape, dtype=np.float32)


def attention(order, keys=KEYS, outputs=("y",), more=None, **attributes):
    width = HEADS * SIZE
    inputs = {"q": floats(BATCH, QUERIES, width), "k": floats(BATCH, keys, width), "v": floats(BATCH, keys, width)}
    node = helper.make_node(
        "MultiHeadAttention", ["q", "k", "v"] + order, outputs, domain="com.microsoft", num_heads=HEADS, **attributes)
    return node, inputs | (more or {}), TensorProto.FLOAT


def cases():
    bias, addend = floats(3 * HEADS * SIZE), floats(BATCH, HEADS, QUERIES, KEYS)
    mask, hidden = np.ones((BATCH, KEYS), np.int32), np.zeros((BATCH, KEYS), np.int32)
    mask[0, 4:], mask[1, 2], hidden[0] = 0, 0, 1
    past = {name: floats(BATCH, HEADS, 4, SIZE) for name in ("pk", "pv")}
    yield "plain", attention([])
    yield "scale", attention([], scale=0.2)
    yield "bias", attention(["b"], more={"b": bias})
    yield "mask", attention(["", "m"], more={"m": mask})
    yield "mask that hides all", attention(["", "m"], more={"m": hidden})
    yield "addend", attention(["", "", "a"], more={"a": addend})
    yield "bias, mask, addend", attention(["b", "m", "a"], more={"b": bias, "m": mask, "a": addend[:1, :1].copy()})
    yield "causal", attention([], QUERIES, unidirectional=1)
    yield "cache", attention(["", "", "", "pk", "pv"], QUERIES, ("y", "nk", "nv"), past)
    codes = {name: RANDOM.integers(0, 256, (4, 6)).astype(np.uint8) for name in ("x", "w")}
    scales = {name: np.array(value, np.float32) for name, value in (("xs", 0.02), ("ws", 0.05), ("ys", 0.06))}
    zeros = {name: np.array(value, np.uint8) for name, value in (("xz", 100), ("wz", 7), ("yz", 30))}
    condition = {"c": RANDOM.integers(0, 2, (4, 6)).astype(bool)}
    node = helper.make_node(
        "QLinearWhere", ["c", "x", "xs", "xz", "w", "ws", "wz", "ys", "yz"], ["y"], domain="com.microsoft")
    yield "QLinearWhere", (node, condition | codes | scales | zeros, TensorProto.UINT8)


def difference(pack, folder, node, inputs, dtype, flags):
    """The largest difference from onnxruntime's outputs."""
    path = os.path.join(folder, "model.onnx")
    ports = [helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
             for name, value in inputs.items()]
    outputs = [helper.make_tensor_value_info(name, dtype, None) for name in node.output]
    sets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    graph = helper.make_graph([node], "one", ports, outputs)
    onnx.save(helper.make_model(graph, opset_imports=sets, ir_version=8), path)
    command = [pack, "run", path, "--output-folder", os.path.join(folder, "out"), *flags]
    for name, value in inputs.items():
        file = os.path.join(folder, name + ".npy")
        np.save(file, value)
        command += ["--input", f"{name}={file}"]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        return result.stderr
    expected = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, inputs)
    largest = 0
    for name, right in zip(node.output, expected):
        found = np.load(os.path.join(folder, "out", name + ".npy"))
        if found.shape != right.shape:
            return f"shape {found.shape}, expected {right.shape}"
        largest = max(largest, np.abs(found.astype(np.float64) - right).max())
    return largest


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pack", default=os.path.join(ROOT, ".build", "release", "pack"))
    options = parser.parse_args()
    failures = 0
    for name, (node, inputs, dtype) in cases():
        for flags in ([], ["--unoptimized"]):
            with tempfile.TemporaryDirectory() as folder:
                found = difference(options.pack, folder, node, inputs, dtype, flags)
            passes = not isinstance(found, str) and found <= 1e-5
            failures += not passes
            print("ok  " if passes else "FAIL", name, *flags, found)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
