#!/usr/bin/env python3
"""Compares `pack run` with onnxruntime on models that onnxruntime's own quantizer has made.

A small perceptron and a small convolutional network (seeded) are quantized dynamically (QUInt8 and QInt8 weights, per tensor
and per channel) and statically (QDQ and QOperator), then both run them, as exported and after all passes. Outputs may differ
by one step of the output's scale (static), or by 1e-3 of the largest value.

Usage: quantized.py [--pack FILE] [--filter TEXT]
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static)

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "Tests"))
import checks  # noqa: E402


def weights(random, **shapes):
    return [
        numpy_helper.from_array((random.standard_normal(shape) / np.sqrt(np.prod(shape[1:]) or 1)).astype(np.float32), name)
        for name, shape in shapes.items()]


def model(nodes, initializers, shape, outputs):
    graph = helper.make_graph(
        nodes, "small", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, outputs)], initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def perceptron():
    random = np.random.default_rng(1)
    nodes = [
        helper.make_node("MatMul", ["x", "w1"], ["p1"]), helper.make_node("Add", ["p1", "b1"], ["s1"]),
        helper.make_node("Relu", ["s1"], ["r1"]), helper.make_node("MatMul", ["r1", "w2"], ["p2"]),
        helper.make_node("Add", ["p2", "b2"], ["s2"]), helper.make_node("Tanh", ["s2"], ["r2"]),
        helper.make_node("Gemm", ["r2", "w3", "b3"], ["y"], transB=1)]
    shapes = dict(w1=(100, 600), b1=(600,), w2=(600, 50), b2=(50,), w3=(7, 50), b3=(7,))
    return model(nodes, weights(random, **shapes), ["batch", 100], ["batch", 7]), (5, 100)


def network():
    random = np.random.default_rng(2)
    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["c1"], pads=[1, 1, 1, 1], kernel_shape=[3, 3]),
        helper.make_node("Relu", ["c1"], ["r1"]),
        helper.make_node("MaxPool", ["r1"], ["m1"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["m1", "w2", "b2"], ["c2"], group=16, pads=[1, 1, 1, 1], kernel_shape=[3, 3]),
        helper.make_node("Conv", ["c2", "w3", "b3"], ["c3"], strides=[2, 2], kernel_shape=[1, 1]),
        helper.make_node("Relu", ["c3"], ["r3"]), helper.make_node("Conv", ["r3", "w5", "b5"], ["c5"], kernel_shape=[1, 1]),
        helper.make_node("Add", ["c5", "r3"], ["a"]), helper.make_node("GlobalAveragePool", ["a"], ["g"]),
        helper.make_node("Flatten", ["g"], ["f"]), helper.make_node("Gemm", ["f", "w4", "b4"], ["y"], transB=1)]
    shapes = dict(
        w1=(16, 3, 3, 3), b1=(16,), w2=(16, 1, 3, 3), b2=(16,), w3=(24, 16, 1, 1), b3=(24,), w5=(24, 24, 1, 1), b5=(24,),
        w4=(10, 24), b4=(10,))
    return model(nodes, weights(random, **shapes), ["batch", 3, 16, 16], ["batch", 10]), (2, 3, 16, 16)


class Inputs(CalibrationDataReader):
    def __init__(self, shape):
        random = np.random.default_rng(3)
        self.left = [{"x": random.standard_normal(shape).astype(np.float32)} for _ in range(8)]

    def get_next(self):
        return self.left.pop() if self.left else None


def variants(name, shape, folder):
    """Pairs of a name and a file."""
    plain = os.path.join(folder, f"{name}.onnx")
    for kind in (QuantType.QUInt8, QuantType.QInt8):
        for per_channel in (False, True):
            title = f"{name}_dynamic_{kind.name}{'_channels' if per_channel else ''}"
            path = os.path.join(folder, title + ".onnx")
            quantize_dynamic(plain, path, weight_type=kind, per_channel=per_channel)
            yield title, path
    for form in (QuantFormat.QDQ, QuantFormat.QOperator):
        for activation, weight in (("QUInt8", "QInt8"), ("QInt8", "QInt8"), ("QUInt8", "QUInt8")):
            for per_channel in (False, True):
                title = f"{name}_{form.name}_{activation}_{weight}{'_channels' if per_channel else ''}"
                path = os.path.join(folder, title + ".onnx")
                quantize_static(
                    plain, path, Inputs(shape), quant_format=form, activation_type=QuantType[activation],
                    weight_type=QuantType[weight], per_channel=per_channel)
                yield title, path


def step(path):
    """The scale of the last codes, or 0."""
    loaded = onnx.load(path)
    scales = {i.name: numpy_helper.to_array(i) for i in loaded.graph.initializer}
    for node in loaded.graph.node:
        if "y" in node.output and node.op_type == "DequantizeLinear":
            return float(np.max(scales[node.input[1]]))
    return 0.0


def run(pack, path, x, folder, flags):
    np.save(os.path.join(folder, "x.npy"), x)
    out = os.path.join(folder, "out")
    result = subprocess.run(
        [pack, "run", path, "--input", f"x={folder}/x.npy", "--output-folder", out] + flags, capture_output=True,
        text=True)
    if result.returncode != 0:
        return None, result.stderr.strip()
    return np.load(os.path.join(out, json.loads(result.stdout)["outputs"]["y"]["file"])), ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", default=os.path.join(ROOT, ".build", "release", "pack"))
    parser.add_argument("--filter", default="")
    options = parser.parse_args()
    for name, make in (("perceptron", perceptron), ("network", network)):
        with tempfile.TemporaryDirectory(prefix="quantized") as folder:
            made, shape = make()
            onnx.save(made, os.path.join(folder, f"{name}.onnx"))
            x = np.random.default_rng(4).standard_normal(shape).astype(np.float32)
            for title, path in variants(name, shape, folder):
                if options.filter not in title:
                    continue
                session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
                wanted = session.run(None, {"x": x})[0]
                allowed = max(step(path) * 1.01, 1e-3 * float(np.abs(wanted).max()))
                for flags in ([], ["--unoptimized"]):
                    found, error = run(options.pack, path, x, folder, flags)
                    label = title + "".join(flags)
                    if found is None:
                        checks.check(label, False, error)
                        continue
                    difference = float(np.abs(found - wanted).max()) if found.shape == wanted.shape else np.inf
                    checks.check(label, difference <= allowed, f"differs by {difference}, allowed {allowed}")
    return checks.finish("quantized models run as in onnxruntime")


if __name__ == "__main__":
    sys.exit(main())
