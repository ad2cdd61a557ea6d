#!/usr/bin/env python3
"""Writes Fixtures/quantized: single quantized operators with the outputs that onnxruntime or onnx.reference give (seeded)."""
import os

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from operator_cases import write

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
random = np.random.default_rng(7)
TYPES = {"float32": TensorProto.FLOAT, "uint8": TensorProto.UINT8, "int8": TensorProto.INT8, "int32": TensorProto.INT32}


def codes(dtype, *shape):
    info = np.iinfo(dtype)
    return random.integers(info.min, info.max + 1, shape).astype(dtype)


def numbers(*shape):
    return random.standard_normal(shape).astype(np.float32)


def scales(*shape):
    return random.uniform(0.001, 0.01, shape).astype(np.float32)


def case(name, op, inputs, constants=(), outputs=(None,), domain="", other=False, tolerance=(0, 0), **attributes):
    """A case: inputs by name, None where one is absent; `other` takes onnx.reference's answer."""
    node = helper.make_node(
        op, [n if v is not None else "" for n, v in inputs.items()], [f"y{i}" for i in range(len(outputs))], domain=domain,
        **attributes)
    given = {n: v for n, v in inputs.items() if v is not None}
    values = [helper.make_tensor_value_info(n, TYPES[v.dtype.name], v.shape) for n, v in given.items()]
    wanted = [helper.make_value_info(f"y{i}", helper.make_tensor_type_proto(t or TensorProto.FLOAT, None)) for i, t in enumerate(outputs)]
    model = helper.make_model(
        helper.make_graph([node], name, values, wanted), ir_version=10,
        opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)])
    if other:
        found = ReferenceEvaluator(model).run(None, given)
    else:
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        found = onnxruntime.InferenceSession(model.SerializeToString(), options).run(None, given)
    return (name, node, given, found, [c for c in constants if c in given], {}, tolerance)


def main():
    I32, U8, I8 = TensorProto.INT32, TensorProto.UINT8, TensorProto.INT8
    cases = []
    zero = np.array(77, np.uint8)
    for dtype in (np.uint8, np.int8):
        for k, n, rows in ((700, 37, 5), (3, 1, 40), (512, 130, 1)):
            a, b = codes(np.uint8, rows, k), codes(dtype, k, n)
            for constant in (["b"], []):
                cases.append(case(
                    f"product_{dtype.__name__}_{k}_{n}{'_constant' if constant else ''}", "MatMulInteger",
                    dict(a=a, b=b, az=zero, bz=codes(dtype, n)), constant, [I32], other=True))
    cases.append(case(
        "product_signed", "MatMulInteger", dict(a=codes(np.int8, 2, 3, 70), b=codes(np.int8, 70, 20), az=np.array(-5, np.int8)),
        ["b"], [I32], other=True))
    least = np.full((64, 16), -128, np.int8)
    cases.append(case("product_least", "MatMulInteger", dict(a=np.zeros((2, 64), np.uint8), b=least, az=zero), ["b"], [I32], other=True))
    for constant in (["b"], []):
        suffix = "_constant" if constant else ""
        cases.append(case(
            "codes" + suffix, "QLinearMatMul", dict(
                a=codes(np.uint8, 6, 90), asc=scales(), az=zero, b=codes(np.int8, 90, 40), bsc=scales(40), bz=np.zeros(40, np.int8),
                ysc=np.array(0.05, np.float32), yz=np.array(120, np.uint8)), constant, [U8]))
        cases.append(case(
            "dynamic" + suffix, "DynamicQuantizeMatMul", dict(
                a=numbers(3, 4, 50), b=codes(np.uint8, 50, 33), bsc=scales(33), bz=codes(np.uint8, 33), bias=numbers(33)),
            constant, domain="com.microsoft", tolerance=(1e-5, 1e-4)))
        cases.append(case(
            "float" + suffix, "MatMulIntegerToFloat", dict(
                a=codes(np.uint8, 7, 50), b=codes(np.int8, 50, 33), asc=scales(), bsc=scales(), az=zero, bz=np.array(3, np.int8),
                bias=numbers(33)), constant, domain="com.microsoft", tolerance=(1e-5, 1e-4)))
        cases.append(case(
            "convolution" + suffix.replace("b", "w"), "ConvInteger", dict(
                x=codes(np.uint8, 2, 6, 9, 7), b=codes(np.uint8, 8, 3, 3, 2), xz=zero, bz=np.array(9, np.uint8)), constant, [I32],
            other=True, group=2, pads=[1, 0, 1, 1], strides=[2, 1], dilations=[1, 2]))
        cases.append(case(
            "convolution_codes" + suffix, "QLinearConv", dict(
                x=codes(np.uint8, 2, 4, 11), xsc=scales(), xz=zero, b=codes(np.int8, 24, 4, 5), bsc=scales(24), bz=np.zeros(24, np.int8),
                ysc=np.array(0.04, np.float32), yz=np.array(111, np.uint8), bias=random.integers(-9000, 9000, 24).astype(np.int32)),
            constant, [U8], pads=[2, 2]))
    cases.append(case("range", "DynamicQuantizeLinear", dict(x=numbers(40, 30)), (), [U8, None, U8], tolerance=(1e-6, 0)))
    cases.append(case("range_of_nothing", "DynamicQuantizeLinear", dict(x=np.zeros((4,), np.float32)), (), [U8, None, U8]))
    x = numbers(4, 6, 5) * 3
    cases.append(case("codes_of_numbers", "QuantizeLinear", dict(x=x, s=np.array(0.03, np.float32), z=np.array(-4, np.int8)), (), [I8]))
    cases.append(case("codes_along_axis", "QuantizeLinear", dict(x=x, s=scales(6), z=codes(np.uint8, 6)), (), [U8], axis=-2))
    cases.append(case("codes_along_last", "QuantizeLinear", dict(x=x, s=scales(5), z=codes(np.uint8, 5)), (), [U8], axis=2))
    cases.append(case(
        "codes_of_blocks", "QuantizeLinear", dict(x=x, s=scales(4, 2, 5) * 30, z=codes(np.uint8, 4, 2, 5)), (), [U8], axis=1,
        block_size=3, other=True))
    cases.append(case("numbers_of_blocks", "DequantizeLinear", dict(x=codes(np.int8, 4, 6, 7), s=scales(4, 6, 3)), (), axis=2, block_size=3))
    cases.append(case("numbers_along_axis", "DequantizeLinear", dict(x=codes(np.int8, 4, 6, 7), s=scales(4), z=codes(np.int8, 4)), (), axis=0))
    cases.append(case("numbers_of_sums", "DequantizeLinear", dict(x=random.integers(-10**6, 10**6, (4, 3)).astype(np.int32), s=scales(3)), (), axis=1))
    write(os.path.join(ROOT, "Fixtures", "quantized", "quantized"), cases)


if __name__ == "__main__":
    main()
