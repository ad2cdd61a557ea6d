#!/usr/bin/env python3
"""Compares `pack run` with onnxruntime on operators of com.microsoft that no file of onnxruntime's quantizer holds.

Models of one operator (seeded inputs) run as exported and after all passes; outputs may differ by 1e-5, or as a case says and
why. Operators that onnxruntime runs on GPUs only are compared with what its documentation (ContribOperators.md) says, in numpy.
Files that the documentation does not allow must be refused with a sentence about what is wrong.

Usage: microsoft.py [--pack FILE] [--filter TEXT]
"""
import argparse
import math
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
# The least that onnxruntime turns by angles.
WIDTH = 16
RANDOM = np.random.default_rng(3)


class Case(NamedTuple):
    """One operator with what is fed to it, and what the file holds."""

    node: onnx.NodeProto
    inputs: dict
    dtype: int = TensorProto.FLOAT
    constants: dict = {}
    tolerance: float = 1e-5
    # Of outputs that are not all said, where they are.
    said: dict = {}
    # The outputs by the documentation, from inputs and constants, for what onnxruntime has no kernel for on CPUs.
    formula: object = None
    # What the error must say, for a file that is not allowed.
    refusal: str = ""


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
    longer, each = np.ones((BATCH, QUERIES + 4), np.int32), np.tril(np.ones((BATCH, QUERIES, KEYS), np.int32))
    longer[0, :3] = 0
    yield "mask a query", attention(["", "m"], more={"m": each})
    yield "causal, cache", attention(["", "", "", "pk", "pv"], QUERIES, ("y", "nk", "nv"), past, unidirectional=1)
    yield "mask, cache", attention(["", "m", "", "pk", "pv"], QUERIES, ("y", "nk", "nv"), past | {"m": longer})
    yield "cache", attention(["", "", "", "pk", "pv"], QUERIES, ("y", "nk", "nv"), past)


def self_attention(past=None, mask=None, addend=False, **attributes):
    width = HEADS * SIZE
    inputs = {"x": floats(BATCH, QUERIES, 6)}
    if mask is not None:
        inputs["m"] = mask
    if past:
        inputs["past"] = floats(2, BATCH, HEADS, past, SIZE)
    if addend:
        inputs["a"] = floats(1, HEADS, QUERIES, QUERIES + (past or 0))
    given = ["x", "w", "b", *(name if name in inputs else "" for name in ("m", "past", "a"))]
    while not given[-1]:
        given.pop()
    node = helper.make_node(
        "Attention", given, ("y", "present") if past else ("y",), domain="com.microsoft", num_heads=HEADS, **attributes)
    return Case(node, inputs, constants={"w": floats(6, 3 * width), "b": floats(3 * width)})


def self_attention_cases():
    seen = np.ones((BATCH, QUERIES), np.int32)
    seen[0, 3:] = 0
    each = np.tril(np.ones((BATCH, QUERIES, QUERIES), np.int32))
    longer = np.ones((BATCH, QUERIES + 4), np.int32)
    longer[1, :3] = 0
    yield "Attention", self_attention()
    yield "Attention, mask", self_attention(mask=seen)
    yield "Attention, mask a query", self_attention(mask=each)
    yield "Attention, numbers of keys", self_attention(mask=np.array([3, 5], np.int32))
    yield "Attention, addend", self_attention(addend=True)
    yield "Attention, causal, addend", self_attention(addend=True, unidirectional=1)
    yield "Attention, causal", self_attention(unidirectional=1)
    yield "Attention, causal, mask", self_attention(mask=seen, unidirectional=1)
    yield "Attention, causal, cache", self_attention(4, unidirectional=1, scale=0.3)
    yield "Attention, causal, cache, mask", self_attention(4, longer, unidirectional=1)
    yield "Attention, cache", self_attention(4)


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
    for rule in ("linear", "gated", "delta", "gated_delta"):
        for heads in (1, 2):
            inputs = {"q": floats(2, 3, 2 * 8), "k": floats(2, 3, heads * 8) / 4, "v": floats(2, 3, heads * 6)}
            inputs |= {"s": floats(2, heads, 8, 6)}
            if rule.startswith("gated"):
                inputs["d"] = -np.abs(floats(2, 3, heads * 8))
            if rule.endswith("delta"):
                inputs["b"] = RANDOM.uniform(0, 1, (2, 3, heads)).astype(np.float32)
            names = [name if name in inputs else "" for name in ("q", "k", "v", "s", "d", "b")]
            while not names[-1]:
                names.pop()
            node = helper.make_node(
                "LinearAttention", names, ["y", "n"], domain="com.microsoft", q_num_heads=2, kv_num_heads=heads,
                update_rule=rule)
            yield f"LinearAttention, {rule}, {heads} heads", Case(node, inputs)
    for activation in ("none", "silu"):
        node = helper.make_node(
            "CausalConvWithState", ["x", "w", "b", "s"], ["y", "n"], domain="com.microsoft", activation=activation)
        yield f"CausalConvWithState, {activation}", Case(
            node, {"x": floats(2, 3, 5), "s": floats(2, 3, 3)}, constants={"w": floats(3, 1, 4), "b": floats(3)})
    yield "LSTM with peepholes, clip", lstm("forward", np.uint8, more="peepholes", clip=1.5)


def group_query(past, totals, packed=False, rotary=False, outputs=("y", "nk", "nv"), steps=None, more=None, **attributes):
    """`past` rows of a cache, of which each of the batch has filled what `totals` leaves beside the new ones."""
    batch, shared, steps = len(totals), 1, steps or (1 if past else QUERIES)
    constants, inputs = {}, {"q": floats(batch, steps, HEADS * WIDTH)}
    if packed:
        inputs = {"q": floats(batch, steps, (HEADS + 2 * shared) * WIDTH)}
    else:
        inputs |= {name: floats(batch, steps, shared * WIDTH) for name in ("k", "v")}
    if past is not None:
        inputs |= {name: floats(batch, shared, past, WIDTH) for name in ("pk", "pv")}
    inputs["n"] = np.array([total - 1 for total in totals], np.int32)
    constants["t"] = np.array(max(totals), np.int32)
    if rotary:
        angles = RANDOM.uniform(0, 3, (32, WIDTH // 2)).astype(np.float32)
        constants |= {"cos": np.cos(angles), "sin": np.sin(angles)}
    inputs |= more or {}
    names = ["q", "k", "v", "pk", "pv", "n", "t", "cos", "sin", "p", "a", "h"]
    given = [name if name in inputs or name in constants else "" for name in names]
    while not given[-1]:
        given.pop()
    node = helper.make_node(
        "GroupQueryAttention", given, outputs, domain="com.microsoft", num_heads=HEADS, kv_num_heads=shared,
        do_rotary=int(rotary), **attributes)
    return Case(node, inputs, constants=constants)


def group_query_cases():
    yield "GQA, prompt", group_query(None, [QUERIES, QUERIES])
    yield "GQA, prompt, empty cache", group_query(0, [QUERIES, QUERIES], steps=QUERIES)
    yield "GQA, prompt, packed, rotary", group_query(None, [QUERIES, QUERIES], packed=True, rotary=True)
    yield "GQA, prompt, window", group_query(None, [QUERIES, QUERIES], local_window_size=2)
    yield "GQA, step", group_query(4, [5, 5])
    yield "GQA, step, rotary interleaved", group_query(4, [5, 5], rotary=True, rotary_interleaved=1)
    rows = (np.arange(5) < np.array([[5], [3]]))[:, None, :, None]
    yield "GQA, step, lengths", group_query(4, [5, 3], rotary=True)._replace(said={"nk": rows, "nv": rows})
    yield "GQA, step, window, softcap, scale", group_query(6, [7, 7], local_window_size=3, softcap=1.5, scale=0.3)
    yield "GQA, prompt, sink", group_query(None, [QUERIES, QUERIES], more={"h": floats(HEADS)})
    yield "GQA, step, sink, window", group_query(6, [7, 7], local_window_size=3, more={"h": floats(HEADS)})
    yield "GQA, step, smooth softmax", group_query(4, [5, 5], smooth_softmax=1)
    yield "GQA, several steps, addend", group_query(4, [7], steps=3, more={"a": floats(1, HEADS, 3, 7)})


def rotary(shape, positions, size=SIZE, **attributes):
    angles = RANDOM.uniform(0, 3, (32, size // 2)).astype(np.float32)
    node = helper.make_node("RotaryEmbedding", ["x", "p", "c", "s"], ["y"], domain="com.microsoft", **attributes)
    return Case(node, {"x": floats(*shape), "p": positions}, constants={"c": np.cos(angles), "s": np.sin(angles)})


def rotary_cases():
    each = np.array([[0, 1, 2, 3, 4], [7, 8, 9, 10, 11]])
    yield "rotary", rotary((BATCH, QUERIES, HEADS * SIZE), each)
    yield "rotary from a position", rotary((BATCH, QUERIES, HEADS * SIZE), np.array([3]), interleaved=1)
    yield "rotary by heads", rotary((BATCH, HEADS, QUERIES, SIZE), each)
    yield "rotary of a part", rotary((BATCH, QUERIES, HEADS * SIZE), each, 4, num_heads=HEADS, rotary_embedding_dim=4)


def codes(dtype, *shape):
    bounds = np.iinfo(dtype)
    return RANDOM.integers(bounds.min, bounds.max + 1, shape).astype(dtype)


def pooled(op, dtype, shape, last, **attributes):
    inputs, constants = {"x": codes(dtype, *shape)}, {
        "xs": np.float32(0.04), "xz": np.array(3, dtype), "ys": np.float32(0.03), "yz": np.array(5, dtype)}
    node = helper.make_node(
        op, ["x", "xs", "xz", "ys", "yz"], ["y"], domain="com.microsoft", channels_last=last, **attributes)
    return Case(node, inputs, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), constants, tolerance=1)


def image_cases():
    """Codes may fall to the next one where a number lies between two."""
    for last, shape in ((0, (2, 3, 6, 7)), (1, (2, 6, 7, 3))):
        yield f"QLinearAveragePool, channels last {last}", pooled(
            "QLinearAveragePool", np.uint8, shape, last, kernel_shape=[2, 3], strides=[2, 1], pads=[0, 1, 0, 1])
        yield f"QLinearGlobalAveragePool, channels last {last}", pooled(
            "QLinearGlobalAveragePool", np.uint8, shape, last)
        node = helper.make_node(
            "QLinearConv", ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz", "b"], ["y"], domain="com.microsoft",
            channels_last=last, pads=[1, 1, 1, 1], strides=[2, 1])
        yield f"QLinearConv, channels last {last}", Case(
            node, {"x": codes(np.uint8, *shape)}, TensorProto.UINT8, {
                "xs": np.float32(0.04), "xz": np.uint8(120), "w": codes(np.uint8, 4, 3, 3, 3), "ws": np.float32(0.02),
                "wz": np.uint8(125), "ys": np.float32(0.5), "yz": np.uint8(128), "b": codes(np.int16, 4).astype(np.int32)}, 1)
    for dtype in (np.int8, np.uint8):
        node = helper.make_node(
            "NhwcMaxPool", ["x"], ["y"], domain="com.microsoft", kernel_shape=[3, 2], strides=[1, 2], pads=[1, 0, 1, 0])
        yield f"NhwcMaxPool of {np.dtype(dtype).name}", Case(
            node, {"x": codes(dtype, 2, 6, 7, 3)}, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))
    x, w, z = floats(1, 3, 6, 7), floats(4, 3, 3, 3), floats(1, 4, 6, 7)
    for activation, parameters in (("", []), ("Relu", []), ("LeakyRelu", [0.1]), ("Clip", [-0.5, 0.7]), ("HardSigmoid", [0.3, 0.4])):
        more = ({"activation": activation} if activation else {}) | ({"activation_params": parameters} if parameters else {})
        node = helper.make_node("FusedConv", ["x", "w", "b", "z"], ["y"], domain="com.microsoft", pads=[1] * 4, **more)
        yield f"FusedConv with an addend, {activation or 'no activation'}", Case(node, {"x": x, "z": z}, constants={"w": w, "b": floats(4)})


def narrow(bits, zeros, groups=False, k=48, n=6, block=16):
    blocks = k // block
    constants = {"w": codes(np.uint8, n, blocks, block * bits // 8), "s": np.abs(floats(n, blocks)) / 8}
    if zeros == "packed":
        constants["z"] = codes(np.uint8, n * ((blocks * bits + 7) // 8))
    if zeros == "numbers":
        constants["z"] = np.abs(floats(n * blocks))
    if groups:
        constants["g"] = RANDOM.integers(0, blocks, k).astype(np.int32)
    given = ["x"] + [name if name in constants else "" for name in ("w", "s", "z", "g")]
    while not given[-1]:
        given.pop()
    node = helper.make_node("MatMulNBits", given, ["y"], domain="com.microsoft", K=k, N=n, bits=bits, block_size=block)
    # Sums of some dozens of products of up to 255 steps.
    return Case(node, {"x": floats(3, k)}, constants=constants, tolerance=1e-4 * 2 ** (bits - 2))


def table(bits, zeros, dtype=np.uint8, indices=((0, 3), (2, 1)), k=64, rows=4, block=16):
    """Rows of a table, packed in bytes unless of a narrow type."""
    blocks = k // block
    packed = (bits if dtype == np.uint8 else 8) / 8
    constants = {"w": codes(np.uint8, rows, int(k * packed)), "s": np.abs(floats(rows, blocks)) / 8}
    if zeros:
        constants["z"] = codes(np.uint8, rows, -int(-blocks * packed // 1))
    if dtype != np.uint8:
        for name in set(constants) & {"w", "z"}:
            values = constants[name].astype(np.int64) % 16 - (8 if dtype == TensorProto.INT4 else 0)
            constants[name] = helper.make_tensor(name, dtype, values.shape, values.ravel().tolist())
    node = helper.make_node(
        "GatherBlockQuantized", ["w", "i", "s"] + ["z"] * zeros, ["y"], domain="com.microsoft", bits=bits,
        block_size=block, gather_axis=0, quantize_axis=1)
    return Case(node, {"i": np.array(indices)}, constants=constants)


def narrow_cases():
    for bits in (2, 4, 8):
        # onnxruntime has no numbers as zero points of 8 bits.
        for zeros in ("", "packed", "numbers")[:2 if bits == 8 else 3]:
            yield f"MatMulNBits of {bits} bits, zero points {zeros or 'of the middle'}", narrow(bits, zeros)
        for zeros in (False, True):
            yield f"GatherBlockQuantized of {bits} bits, zero points {zeros}", table(bits, zeros)
    # With an order of groups onnxruntime does not take packed zero points from them.
    for zeros in ("", "numbers"):
        yield f"MatMulNBits of 4 bits, an order of groups, zero points {zeros or 'of the middle'}", narrow(4, zeros, groups=True)
    for dtype, name in ((TensorProto.UINT4, "u4"), (TensorProto.INT4, "i4")):
        for zeros in (False, True):
            yield f"GatherBlockQuantized of {name}, zero points {zeros}", table(4, zeros, dtype, (1, 2, 0))
    for kind, name in ((0, "FP4"), (1, "NF4")):
        node = helper.make_node(
            "MatMulBnb4", ["x", "w", "m"], ["y"], domain="com.microsoft", K=24, N=6, block_size=16, quant_type=kind)
        yield f"MatMulBnb4 of {name}", Case(
            node, {"x": floats(3, 24)}, constants={"w": codes(np.uint8, 24 * 6 // 2), "m": np.abs(floats(24 * 6 // 16))})
    node = helper.make_node("MatMulInteger16", ["a", "b"], ["y"], domain="com.microsoft")
    yield "MatMulInteger16", Case(
        node, {"a": codes(np.int8, 2, 3, 5).astype(np.int16) * 50, "b": codes(np.int8, 5, 4).astype(np.int16)},
        TensorProto.INT32)
    for name, inputs in (
            ("a matrix a column", {"x": floats(3, 8)}), ("a batch", {"x": floats(2, 3, 8)})):
        node = helper.make_node("DynamicQuantizeMatMul", ["x", "w", "s", "z", "b"], ["y"], domain="com.microsoft")
        yield f"DynamicQuantizeMatMul, {name}", Case(node, inputs, constants={
            "w": codes(np.uint8, 8, 4), "s": np.abs(floats(4)) / 50, "z": codes(np.uint8, 4), "b": floats(4)})


def basic(op, inputs, outputs=("y",), dtype=TensorProto.FLOAT, constants=None, **attributes):
    names = [*inputs, *(constants or {})]
    node = helper.make_node(op, names, outputs, domain="com.microsoft", **attributes)
    return Case(node, inputs, dtype, constants or {})


def basic_cases():
    x = floats(2, 5, 6)
    yield "QuickGelu", basic("QuickGelu", {"x": x}, alpha=1.3)
    yield "BiasGelu", basic("BiasGelu", {"x": x, "b": floats(6)})
    yield "FastGelu", basic("FastGelu", {"x": x, "b": floats(6)})
    yield "Gelu", basic("Gelu", {"x": x})
    yield "SkipLayerNormalization", basic(
        "SkipLayerNormalization", {"x": x, "s": floats(2, 5, 6), "g": floats(6), "b": floats(6), "c": floats(6)},
        ("y", "", "", "sum"))
    yield "SkipSimplifiedLayerNormalization", basic(
        "SkipSimplifiedLayerNormalization", {"x": x, "s": floats(2, 5, 6), "g": floats(6), "c": floats(6)},
        ("y", "", "", "sum"))
    yield "ScaledSiLU", basic("ScaledSiLU", {"x": x}, alpha=0.7)
    yield "ScaledSiLU by a scalar", basic("ScaledSiLU", {"x": x, "s": np.array(1.4, np.float32)})
    yield "GatedAdd", basic("GatedAdd", {"x": x, "y0": floats(2, 5, 6), "g": floats(2, 5, 1)})
    for activation in ("silu", "sigmoid"):
        yield f"GatedRMSNorm, {activation}", basic(
            "GatedRMSNorm", {"x": x, "s": floats(3), "g": floats(2, 5, 6)}, activation=activation)
    yield "Trilu", basic("Trilu", {"x": x}, constants={"k": np.array(1)}, upper=0)
    yield "Pad", basic("Pad", {"x": x}, constants={"p": np.array([0, 1, 2, 0, 0, -1]), "v": np.float32(0.5)})
    yield "Pad of a row of pads", basic("Pad", {"x": x}, constants={"p": np.array([[0, 1, 2, 0, 0, 1]])}, mode="reflect")
    yield "GatherND", basic("GatherND", {"x": x}, constants={"i": np.array([[0, 3], [1, 2]])})
    yield "ExpandDims", basic("ExpandDims", {"x": x}, constants={"a": np.array(-2, np.int32)})
    yield "Range", basic("Range", {}, dtype=TensorProto.INT32, constants={
        "a": np.array(2, np.int32), "b": np.array([9], np.int32), "c": np.array(3, np.int32)})
    yield "Range without a step", basic("Range", {}, constants={"a": np.float32(0.5), "b": np.float32(4)})
    yield "UnfoldTensor", basic("UnfoldTensor", {"x": x}, dim=1, size=3, step=2)
    yield "UnfoldTensor of the last axis", basic("UnfoldTensor", {"x": x}, size=2)
    yield "TransposeMatMul", basic("TransposeMatMul", {"a": x, "b": floats(2, 5, 4)}, transA=1, alpha=0.5)
    for mode in ("bilinear", "nearest", "bicubic"):
        yield f"GridSample, {mode}", basic(
            "GridSample", {"x": floats(1, 2, 5, 6), "g": RANDOM.uniform(-1.1, 1.1, (1, 3, 4, 2)).astype(np.float32)}, mode=mode)


def normalized(image, gamma, beta, groups, activation):
    """Groups of channels of [N, H, W, C], each with mean 0 and variance 1, then scaled and shifted."""
    count, height, width, channels = image.shape
    parts = image.reshape(count, height * width, groups, channels // groups).astype(np.float64)
    mean, variance = parts.mean((1, 3), keepdims=True), parts.var((1, 3), keepdims=True)
    result = ((parts - mean) / np.sqrt(variance + 1e-5)).reshape(image.shape) * gamma + beta
    return result / (1 + np.exp(-result)) if activation else result


def last(image, is_last):
    return image if is_last else image.transpose(0, 2, 3, 1)


def first(image, is_last):
    return image if is_last else image.transpose(0, 3, 1, 2)


def group_norm(is_last, activation, skip=None, bias=False, groups=3, channels=6):
    shape = (2, 4, 5, channels) if is_last else (2, channels, 4, 5)
    skips = {"full": shape, "vector": (2, channels), "wide": (2, 1, 1, channels) if is_last else (2, channels, 1, 1)}
    constants = {"g": floats(channels), "b": floats(channels)}
    inputs, outputs = {"x": floats(*shape)}, ["y"]
    if skip:
        inputs["s"], outputs = floats(*skips[skip]), ["y", "sum"]
    if bias:
        constants["c"] = floats(channels)

    def formula(v):
        image = last(v["x"], is_last)
        if skip:
            added = v["s"][:, None, None] if skip == "vector" else last(v["s"], is_last)
            image = image + added + v.get("c", 0)
        result = [first(normalized(image, v["g"], v["b"], groups, activation), is_last)]
        return result + [first(image, is_last)] if skip else result

    node = helper.make_node(
        "SkipGroupNorm" if skip else "GroupNorm", ["x", "g", "b"] + ["s"] * bool(skip) + ["c"] * bias, outputs,
        domain="com.microsoft", groups=groups, activation=activation, channels_last=int(is_last))
    return Case(node, inputs, constants=constants, formula=formula)


def erf(x):
    return np.vectorize(math.erf)(x)


def softmax(x, axes):
    powers = np.exp(x - x.max(axes, keepdims=True))
    return powers / powers.sum(axes, keepdims=True)


def convolved(v, weights, pads, strides):
    """Of x [N, H, W, C] with weights [M, C, kH, kW]."""
    image = np.pad(v["x"].astype(np.float64), ((0, 0), (pads[0], pads[2]), (pads[1], pads[3]), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(image, weights.shape[2:], (1, 2))[:, ::strides[0], ::strides[1]]
    return np.einsum("nhwcij,mcij->nhwm", windows, weights) + v["b"]


def diffusion_cases():
    for is_last in (True, False):
        for activation in (0, 1):
            yield f"GroupNorm, channels last {int(is_last)}, activation {activation}", group_norm(is_last, activation)
        for skip in ("full", "vector", "wide"):
            yield f"SkipGroupNorm, channels last {int(is_last)}, skip {skip}", group_norm(
                is_last, 1, skip, bias=skip != "wide")
    yield "BiasAdd", basic("BiasAdd", {"x": floats(2, 5, 6)}, constants={"b": floats(6), "s": floats(2, 5, 6)})._replace(
        formula=lambda v: [v["x"] + v["b"] + v["s"]])

    def split_gelu(v):
        left, right = np.split(v["x"].astype(np.float64) + v["b"], 2, -1)
        return [left * 0.5 * right * (1 + erf(right / math.sqrt(2)))]

    yield "BiasSplitGelu", basic("BiasSplitGelu", {"x": floats(2, 5, 12)}, constants={"b": floats(12)})._replace(
        formula=split_gelu)
    for axis, shape, inner in ((3, (2, 1, 1, 5), 1), (-1, (1, 1, 4, 5), 0), (2, (3, 4, 5), 0)):
        axes = tuple(range(axis % 4, 4))
        yield f"BiasSoftmax from axis {axis} with a bias {shape}", basic(
            "BiasSoftmax", {"x": floats(2, 3, 4, 5), "b": floats(*shape)}, axis=axis, is_inner_broadcast=inner)._replace(
                formula=lambda v, axes=axes: [softmax(v["x"] + v["b"], axes)])
    more = {"pads": [1, 0, 1, 1], "strides": [2, 1]}
    yield "NhwcConv", basic(
        "NhwcConv", {"x": floats(2, 6, 7, 3)}, constants={"w": floats(4, 3, 2, 3), "b": floats(4)}, **more)._replace(
            formula=lambda v: [convolved(v, v["w"].transpose(0, 3, 1, 2), [1, 0, 1, 1], [2, 1])])
    yield "NhwcFusedConv with an addend and Relu", basic(
        "NhwcFusedConv", {"x": floats(2, 6, 7, 3)},
        constants={"w": floats(4, 3, 3, 2), "b": floats(4), "z": floats(2, 3, 7, 4)}, activation="Relu", **more)._replace(
            formula=lambda v: [np.maximum(convolved(v, v["w"], [1, 0, 1, 1], [2, 1]) + v["z"], 0)])


def matrix_cases():
    yield "Inverse", basic("Inverse", {"x": floats(2, 3, 5, 5) + 3 * np.eye(5, dtype=np.float32)})
    turned = np.eye(4, dtype=np.float32)[[2, 0, 3, 1]]
    yield "Inverse with zeros on the diagonal", basic("Inverse", {"x": turned})
    rectangles = np.array([[0, 0, 1, 1], [0.1, 0.2, 0.7, 0.9], [0.8, 0.9, 0.2, 0.1], [-0.3, 0.1, 0.6, 1.4]], np.float32)
    for mode in ("bilinear", "nearest"):
        for size in ((4, 3), (1, 1), (7, 9)):
            yield f"CropAndResize, {mode}, {size}", basic(
                "CropAndResize", {"x": floats(2, 3, 7, 9), "r": rectangles}, mode=mode, extrapolation_value=0.25,
                constants={"i": np.array([0, 1, 0, 1], np.int32), "s": np.array(size, np.int32)})


def mixed_heads(q, k, v, seen=None):
    """Attention over [batch, sequence, heads, size]."""
    scores = np.einsum("bqnh,bknh->bnqk", q.astype(np.float64), k) / math.sqrt(q.shape[-1])
    if seen is not None:
        scores = np.where(seen, scores, -np.inf)
    mixed = np.einsum("bnqk,bknh->bqnh", softmax(scores, -1), v)
    return mixed.reshape(*mixed.shape[:2], -1)


def packed_cases():
    """Queries, keys and values in one value, and texts one after another in one list."""
    heads = (HEADS, SIZE)
    for bias in (False, True):
        more = {"b": floats(3 * HEADS * SIZE)} if bias else {}

        def formula(v):
            parts = v["q"] + (v["b"].reshape(3, *heads).transpose(1, 0, 2) if "b" in v else 0)
            return [mixed_heads(*np.moveaxis(parts, 3, 0))]

        node = helper.make_node(
            "MultiHeadAttention", ["q", "", ""] + ["b"] * bias, ["y"], domain="com.microsoft", num_heads=HEADS)
        yield f"queries, keys and values in one, bias {bias}", Case(
            node, {"q": floats(BATCH, QUERIES, HEADS, 3, SIZE)} | more, formula=formula)
    node = helper.make_node("MultiHeadAttention", ["q", "k"], ["y"], domain="com.microsoft", num_heads=HEADS)
    yield "keys and values in one", Case(
        node, {"q": floats(BATCH, QUERIES, HEADS * SIZE), "k": floats(BATCH, KEYS, HEADS, 2, SIZE)},
        formula=lambda v: [mixed_heads(v["q"].reshape(BATCH, QUERIES, *heads), v["k"][..., 0, :], v["k"][..., 1, :])])
    apart = {name: floats(BATCH, HEADS, KEYS, SIZE) for name in "kv"}
    for bias in (False, True):
        node = helper.make_node(
            "MultiHeadAttention", ["q", "k", "v"] + ["b"] * bias, ["y"], domain="com.microsoft", num_heads=HEADS)
        more = {"b": floats(3 * HEADS * SIZE)} if bias else {}
        yield f"keys and values with heads apart, bias {bias}", Case(
            node, {"q": floats(BATCH, QUERIES, HEADS * SIZE)} | apart | more,
            formula=lambda v: [mixed_heads(
                (v["q"] + (v["b"][:HEADS * SIZE] if "b" in v else 0)).reshape(BATCH, QUERIES, *heads),
                v["k"].transpose(0, 2, 1, 3), v["v"].transpose(0, 2, 1, 3))])
    counts = np.array([3, 5, 1], np.int32)
    x = floats(3, 5, 4)
    kept = np.arange(5) < counts[:, None]
    places = np.concatenate([np.flatnonzero(kept), np.flatnonzero(~kept)]).reshape(3, 5).astype(np.int32)
    ends = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    node = helper.make_node("RemovePadding", ["x", "n"], ["y"], domain="com.microsoft")
    yield "RemovePadding", Case(node, {"x": x, "n": counts}, formula=lambda v: [v["x"][kept]])
    node = helper.make_node("RemovePadding", ["x", "n"], ["", "o", "e", "m"], domain="com.microsoft")
    yield "RemovePadding, places", Case(
        node, {"x": x, "n": counts}, TensorProto.INT32, formula=lambda v: [places, ends, np.array([5], np.int32)])
    node = helper.make_node("RestorePadding", ["x", "o"], ["y"], domain="com.microsoft")
    yield "RestorePadding", Case(
        node, {"x": x[kept], "o": places}, formula=lambda v: [np.where(kept[..., None], x, 0)])
    text = np.repeat(np.arange(3), counts)
    seen = text[:, None] == text
    tokens = {"p": places, "e": ends}
    node = helper.make_node(
        "PackedMultiHeadAttention", ["q", "k", "v", "b", "p", "e"], ["y"], domain="com.microsoft", num_heads=HEADS)
    rows = {name: floats(9, HEADS * SIZE) for name in "qkv"}
    bias = floats(3 * HEADS * SIZE)
    yield "PackedMultiHeadAttention", Case(
        node, rows | tokens, constants={"b": bias}, formula=lambda v: [mixed_heads(*(
            (v[name] + v["b"].reshape(3, -1)[i]).reshape(1, 9, *heads) for i, name in enumerate("qkv")), seen)[0]])
    node = helper.make_node(
        "PackedMultiHeadAttention", ["q", "", "", "", "p", "e"], ["y"], domain="com.microsoft", num_heads=HEADS)
    yield "PackedMultiHeadAttention, all in one", Case(
        node, {"q": floats(9, HEADS, 3, SIZE)} | tokens,
        formula=lambda v: [mixed_heads(*np.moveaxis(v["q"][None], 3, 0), seen)[0]])
    node = helper.make_node(
        "PackedAttention", ["x", "w", "b", "p", "e"], ["y"], domain="com.microsoft", num_heads=HEADS)
    yield "PackedAttention", Case(
        node, {"x": floats(9, 6)} | tokens, constants={"w": floats(6, 3 * HEADS * SIZE), "b": bias},
        formula=lambda v: [mixed_heads(*np.moveaxis(
            (v["x"] @ v["w"] + v["b"]).reshape(1, 9, 3, *heads), 2, 0), seen)[0]])


def refused_cases():
    """Files that the documentation does not allow."""
    x = floats(2, 4, 5, 6)

    def refused(what, says, op, inputs, constants=None, **attributes):
        return f"refused: {op}, {what}", basic(op, inputs, constants=constants, **attributes)._replace(refusal=says)

    pair = {"g": floats(6), "b": floats(6)}
    yield refused("groups", "4 groups", "GroupNorm", {"x": x}, pair, groups=4, activation=0)
    yield refused("no groups", "0 groups", "GroupNorm", {"x": x}, pair, activation=0)
    yield refused("activation", "activation 2", "GroupNorm", {"x": x}, pair, groups=3, activation=2)
    yield refused("weights", "[5]", "GroupNorm", {"x": x}, pair | {"g": floats(5)}, groups=3, activation=0)
    yield refused("rank", "rank 3", "GroupNorm", {"x": floats(2, 6)}, pair, groups=3, activation=0)
    yield refused("skip", "[2, 5]", "SkipGroupNorm", {"x": x}, pair | {"s": floats(2, 5)}, groups=3, activation=0)
    yield refused("bias", "[4]", "BiasAdd", {"x": floats(2, 5, 6)}, {"b": floats(4), "s": floats(2, 5, 6)})
    yield refused("skip", "[1, 5, 6]", "BiasAdd", {"x": floats(2, 5, 6)}, {"b": floats(6), "s": floats(1, 5, 6)})
    yield refused("width", "width of 7", "BiasSplitGelu", {"x": floats(2, 5, 7)}, {"b": floats(7)})
    yield refused("bias", "more axes", "BiasSoftmax", {"x": floats(2, 3), "b": floats(1, 2, 3)}, axis=1)
    yield refused("weights", "rank 4", "NhwcConv", {"x": x}, {"w": floats(4, 3, 6)})
    yield refused("matrices", "rows and columns", "Inverse", {"x": floats(2, 3, 4)})
    crop = {"i": np.zeros(1, np.int32), "s": np.array([2, 2], np.int32)}
    corner = {"x": x, "r": floats(1, 4)}
    yield refused("mode", "mode cubic", "CropAndResize", corner, crop, mode="cubic")
    yield refused("size", "crop_size", "CropAndResize", corner, crop | {"s": np.array([0, 2], np.int32)})
    yield refused("rectangles", "4 numbers", "CropAndResize", {"x": x, "r": floats(1, 3)}, crop)
    yield refused("indices", "[3]", "CropAndResize", corner, crop | {"i": np.zeros(3, np.int32)})
    yield refused("heads", "2 heads", "MultiHeadAttention", {"q": floats(1, 2, 3, 3, 4)}, num_heads=2)


def cases():
    yield from diffusion_cases()
    yield from matrix_cases()
    yield from packed_cases()
    yield from refused_cases()
    yield from group_query_cases()
    yield from rotary_cases()
    yield from image_cases()
    yield from narrow_cases()
    yield from basic_cases()
    yield from attention_cases()
    yield from self_attention_cases()
    yield from quantized_cases()
    yield from recurrent_cases()


def computed(path, inputs):
    """What onnxruntime says, with several threads, as it runs where it is used."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session.run(None, inputs)


def difference(pack, folder, case, flags):
    """The largest difference from the outputs of onnxruntime or of a formula."""
    node, inputs, dtype = case[:3]
    path = os.path.join(folder, "model.onnx")
    ports = [helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
             for name, value in inputs.items()]
    wanted = [name for name in node.output if name]
    outputs = [helper.make_tensor_value_info(name, dtype, None) for name in wanted]
    sets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    constants = [
        value if isinstance(value, TensorProto) else onnx.numpy_helper.from_array(np.asarray(value), name)
        for name, value in case.constants.items()]
    graph = helper.make_graph([node], "one", ports, outputs, constants)
    onnx.save(helper.make_model(graph, opset_imports=sets, ir_version=8), path)
    command = [pack, "run", path, "--output-folder", os.path.join(folder, "out"), *flags]
    for name, value in inputs.items():
        file = os.path.join(folder, name + ".npy")
        np.save(file, value)
        command += ["--input", f"{name}={file}"]
    result = subprocess.run(command, capture_output=True, text=True)
    if case.refusal:
        return 0.0 if result.returncode == 2 and case.refusal in result.stderr else f"no refusal: {result.stderr}"
    if result.returncode != 0:
        return result.stderr
    expected = case.formula(inputs | case.constants) if case.formula else computed(path, inputs)
    largest = 0
    for name, right in zip(wanted, expected):
        found = np.load(os.path.join(folder, "out", name + ".npy"))
        if found.shape != right.shape:
            return f"shape {found.shape}, expected {right.shape}"
        distance = np.abs(found.astype(np.float64) - right) * case.said.get(name, 1)
        largest = max(largest, distance.max(initial=0))
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
