#!/usr/bin/env python3
"""Compares `pack run` with onnxruntime on operators of com.microsoft that no file of onnxruntime's quantizer holds.

Models of one operator (seeded inputs) run as exported and after all passes; outputs may differ by 1e-5, or as a case says and
why.

Usage: microsoft.py [--pack FILE] [--filter TEXT]
"""
import argparse
import os
import subprocess
import sys
import tempfile
from typing import NamedTuple

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BATCH, QUERIES, KEYS, HEADS, SIZE = 2, 5, 7, 3, 8
RANDOM = np.random.default_rng(3)


class Case(NamedTuple):
    """One operator with what is fed to it, and what the file holds."""

    node: onnx.NodeProto
    inputs: dict
    dtype: int = TensorProto.FLOAT
    constants: dict = {}
    tolerance: float = 1e-5


def floats(*shape):
    return RANDOM.standard_normal(shape, dtype=np.float32)


def attention(order, keys=KEYS, outputs=("y",), more=None, **attributes):
    width = HEADS * SIZE
    inputs = {"q": floats(BATCH, QUERIES, width), "k": floats(BATCH, keys, width), "v": floats(BATCH, keys, width)}
    node = helper.make_node(
        "MultiHeadAttention", ["q", "k", "v"] + order, outputs, domain="com.microsoft", num_heads=HEADS, **attributes)
    return Case(node, inputs | (more or {}))


def attention_cases():
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


def quantized_cases():
    codes = {name: RANDOM.integers(0, 256, (4, 6)).astype(np.uint8) for name in ("x", "w")}
    scales = {name: np.array(value, np.float32) for name, value in (("xs", 0.02), ("ws", 0.05), ("ys", 0.06))}
    zeros = {name: np.array(value, np.uint8) for name, value in (("xz", 100), ("wz", 7), ("yz", 30))}
    condition = {"c": RANDOM.integers(0, 2, (4, 6)).astype(bool)}
    node = helper.make_node(
        "QLinearWhere", ["c", "x", "xs", "xz", "w", "ws", "wz", "ys", "yz"], ["y"], domain="com.microsoft")
    yield "QLinearWhere", Case(node, condition | codes | scales | zeros, TensorProto.UINT8)


def lstm(direction, weights, columns=False, more=None, **attributes):
    """Rounding a state that lies between two codes to the other one moves what follows by a step; weights are f16."""
    steps, batch, width, hidden = 6, 2, 12, 16
    ways = 2 if direction == "bidirectional" else 1
    names = ["x", "w", "r", "b", "n", "h", "c", "p", "ws", "wz", "rs", "rz"]
    low = np.iinfo(weights).min
    scale = (ways, 4 * hidden) if columns else (ways,)
    constants = {
        "w": RANDOM.integers(low + 1, low + 256, (ways, width, 4 * hidden)).astype(weights),
        "r": RANDOM.integers(low + 1, low + 256, (ways, hidden, 4 * hidden)).astype(weights),
        "ws": RANDOM.uniform(0.002, 0.004, scale).astype(np.float32), "wz": np.full(scale, low + 128, weights),
        "rs": RANDOM.uniform(0.002, 0.004, scale).astype(np.float32), "rz": np.full(scale, low + 128, weights),
        "b": floats(ways, 8 * hidden)}
    inputs = {"x": floats(steps, batch, width), "h": 0.5 * floats(ways, batch, hidden), "c": floats(ways, batch, hidden)}
    if more == "lengths":
        inputs["n"] = np.array([6, 4], np.int32)
    if more == "peepholes":
        constants["p"] = floats(ways, 3 * hidden)
    given = [name if name in constants or name in inputs else "" for name in names]
    node = helper.make_node(
        "DynamicQuantizeLSTM", given, ["y", "yh", "yc"], domain="com.microsoft", direction=direction, hidden_size=hidden,
        **attributes)
    return Case(node, inputs, constants=constants, tolerance=2e-3)


def recurrent_cases():
    yield "LSTM of i8", lstm("forward", np.int8)
    yield "LSTM of u8, both ways", lstm("bidirectional", np.uint8)
    yield "LSTM of i8, reverse, a scale a column", lstm("reverse", np.int8, columns=True)
    yield "LSTM with lengths", lstm("forward", np.uint8, more="lengths")
    yield "LSTM with peepholes, clip", lstm("forward", np.uint8, more="peepholes", clip=1.5)


def cases():
    yield from attention_cases()
    yield from quantized_cases()
    yield from recurrent_cases()


def difference(pack, folder, case, flags):
    """The largest difference from onnxruntime's outputs."""
    node, inputs, dtype = case[:3]
    path = os.path.join(folder, "model.onnx")
    ports = [helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
             for name, value in inputs.items()]
    outputs = [helper.make_tensor_value_info(name, dtype, None) for name in node.output]
    sets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    constants = [onnx.numpy_helper.from_array(value, name) for name, value in case.constants.items()]
    graph = helper.make_graph([node], "one", ports, outputs, constants)
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
    parser.add_argument("--filter", default="")
    options = parser.parse_args()
    failures = 0
    for name, case in cases():
        if options.filter not in name:
            continue
        for flags in ([], ["--unoptimized"]):
            with tempfile.TemporaryDirectory() as folder:
                found = difference(options.pack, folder, case, flags)
            passes = not isinstance(found, str) and found <= case.tolerance
            failures += not passes
            print("ok  " if passes else "FAIL", name, *flags, found)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
