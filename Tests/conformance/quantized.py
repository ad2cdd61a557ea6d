#!/usr/bin/env python3
"""Compares `pack run` with onnxruntime on models that onnxruntime's own quantizer has made.

A small perceptron and a small convolutional network (seeded) are quantized dynamically (QUInt8 and QInt8 weights, per tensor
and per channel) and statically (QDQ and QOperator), then both run them, as exported and after all passes. Outputs may differ
by one step of the output's scale (static), or by 1e-3 of the largest value. Then single operators of its own domain.

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


def operators():
    """Models of one operator of onnxruntime's own domain each: a name, a model, inputs, and the step of its output."""
    random = np.random.default_rng(5)

    def codes(*shape, dtype=np.uint8):
        info = np.iinfo(dtype)
        return random.integers(info.min, info.max + 1, shape).astype(dtype)

    def floats(*shape):
        return random.standard_normal(shape).astype(np.float32)

    def one(name, op, values, inputs=1, step=0.0, dtype=TensorProto.UINT8, **attributes):
        """The first `inputs` of the values are inputs, the others constants; None is absent."""
        names = [f"v{i}" if v is not None else "" for i, v in enumerate(values)]
        node = helper.make_node(op, names, ["y"], domain="com.microsoft", **attributes)
        given = {n: np.asarray(v) for n, v in list(zip(names, values))[:inputs]}
        graph = helper.make_graph(
            [node], name, [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape) for n, v in given.items()],
            [helper.make_value_info("y", helper.make_tensor_type_proto(dtype, None))],
            [numpy_helper.from_array(np.asarray(v), n) for n, v in list(zip(names, values))[inputs:] if v is not None])
        return name, helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)], ir_version=8), given, step

    def scale(value):
        return np.float32(value)

    u8, i8 = np.uint8, np.int8
    for dtype in (u8, i8):
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        a, b = codes(3, 4, 5, dtype=dtype), codes(4, 5, dtype=dtype)
        for op in ("QLinearAdd", "QLinearMul"):
            yield one(f"{op}_{dtype.__name__}", op, [
                a, scale(0.02), dtype(3), b, scale(0.03), dtype(9), scale(0.05), dtype(7)], 1, 1, kind)
        yield one(f"QLinearSigmoid_{dtype.__name__}", "QLinearSigmoid", [a, scale(0.02), dtype(3), scale(1 / 256), dtype(0)], 1, 1, kind)
        yield one(f"QLinearLeakyRelu_{dtype.__name__}", "QLinearLeakyRelu", [
            a, scale(0.02), dtype(3), scale(0.03), dtype(20)], 1, 1, kind, alpha=0.1)
        image = codes(2, 3, 6, 6, dtype=dtype)
        yield one(f"QLinearGlobalAveragePool_{dtype.__name__}", "QLinearGlobalAveragePool", [
            image, scale(0.02), dtype(3), scale(0.01), dtype(20)], 1, 1, kind)
        yield one(f"QLinearAveragePool_{dtype.__name__}", "QLinearAveragePool", [
            image, scale(0.02), dtype(3), scale(0.015), dtype(20)], 1, 1, kind, kernel_shape=[2, 3], strides=[2, 1], pads=[0, 1, 0, 1])
        yield one(f"QGemm_{dtype.__name__}", "QGemm", [
            codes(5, 40, dtype=dtype), scale(0.02), dtype(3), codes(12, 40, dtype=i8), random.uniform(0.001, 0.01, 12).astype(np.float32),
            np.zeros(12, i8), random.integers(-5000, 5000, 12).astype(np.int32), scale(0.1), dtype(50)], 1, 1, kind, transB=1)
    yield one("QLinearConcat", "QLinearConcat", [
        scale(0.03), u8(100), codes(2, 3), scale(0.02), u8(90), codes(2, 4), scale(0.05), u8(120)], 0, 1, axis=1)
    yield one("QGemm_float", "QGemm", [
        codes(5, 40), scale(0.02), u8(3), codes(40, 12, dtype=i8), scale(0.01), i8(0), random.integers(-5000, 5000, 12).astype(np.int32)],
        1, 0, TensorProto.FLOAT, alpha=0.5)
    for op, left in (("DynamicQuantizeMatMul", floats(4, 30)), ("MatMulIntegerToFloat", codes(4, 30))):
        rest = [codes(30, 20), random.uniform(0.001, 0.01, 20).astype(np.float32), codes(20), floats(20)]
        if left.dtype == u8:
            rest = [rest[0], scale(0.02), rest[1], u8(99), rest[2], rest[3]]
        yield one(op, op, [left] + rest, 1, 0, TensorProto.FLOAT)
    for bits, block, k, has_zeros in ((4, 32, 64, True), (4, 16, 70, True), (4, 128, 200, False), (8, 32, 64, True), (8, 32, 64, False)):
        n, blocks = 24, (k + block - 1) // block
        values = [floats(3, k), codes(n, blocks, block * bits // 8), random.uniform(0.01, 0.1, n * blocks).astype(np.float32)]
        if has_zeros:
            values.append(codes(n * ((blocks * bits + 7) // 8)))
        yield one(f"MatMulNBits_{bits}_{block}_{k}_{has_zeros}", "MatMulNBits", values, 1, 0, TensorProto.FLOAT, K=k, N=n, bits=bits, block_size=block)
    mask = np.array([5, 3], np.int32)
    yield one("QAttention", "QAttention", [
        codes(2, 5, 16), codes(16, 48, dtype=i8), floats(48), scale(0.02), scale(0.01), mask, u8(128), i8(0)], 1, 0, TensorProto.FLOAT,
        num_heads=4)


def step(path):
    """The scale of the last codes, or 0."""
    loaded = onnx.load(path)
    scales = {i.name: numpy_helper.to_array(i) for i in loaded.graph.initializer}
    for node in loaded.graph.node:
        if "y" in node.output and node.op_type == "DequantizeLinear":
            return float(np.max(scales[node.input[1]]))
    return 0.0


def run(pack, path, inputs, folder, flags):
    command = [pack, "run", path]
    for name, value in inputs.items():
        np.save(os.path.join(folder, f"{name}.npy"), value)
        command += ["--input", f"{name}={folder}/{name}.npy"]
    out = os.path.join(folder, "out")
    result = subprocess.run(command + ["--output-folder", out] + flags, capture_output=True, text=True)
    if result.returncode != 0:
        return None, result.stderr.strip()
    return np.load(os.path.join(out, json.loads(result.stdout)["outputs"]["y"]["file"])), ""


def compare(pack, title, path, inputs, step, folder):
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 3
    wanted = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"]).run(None, inputs)[0]
    allowed = step * 1.01
    if step == 0 or wanted.dtype == np.float32:
        allowed = max(allowed, 1e-3 * float(np.abs(wanted).max()))
    for flags in ([], ["--unoptimized"]):
        found, error = run(pack, path, inputs, folder, flags)
        label = title + "".join(flags)
        if found is None:
            checks.check(label, False, error)
            continue
        is_alike = found.shape == wanted.shape and found.dtype == wanted.dtype
        difference = float(np.abs(found.astype(np.float64) - wanted).max()) if is_alike else np.inf
        checks.check(label, difference <= allowed, f"differs by {difference}, allowed {allowed}")


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
                compare(options.pack, title, path, {"x": x}, step(path), folder)
    with tempfile.TemporaryDirectory(prefix="quantized") as folder:
        path = os.path.join(folder, "model.onnx")
        for title, made, inputs, allowed in operators():
            if options.filter in title:
                onnx.save(made, path)
                compare(options.pack, title, path, inputs, allowed, folder)
    return checks.finish("quantized models run as in onnxruntime")


if __name__ == "__main__":
    sys.exit(main())
