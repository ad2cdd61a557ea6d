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
    # Names of extents that the file leaves open, by input and axis.
    free: dict = {}
    # Inputs in whose memory onnxruntime must write outputs, by the outputs' names.
    shared: dict = {}


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
    # Where the CPU has no dot products of bytes, onnxruntime cuts off sums of two products of u8 and i8 that 16 bits do not hold.
    most = 64 if weights == np.int8 else 127
    scale = (ways, 4 * hidden) if columns else (ways,)
    constants = {
        "w": RANDOM.integers(low + 128 - most, low + 129 + most, (ways, width, 4 * hidden)).astype(weights),
        "r": RANDOM.integers(low + 128 - most, low + 129 + most, (ways, hidden, 4 * hidden)).astype(weights),
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


def buckets(distances, count, most, both):
    """Of key's places minus queries', as T5 has them, in f32."""
    count, first = (count // 2, (distances > 0) * (count // 2)) if both else (count, 0)
    span = np.abs(distances) if both else np.maximum(-distances, 0)
    exact = count // 2
    share = np.log(np.maximum(span, 1).astype(np.float32) / np.float32(exact)) / np.log(np.float32(most) / np.float32(exact))
    far = np.minimum(exact + (share * np.float32(count - exact)).astype(np.int64), count - 1)
    return first + np.where(span < exact, span, far)


def relative_cases():
    """Addends of positions; a table says [buckets, heads] and lies as [heads, buckets]."""
    for both in (0, 1):
        for length, most, count in ((5, 128, 32), (70, 20, 12)):
            places = np.arange(length)
            chosen = buckets(places - places[:, None], count, most, both)
            lengths = {name: np.array([length]) for name in ("s", "k")}
            node = helper.make_node(
                "RelativePositionBias", ["t", "s", "k"], ["y"], domain="com.microsoft", max_distance=most, is_bidirectional=both)
            for fixed in (True, False):
                yield f"RelativePositionBias, both ways {both}, {length} places, known {fixed}", Case(
                    node, {"x": floats(1)} if fixed else lengths,
                    constants={"t": floats(count, HEADS)} | (lengths if fixed else {}),
                    formula=lambda v, chosen=chosen: [v["t"].reshape(v["t"].shape[::-1])[:, chosen][None]])
    constants = {
        "b": floats(HEADS * SIZE), "w": floats(SIZE, 8), "c": floats(8), "e": floats(1, HEADS, 1, 1)}

    def gated(v):
        rows = (v["q"] + v["b"]).reshape(*v["q"].shape[:2], HEADS, SIZE).transpose(0, 2, 1, 3)
        sums = (rows @ v["w"] + v["c"]).reshape(*rows.shape[:3], 2, 4).sum(-1)
        u, r = np.moveaxis(1 / (1 + np.exp(-sums)), -1, 0)[..., None]
        return [(u * (r * v["e"] - 1) + 2) * v["p"]]

    node = helper.make_node(
        "GatedRelativePositionBias", ["q", "b", "p", "w", "c", "e"], ["y"], domain="com.microsoft", num_heads=HEADS)
    inputs = {"q": floats(BATCH, QUERIES, HEADS * SIZE), "p": floats(1, HEADS, QUERIES, QUERIES)}
    yield "GatedRelativePositionBias", Case(node, inputs, constants=constants, formula=gated)
    node = helper.make_node(
        "GatedRelativePositionBias", ["q", "b", "p", "w", "c", "e", "o"], ["y"], domain="com.microsoft", num_heads=HEADS)
    kept = np.arange(QUERIES) < np.array([[3], [5]])
    places = np.concatenate([np.flatnonzero(kept), np.flatnonzero(~kept)]).reshape(kept.shape).astype(np.int32)

    def packed(v):
        whole = np.zeros((*kept.shape, HEADS * SIZE), np.float32)
        whole[kept] = v["q"]
        return gated(v | {"q": whole})

    yield "GatedRelativePositionBias of a list of tokens", Case(
        node, inputs | {"q": floats(8, HEADS * SIZE), "o": places}, constants=constants, formula=packed)
    for shape in ((1, HEADS, QUERIES, KEYS), (BATCH, 1, QUERIES, KEYS), (1, 1, QUERIES, KEYS)):
        yield f"MultiHeadAttention, an addend {shape}", attention(["", "", "a"], more={"a": floats(*shape)})
    yield "MultiHeadAttention, an addend of heads, a cache", attention(
        ["", "", "a", "pk", "pv"], QUERIES, ("y", "nk", "nv"), {
            "a": floats(1, HEADS, QUERIES, QUERIES + 4), "pk": floats(BATCH, HEADS, 4, SIZE), "pv": floats(BATCH, HEADS, 4, SIZE)})
    seen = np.ones((BATCH, KEYS), np.int32)
    seen[1, 2] = 0
    yield "MultiHeadAttention, scores", attention(
        ["", "m", "a"], outputs=("y", "", "", "scores"), more={"m": seen, "a": floats(1, HEADS, QUERIES, KEYS)})._replace(
            tolerance=1e-3)  # Masked scores are −10000.
    yield "MultiHeadAttention, numbers of keys", attention(["", "n"], more={"n": np.array([7, 3], np.int32)})
    for shape in ((1, 1, QUERIES, QUERIES), (BATCH, HEADS, QUERIES, QUERIES)):
        case = self_attention(addend=True)
        yield f"Attention, an addend {shape}", case._replace(inputs=case.inputs | {"a": floats(*shape)})
    yield "Attention, first and last keys", self_attention(mask=np.array([5, 4, 1, 0], np.int32))
    for bounds in ([5, 4, 1, 0], [5, 4]):
        yield f"Attention, {len(bounds)} bounds of keys, a free batch", self_attention(
            mask=np.array(bounds, np.int32))._replace(free={("x", 0): "batch", ("x", 1): "length"})
    yield "Attention, numbers of keys, a free batch", self_attention(mask=np.array([5, 4], np.int32))._replace(
        free={("x", 0): "batch", ("m", 0): "batch"})
    node = helper.make_node(
        "Attention", ["x", "w", "b"], ["y"], domain="com.microsoft", num_heads=HEADS, qkv_hidden_sizes=[24, 24, 12])
    yield "Attention, narrower values", Case(
        node, {"x": floats(BATCH, QUERIES, 6)}, constants={"w": floats(6, 60), "b": floats(60)})


def activated(x, name, alpha=1.0, beta=0.0, limit=np.inf):
    """Of a gate and a linear half for swiglu and geglu."""
    if name in ("swiglu", "geglu"):
        gate, linear = x
        if name == "geglu":
            return activated(gate, "gelu") * linear
        gate = np.minimum(gate, limit)
        return gate / (1 + np.exp(-alpha * gate)) * (np.clip(linear, -limit, limit) + beta)
    return {
        "relu": np.maximum(x, 0), "identity": x, "silu": x / (1 + np.exp(-x)), "relu2": np.maximum(x, 0) ** 2,
        "gelu": 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))}[name]


def mixture(x, scores, first, second, third, name, best, fusion=0, normal=False, among=False, given=None, **parameters):
    """Each of first, second, third: matrices and biases of the experts."""
    tokens = x.reshape(-1, x.shape[-1]).astype(np.float64)
    result = np.zeros_like(tokens)
    for row, token in enumerate(tokens):
        shares = softmax(scores[row].astype(np.float64), -1)
        chosen = np.argsort(-shares, kind="stable")[:best]
        parts = shares[chosen] if given is None else given[row, chosen]
        parts = parts / parts.sum() if normal or among else parts
        for expert, part in zip(chosen, parts):
            hidden = first[0][expert] @ token + first[1][expert]
            if fusion:
                hidden = (hidden[::2], hidden[1::2]) if fusion == 1 else np.split(hidden, 2)
            elif name == "swiglu":
                hidden = hidden, third[0][expert] @ token + third[1][expert]
            hidden = activated(hidden, name, **parameters)
            if third and name != "swiglu":
                hidden = hidden * (third[0][expert] @ token + third[1][expert])
            result[row] += part * (second[0][expert] @ hidden + second[1][expert])
    return [result.reshape(x.shape)]


def experts(name, best=2, fusion=0, third=False, compare=True, shape=(9,), count=4, inner=12, width=8, **attributes):
    """A mixture; with `compare` beside onnxruntime, which runs most of them."""
    rows = inner * (2 if fusion else 1)
    constants = {
        "w1": floats(count, rows, width) / 3, "b1": floats(count, rows), "w2": floats(count, width, inner) / 3,
        "b2": floats(count, width)}
    if third:
        constants |= {"w3": floats(count, inner, width) / 3, "b3": floats(count, inner)}
    inputs = {"x": floats(*shape, width), "r": floats(int(np.prod(shape)), count)}
    node = helper.make_node(
        "MoE", [*inputs, *constants], ["y"], domain="com.microsoft", k=best, activation_type=name, swiglu_fusion=fusion,
        **attributes)
    names = {"activation_alpha": "alpha", "activation_beta": "beta", "swiglu_limit": "limit"}
    parameters = {names[key]: value for key, value in attributes.items() if key in names}

    def formula(v):
        pairs = [(v[f"w{i}"], v[f"b{i}"]) if f"w{i}" in v else None for i in (1, 2, 3)]
        return mixture(
            v["x"], v["r"], *pairs, name, best, fusion, bool(attributes.get("normalize_routing_weights")), **parameters)

    return Case(node, inputs, constants=constants, formula=None if compare else formula)


def packed_codes(values, bits):
    """Codes along the last axis in bytes, the first in the lowest bits."""
    each = 8 // bits
    pads = [(0, 0)] * (values.ndim - 1) + [(0, -values.shape[-1] % each)]
    values = np.pad(values, pads)
    return sum(values[..., i::each] << (i * bits) for i in range(each)).astype(np.uint8)


def narrow_matrices(bits, block, zeros, count, rows, columns):
    """Codes, scales and zero points as QMoE has them, and the numbers that they mean."""
    blocks = columns // block if block else 1
    numbers = RANDOM.integers(0, 1 << bits, (count, rows, columns)).astype(np.uint8)
    scales = ((np.abs(floats(count, rows, blocks)) + 0.1) / (1 << bits) / 5).astype(np.float32)
    points = np.full((count, rows, blocks), 1 << (bits - 1), np.uint8)
    if zeros:
        points = RANDOM.integers(0, 1 << bits, points.shape).astype(np.uint8)
    spread = [np.repeat(part.astype(np.float32), columns // blocks, -1) for part in (points, scales)]
    shown = points if block else points[..., 0]
    return (packed_codes(numbers, bits), scales if block else scales[..., 0], packed_codes(shown, bits) if zeros else None,
            (numbers - spread[0]) * spread[1])


def narrow_experts(bits, block, zeros, name="swiglu", third=False, best=2, compare=True, given=False, **attributes):
    count, inner, width = 4, 32, 64
    fusion = 1 if name == "swiglu" and not third else 0
    shapes = [(inner * (2 if fusion else 1), width), (width, inner)] + [(inner, width)] * third
    sides = [narrow_matrices(bits, block, zeros, count, *shape) for shape in shapes]
    biases = [floats(count, shape[0]) for shape in shapes]
    constants, names = {}, ["x", "r"]
    for i in range(3):
        for kind, value in (("w", sides[i][0]), ("s", sides[i][1]), ("b", biases[i])) if i < len(sides) else ((kind, None) for kind in "wsb"):
            if value is not None:
                constants[f"{kind}{i}"] = value
            names.append(f"{kind}{i}" if value is not None else "")
    for i in range(3):
        if zeros and i < len(sides):
            constants[f"z{i}"] = sides[i][2]
        names.append(f"z{i}" if f"z{i}" in constants else "")
    inputs = {"x": floats(7, width), "r": floats(7, count)}
    if given:
        inputs["g"] = np.abs(floats(7, count))
        names.append("g")
    while not names[-1]:
        names.pop()
    if block:
        attributes["block_size"] = block
    node = helper.make_node(
        "QMoE", names, ["y"], domain="com.microsoft", k=best, activation_type=name, swiglu_fusion=fusion,
        expert_weight_bits=bits, weights_prepacked=0, **attributes)

    def formula(v):
        pairs = [(side[3], bias) for side, bias in zip(sides, biases)] + [None]
        return mixture(
            v["x"], v["r"], *pairs[:3], name, best, fusion, bool(attributes.get("normalize_routing_weights")), not given,
            v.get("g"))

    return Case(node, inputs, constants=constants, formula=None if compare else formula)


def expert_cases():
    for name in ("relu", "gelu", "silu", "identity"):
        yield f"MoE, {name}", experts(name)
    yield "MoE, one expert each", experts("silu", best=1)
    yield "MoE, all experts", experts("silu", best=4, normalize_routing_weights=1)
    yield "MoE, one expert", experts("relu", best=1, count=1)
    yield "MoE of a batch", experts("gelu", shape=(2, 5))
    yield "MoE of a free number of tokens", experts("gelu", shape=(5,))._replace(free={("x", 0): "n", ("r", 0): "n"})
    yield "MoE of a free batch", experts("gelu", shape=(2, 5))._replace(
        free={("x", 0): "batch", ("x", 1): "length", ("r", 0): "tokens"})
    yield "MoE of one token", experts("gelu", shape=(1,), count=16)
    yield "MoE, swiglu", experts("swiglu", fusion=1, normalize_routing_weights=1)
    yield "MoE, swiglu with parameters", experts(
        "swiglu", fusion=1, activation_alpha=1.702, activation_beta=1.0, swiglu_limit=0.5)
    yield "MoE, swiglu, halves one after the other", experts("swiglu", fusion=2, compare=False, activation_beta=1.0)
    yield "MoE, swiglu of two projections", experts("swiglu", third=True, compare=False, swiglu_limit=0.7)
    yield "MoE, silu of two projections", experts("silu", third=True, compare=False)
    yield "MoE, geglu", experts("geglu", fusion=1, compare=False)
    yield "MoE, relu2", experts("relu2", compare=False)
    for bits in (2, 4, 8):
        for block in (0, 16, 32):
            for zeros in (False, True):
                # onnxruntime rounds rows to 8 bits for blocks of 8 bits.
                yield f"QMoE of {bits} bits, blocks of {block}, zero points {zeros}", narrow_experts(
                    bits, block, zeros, compare=bits < 8 or not block)
    for name in ("relu", "gelu", "silu"):
        yield f"QMoE, {name}", narrow_experts(4, 0, False, name)
    yield "QMoE, given shares", narrow_experts(4, 0, False, given=True)
    yield "QMoE, given shares, normalized", narrow_experts(4, 0, False, given=True, normalize_routing_weights=1)
    yield "QMoE, three projections", narrow_experts(4, 16, True, third=True, compare=False)
    yield "QMoE, other bits of the second", narrow_experts(4, 16, True, fc2_expert_weight_bits=4)


def sparse_attention(totals, layouts=1, steps=1, packed=False, do_rotary=False, cache=64, heads=4, **attributes):
    """Layouts keep the block at hand, the first one, and in the second layout one before."""
    size, shared, block = 16, 2, 16
    blocks = cache // block
    masks = [np.tril(np.ones((blocks, blocks), bool)) for _ in range(layouts)]
    for i, mask in enumerate(masks):
        for row in range(blocks):
            mask[row, 1 + (i == 1):row - (i == 1)] = False
    starts = np.array([[0, *np.cumsum(mask.sum(1))] for mask in masks], np.int32)
    lists = [np.nonzero(mask)[1] for mask in masks]
    columns = np.array([[*row, *[-1] * (max(map(len, lists)) - len(row))] for row in lists], np.int32)
    batch = len(totals)
    inputs = {"q": floats(batch, steps, (heads + (2 * shared if packed else 0)) * size)}
    if not packed:
        inputs |= {name: floats(batch, steps, shared * size) for name in "kv"}
    inputs |= {name: floats(batch, shared, cache, size) for name in ("pk", "pv")}
    inputs["n"] = np.array(totals, np.int32)
    constants = {"br": starts, "bc": columns, "t": np.array([max(totals)], np.int32)}
    if do_rotary:
        angles = RANDOM.uniform(0, 3, (cache, size // 2)).astype(np.float32)
        constants |= {"cos": np.cos(angles), "sin": np.sin(angles)}
    names = ["q", "k", "v", "pk", "pv", "br", "bc", "t", "n", "cos", "sin"]
    given = [name if name in inputs or name in constants else "" for name in names]
    while not given[-1]:
        given.pop()
    node = helper.make_node(
        "SparseAttention", given, ["y", "nk", "nv"], domain="com.microsoft", num_heads=heads, kv_num_heads=shared,
        sparse_block_size=block, do_rotary=int(do_rotary), **attributes)
    def formula(v):
        results, caches = [], [v["pk"].copy(), v["pv"].copy()]
        for b, total in enumerate(totals):
            own, others = np.arange(total - steps, total), np.arange(total)
            for cache_, new in zip(caches, "kv"):
                cache_[b, :, own] = v[new][b].reshape(steps, shared, size)
            result = np.zeros((steps, heads, size))
            for head in range(heads):
                keys, values = (part[b, head * shared // heads, :total] for part in caches)
                seen = masks[head % layouts][own[:, None] // block, others // block] & (others <= own[:, None])
                scores = v["q"][b].reshape(steps, heads, size)[:, head] @ keys.T * attributes.get("scale", size ** -0.5)
                result[:, head] = softmax(np.where(seen, scores, -np.inf), -1) @ values
            results.append(result.reshape(steps, -1))
        return [np.stack(results), *caches]

    # onnxruntime mixes up rows of texts that are shorter than the longest one.
    is_even = len(set(totals)) == 1
    # What is beyond a text's end may be anything.
    rows = (np.arange(cache) < np.array(totals)[:, None])[:, None, :, None]
    return Case(
        node, inputs, constants=constants, said={"nk": rows, "nv": rows}, shared={"nk": "pk", "nv": "pv"},
        formula=None if is_even else formula)


def sparse_cases():
    for layouts in (1, 2):
        yield f"SparseAttention, step, {layouts} layouts", sparse_attention([60, 60], layouts)
        yield f"SparseAttention, step, lengths, {layouts} layouts", sparse_attention([60, 33], layouts, scale=0.2)
        yield f"SparseAttention, prompt, {layouts} layouts", sparse_attention([50, 50], layouts, steps=50)
    yield "SparseAttention, packed, rotary", sparse_attention([41, 41], 2, packed=True, do_rotary=True)
    yield "SparseAttention, prompt, packed", sparse_attention([40], 2, steps=40, packed=True)


def decoder_attention(order, inputs, outputs=("y", "nk", "nv"), **attributes):
    node = helper.make_node(
        "DecoderMaskedMultiHeadAttention", order, outputs, domain="com.microsoft", num_heads=HEADS, **attributes)
    return Case(node, inputs)


def decoder_cases():
    width, filled, rows = HEADS * SIZE, 4, 7
    one = {name: floats(BATCH, 1, width) for name in "qkv"}
    caches = {name: floats(BATCH, HEADS, rows, SIZE) for name in ("pk", "pv")}
    count = {"n": np.array([filled], np.int32)}
    seen = np.ones((BATCH, filled + 1), np.int32)
    seen[0, 1] = 0
    order = ["q", "k", "v", "", "", "pk", "pv", "n"]
    shared = {"past_present_share_buffer": 1}
    yield "DecoderMaskedMultiHeadAttention", decoder_attention(order, one | caches | count, **shared)
    yield "DecoderMaskedMultiHeadAttention, mask, addend, bias", decoder_attention(
        ["q", "k", "v", "m", "a", "pk", "pv", "n", "", "", "b"],
        one | {"m": seen, "a": floats(1, HEADS, 1, filled + 1)} | caches | count | {"b": floats(3 * width)}, **shared)
    yield "DecoderMaskedMultiHeadAttention, scores", decoder_attention(
        order, one | caches | count, ("y", "nk", "nv", "qk"), output_qk=1, scale=0.3, **shared)
    yield "DecoderMaskedMultiHeadAttention, all in one", decoder_attention(
        ["q", "", "", "", "", "pk", "pv", "n"], {"q": floats(BATCH, 1, 3 * width)} | caches | count, **shared)._replace(
            formula=lambda v: one_step(*np.split(v["q"], 3, -1), v["pk"], v["pv"], filled))
    yield "DecoderMaskedMultiHeadAttention, a cache that grows", decoder_attention(order[:7], one | caches)._replace(
        formula=lambda v: one_step(v["q"], v["k"], v["v"], v["pk"], v["pv"], rows))
    others = {name: floats(BATCH, HEADS, 5, SIZE) for name in "kv"}
    padding = np.ones((BATCH, 5), np.int32)
    padding[1, 3:] = 0
    yield "DecoderMaskedMultiHeadAttention, another text", decoder_attention(
        ["q", "k", "v", "m"], {"q": one["q"]} | others | {"m": padding}, ("y",))
    past = floats(2, BATCH, HEADS, 4, SIZE)
    node = helper.make_node(
        "DecoderMaskedSelfAttention", ["x", "w", "b", "", "past", "", "n"], ["y", "present"], domain="com.microsoft",
        num_heads=HEADS)

    def own(v):
        parts = np.split(v["x"] @ v["w"] + v["b"], 3, -1)
        y, keys, values = one_step(*parts, *v["past"], 4)
        return [y, np.stack([keys, values])]

    yield "DecoderMaskedSelfAttention", Case(
        node, {"x": floats(BATCH, 1, 6), "past": past, "n": np.array([4], np.int32)},
        constants={"w": floats(6, 3 * width), "b": floats(3 * width)}, formula=own)


def one_step(q, k, v, keys, values, filled):
    """One query over what is filled of a cache and a new row, and the cache with that row."""
    rows = [np.concatenate([cache[:, :, :filled], new.reshape(BATCH, HEADS, 1, SIZE), cache[:, :, filled + 1:]], 2)
            for cache, new in ((keys, k), (values, v))]
    known = [part[:, :, :filled + 1].transpose(0, 2, 1, 3) for part in rows]
    return [mixed_heads(q.reshape(BATCH, 1, HEADS, SIZE), *known), *rows]


def fused_cases():
    x = floats(2, 5, 6)
    for turned in (0, 1):
        left = floats(5, 2, 3, 4) if turned else floats(4, 2, 3, 5)
        yield f"FusedMatMul, transBatchA, transA {turned}", basic(
            "FusedMatMul", {"a": left, "b": floats(2, 3, 5, 6)}, transBatchA=1, transA=turned, alpha=0.5)
        right = floats(6, 2, 3, 5) if turned else floats(5, 2, 3, 6)
        yield f"FusedMatMul, transBatchB, transB {turned}", basic(
            "FusedMatMul", {"a": floats(2, 3, 4, 5), "b": right}, transBatchB=1, transB=turned)
    for name in ("Relu", "Elu", "Celu", "HardSigmoid", "Softplus", "Softsign", "ThresholdedRelu", "ScaledTanh", "LeakyRelu"):
        yield f"FusedGemm, {name}", basic(
            "FusedGemm", {"a": floats(2, 3)}, constants={"b": floats(3, 4), "c": floats(4)}, activation=name,
            activation_alpha=0.3, activation_beta=0.4)
    yield "FusedMatMulActivation, Softmax", basic(
        "FusedMatMulActivation", {"a": floats(2, 3, 4), "b": floats(2, 3, 5)}, transA=1, activation="Softmax",
        activation_axis=1)._replace(formula=lambda v: [softmax(v["a"].swapaxes(1, 2) @ v["b"], 1)])
    yield "GemmFastGelu", basic("GemmFastGelu", {"x": x}, constants={"w": floats(6, 4), "b": floats(4)})._replace(
        formula=lambda v: [activated(v["x"].astype(np.float64) @ v["w"] + v["b"], "gelu")])
    yield "BiasDropout", basic("BiasDropout", {"x": x, "b": floats(6), "r": floats(2, 5, 6)})._replace(
        formula=lambda v: [v["x"] + v["b"] + v["r"]])
    yield "BiasDropout without a residual", basic("BiasDropout", {"x": x, "b": floats(2, 5, 6)})._replace(
        formula=lambda v: [v["x"] + v["b"]])
    yield "BitmaskDropout", basic("BitmaskDropout", {"x": x})._replace(formula=lambda v: [v["x"]])
    yield "BitmaskBiasDropout", basic("BitmaskBiasDropout", {"x": x, "b": floats(6)})._replace(
        formula=lambda v: [v["x"] + v["b"]])
    parameters = {"limit": 0.6, "alpha": 1.7, "beta": 1.0}
    named = {"limit": 0.6, "activation_alpha": 1.7, "activation_beta": 1.0}
    yield "SwiGLU", basic("SwiGLU", {"x": x, "l": floats(2, 5, 6)})._replace(
        formula=lambda v: [activated((v["x"], v["l"]), "swiglu")])
    yield "SwiGLU of halves, with parameters", basic("SwiGLU", {"x": x}, **named)._replace(
        formula=lambda v: [activated(np.split(v["x"], 2, -1), "swiglu", **parameters)])

    def routed(v):
        product = v["x"] @ v["w"]
        return [product[..., :2], activated(np.split(product[..., 2:], 2, -1), "swiglu", **parameters)]

    yield "RouterGateUpProj", basic(
        "RouterGateUpProj", {"x": x}, ("r", "y"), constants={"w": floats(6, 10)}, router_size=2, **named)._replace(
            formula=routed)
    yield "TorchEmbedding", basic("TorchEmbedding", {}, constants={"w": floats(5, 3), "i": np.array([[1, 4], [0, 2]])})._replace(
        formula=lambda v: [v["w"][v["i"]]])
    for bad, kind, finite in ((np.inf, {}, False), (np.nan, {}, False), (0, {}, True), (np.inf, {"isnan_only": 1}, True)):
        yield f"IsAllFinite with {bad}, {kind}", basic(
            "IsAllFinite", {"a": floats(3), "b": np.array([1, bad], np.float32)}, dtype=TensorProto.BOOL, **kind)._replace(
                formula=lambda v, finite=finite: [np.array(finite)])
    yield "SampleOp", basic("SampleOp", {"x": x})
    yield "ConvTransposeWithDynamicPads", basic(
        "ConvTransposeWithDynamicPads", {"x": floats(1, 3, 5, 6)},
        constants={"w": floats(3, 2, 3, 3), "p": np.array([1, 0, 1, 1]), "b": floats(2)}, strides=[2, 1])


def signal_cases():
    for shape in ((2, 16), (3, 2, 10)):
        yield f"Rfft of {shape}", basic("Rfft", {"x": floats(*shape)}, signal_ndim=1)._replace(
            formula=lambda v: [np.stack([part(np.fft.rfft(v["x"].astype(np.float64))) for part in (np.real, np.imag)], -1)])
        yield f"Irfft to {shape}", basic("Irfft", {"x": floats(*shape[:-1], shape[-1] // 2 + 1, 2)}, signal_ndim=1)._replace(
            formula=lambda v: [np.fft.irfft(v["x"][..., 0] + 1j * v["x"][..., 1].astype(np.float64))])
    for op, turn in (("ComplexMul", np.asarray), ("ComplexMulConj", np.conj)):
        yield op, basic(op, {"a": floats(2, 5, 2), "b": floats(1, 5, 2)})._replace(formula=lambda v, turn=turn: [
            (v["a"].view(np.complex64) * turn(v["b"].view(np.complex64))).view(np.float32)])


def word_cases():
    tokens = np.array([[1, 2, 3, 1, 2], [4, 4, 4, 4, 4], [0, 5, 3, 2, 1]])
    for size in (1, 2, 3, 5, 6):
        yield f"NGramRepeatBlock of {size}", basic(
            "NGramRepeatBlock", {"i": tokens, "s": floats(3, 7)}, ngram_size=size)
    letters = np.array([[1, 2, 3, 0, 0], [4, 0, 0, 0, 0], [5, 4, 3, 2, 1], [7, 7, 6, 1, 0]], np.int32)
    weights = {"w": floats(6, 1, 3, 4), "b": floats(6), "c": floats(8, 4)}
    yield "WordConvEmbedding", basic("WordConvEmbedding", {"s": letters}, constants=weights)
    for seed in (0, 77):
        for dtype in (np.int32, np.uint32, np.int64, np.uint64, np.float32, np.float64):
            values = RANDOM.integers(-2 ** 62, 2 ** 62, 9)
            values = values.astype(dtype) if np.dtype(dtype).kind != "f" else values.astype(dtype) * dtype(1e-17)
            for positive in (0, 1):
                yield f"MurmurHash3 of {np.dtype(dtype).name}, seed {seed}, positive {positive}", basic(
                    "MurmurHash3", {"x": values}, dtype=TensorProto.UINT32 if positive else TensorProto.INT32, seed=seed,
                    positive=positive)


def sum_cases():
    for dtype in (np.int8, np.uint8):
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        x = codes(dtype, 3, 4, 5)
        low = np.iinfo(dtype).min
        constants = {"s": np.float32(0.1), "z": np.array(3, dtype), "t": np.float32(0.05), "u": np.array(low + 128, dtype)}
        yield f"QLinearReduceMean of {np.dtype(dtype).name}", basic(
            "QLinearReduceMean", {"x": x}, dtype=kind, constants=constants, axes=[1, -1], keepdims=0)._replace(
                tolerance=1, formula=lambda v: [quantized_mean(v)])
        yield f"ReduceSumInteger of {np.dtype(dtype).name}", basic(
            "ReduceSumInteger", {"x": x}, dtype=TensorProto.INT32, axes=[0, 2], keepdims=1)._replace(
                formula=lambda v: [v["x"].astype(np.int32).sum((0, 2), keepdims=True)])
        yield f"MulInteger of {np.dtype(dtype).name}", basic(
            "MulInteger", {"a": x}, dtype=TensorProto.INT32,
            constants={"p": np.array(5, dtype), "b": codes(dtype, 4, 5), "q": np.array(9, dtype)})._replace(
                formula=lambda v: [(v["a"].astype(np.int32) - 5) * (v["b"].astype(np.int32) - 9)])


def quantized_mean(v):
    bounds = np.iinfo(v["x"].dtype)
    mean = ((v["x"].astype(np.float64) - v["z"]) * v["s"]).mean((1, 2))
    return np.clip(np.rint(mean / v["t"]) + v["u"], bounds.min, bounds.max)


def mrotary(shape, sections, layout, size=WIDTH, **attributes):
    angles = RANDOM.uniform(0, 3, (32, size // 2)).astype(np.float32)
    steps = shape[1] if len(shape) == 3 else shape[2]
    positions = RANDOM.integers(0, 32, (3, shape[0], steps))
    node = helper.make_node(
        "MRotaryEmbedding", ["x", "p", "c", "s"], ["y"], domain="com.microsoft", mrope_section=sections, mrope_layout=layout,
        **attributes)
    return Case(node, {"x": floats(*shape), "p": positions}, constants={"c": np.cos(angles), "s": np.sin(angles)})


def branch_cases():
    """Streams of 3 branches of 4 features, apart and side by side."""
    for flat in (0, 1):
        shape, more = ((2, 5, 12), {"num_branches": 3}) if flat else ((2, 5, 3, 4), {})
        x = {"x": floats(*shape)}
        for scale in ((3, 4), (12,), (4,)):
            yield f"BranchwiseRMSNorm, flat {flat}, scale {scale}", basic(
                "BranchwiseRMSNorm", x, constants={"s": floats(*scale)}, **more)
        yield f"BranchwiseRMSNorm, flat {flat}", basic("BranchwiseRMSNorm", x, epsilon=0.1, **more)
        for gates in ((2, 5, 3), (2, 5, 3, 1), (2, 5, 3, 4)) + ((2, 5, 12),) * flat:
            yield f"HyperConnectionPreMix, flat {flat}, gates {gates}", basic(
                "HyperConnectionPreMix", x | {"g": floats(*gates)}, reduction_scale=0.5, **more)
        for gates in ((2, 5, 3), (2, 5, 3, 1), (2, 5, 3, 4)):
            inputs = x | {"b": floats(2, 5, 4), "g": floats(*gates)}
            yield f"HyperConnectionPostMix, flat {flat}, gates {gates}", basic("HyperConnectionPostMix", inputs, **more)
            yield f"HyperConnectionPostMix, flat {flat}, gates {gates}, mixed", basic(
                "HyperConnectionPostMix", inputs | {"m": floats(2, 5, 3, 3)}, **more)
    yield "EngramGate", basic(
        "EngramGate", {"k": floats(2, 5, 3, 8), "q": floats(2, 5, 3, 8), "v": floats(2, 5, 8)}, ("y", "n"),
        constants={"a": floats(3, 8), "b": floats(3, 8), "c": floats(3, 8)})
    yield "LinearAttentionGate", basic(
        "LinearAttentionGate", {"a": floats(2, 5, 3)}, constants={"t": floats(3), "s": -np.abs(floats(3))})
    node = helper.make_node("LinearAttentionGate", ["a", "t", "s", "b"], ["y", "r"], domain="com.microsoft")
    yield "LinearAttentionGate with a rate", Case(
        node, {"a": floats(2, 5, 3), "b": floats(2, 5, 3)}, constants={"t": floats(3), "s": -np.abs(floats(3))})
    for layout in (0, 1):
        for shape in ((2, 5, 3 * WIDTH), (2, 3, 5, WIDTH)):
            yield f"MRotaryEmbedding, layout {layout}, {shape}", mrotary(shape, [4, 2, 2], layout, num_heads=3)
        yield f"MRotaryEmbedding, layout {layout}, in turn", mrotary((2, 3, 5, WIDTH), [3, 3, 2], layout, interleaved=1)
        yield f"MRotaryEmbedding of a part, layout {layout}", mrotary(
            (2, 5, 3 * WIDTH), [2, 1, 1], layout, 8, num_heads=3, rotary_embedding_dim=8)
    parts = {name: floats(2, 3, 5, 8) for name in ("q", "r", "k", "t")}
    yield "GemmaRotaryEmbedding", basic("GemmaRotaryEmbedding", {"e": floats(2, 5, 8)} | parts, ("y", "z"))._replace(
        formula=lambda v: [
            v[plain] * np.cos(v["e"])[:, None] + v[turned] * np.sin(v["e"])[:, None] for plain, turned in ("qr", "kt")])


def unbuilt_cases():
    """Operators that are refused by name, each with its reason."""
    for op, says in (
            ("BeamSearch", "whole search"), ("PagedAttention", "in pages"), ("QOrderedMatMul", "kernels of one device"), ("GatedDeltaNet", "one list"),
            ("MatMulNBitsMlp", "loads a file for a GPU"), ("EPContext", "compiled for one device"),
            ("DynamicTimeWarping", "each step"), ("AttnLSTM", "one model of its own"),
            ("SparseToDenseMatMul", "sparse tensor"), ("NoSuchOperator", "no operator of that name")):
        yield f"refused: {op}", basic(op, {"x": floats(2, 3)})._replace(refusal=says)
    # What is neither built nor refused with a reason would be an oversight.
    known = {schema.name for schema in onnxruntime.capi.onnxruntime_pybind11_state.get_all_operator_schema()
             if schema.domain == "com.microsoft"}
    for op in sorted(known):
        case = basic(op, {"x": floats(2, 3)})
        yield f"known: {op}", case._replace(refusal=Unlike("no operator of that name"))


class Unlike(str):
    """A text that must not be in an error."""


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
    ones = {"s": np.array([4]), "k": np.array([4])}
    yield refused("buckets", "1 buckets", "RelativePositionBias", {}, {"t": floats(1, 2)} | ones, max_distance=9)
    yield refused("distance", "max_distance 2", "RelativePositionBias", {}, {"t": floats(8, 2)} | ones, max_distance=2)
    yield refused("lengths", "4 queries and 5 keys", "RelativePositionBias", {}, {
        "t": floats(8, 2), "s": np.array([4]), "k": np.array([5])}, max_distance=9)
    gates = {"b": floats(6), "p": floats(1, 2, 4, 4), "w": floats(3, 5), "c": floats(5), "e": floats(1, 2, 1, 1)}
    yield refused("gates", "even number", "GatedRelativePositionBias", {"q": floats(1, 4, 6)}, gates, num_heads=2)
    yield refused("addends", "[1, 2, 4, 4]", "GatedRelativePositionBias", {"q": floats(1, 5, 6)}, gates | {
        "w": floats(3, 4), "c": floats(4)}, num_heads=2)
    tokens, some = {"x": floats(5, 8), "r": floats(5, 4)}, {"w1": floats(4, 6, 8), "b1": floats(4, 6), "w2": floats(4, 8, 6)}
    yield refused("experts", "k 5 of 4", "MoE", tokens, some, k=5)
    yield refused("activation", "activation_type tanh", "MoE", tokens, some, activation_type="tanh")
    yield refused("gate", "swiglu_fusion 0", "MoE", tokens, some, activation_type="swiglu")
    yield refused("widths", "[4, 12]", "MoE", tokens, some, activation_type="swiglu", swiglu_fusion=1)
    yield refused("weights", "[4, 6, 7]", "MoE", tokens, some | {"w1": floats(4, 6, 7)})
    yield refused("bias", "[4, 5]", "MoE", tokens, some | {"b1": floats(4, 5)})
    yield refused("tokens", "[6, 4]", "MoE", tokens | {"r": floats(6, 4)}, some)
    yield refused("mixer", "use_sparse_mixer 1", "MoE", tokens, some, use_sparse_mixer=1)
    narrow_ones = {"w1": codes(np.uint8, 4, 6, 4), "s1": floats(4, 6), "b1": floats(4, 6), "w2": codes(np.uint8, 4, 8, 3)}
    more = {"s2": floats(4, 8)}
    yield refused("bits", "weights of 3 bits", "QMoE", tokens, narrow_ones | more, expert_weight_bits=3)
    yield refused("block", "block_size 16", "QMoE", tokens, narrow_ones | more, block_size=16)
    yield refused("scales", "scales [4, 7]", "QMoE", tokens, narrow_ones | {"s2": floats(4, 7)})
    yield refused("order", "weights_prepacked 1", "QMoE", tokens, narrow_ones | more, weights_prepacked=1)
    yield refused("kind", "quant_type fp4", "QMoE", tokens, narrow_ones | more, quant_type="fp4")
    sparse = sparse_attention([40], 2)
    for what, says, constants, attributes in (
            ("block", "sparse_block_size 8", {}, {"sparse_block_size": 8}),
            ("starts", "starts that grow", {"br": np.array([[0, 1, 2, 3, 4], [0, 9, 2, 3, 4]], np.int32)}, {}),
            ("blocks", "block 4", {"bc": np.full((2, 9), 4, np.int32)}, {}),
            ("layouts", "3 layouts for 4", {"br": np.zeros((3, 5), np.int32), "bc": np.zeros((3, 9), np.int32)}, {})):
        given = helper.make_node(
            "SparseAttention", sparse.node.input, sparse.node.output, domain="com.microsoft",
            **{part.name: helper.get_attribute_value(part) for part in sparse.node.attribute} | attributes)
        yield f"refused: SparseAttention, {what}", sparse._replace(
            node=given, constants=sparse.constants | constants, refusal=says)
    caches = {"pk": floats(BATCH, HEADS, 7, SIZE), "pv": floats(BATCH, HEADS, 7, SIZE)}
    one = {name: floats(BATCH, 1, HEADS * SIZE) for name in "qkv"}
    yield "refused: DecoderMaskedMultiHeadAttention, beams", decoder_attention(
        ["q", "k", "v", "", "", "pk", "pv", "n", "w"], one | caches | {
            "n": np.array([3], np.int32), "w": np.array([4], np.int32)}, past_present_share_buffer=1)._replace(refusal="beams")
    yield "refused: DecoderMaskedMultiHeadAttention, several queries", decoder_attention(
        ["q", "k", "v"], {name: floats(BATCH, 2, HEADS * SIZE) for name in "qkv"}, ("y",))._replace(refusal="[2, 2, 24]")
    yield refused("size", "ngram_size 0", "NGramRepeatBlock", {"i": np.zeros((1, 3), np.int64), "s": floats(1, 4)}, ngram_size=0)
    yield refused("batch", "[2, 3]", "NGramRepeatBlock", {"i": np.zeros((2, 3), np.int64), "s": floats(1, 4)}, ngram_size=2)
    letters = {"w": floats(6, 1, 3, 4), "b": floats(6), "c": floats(8, 5)}
    yield refused("sizes", "[6, 1, 3, 4]", "WordConvEmbedding", {"s": np.ones((2, 5), np.int32)}, letters)
    yield refused("window", "window of 3", "WordConvEmbedding", {"s": np.ones((2, 2), np.int32)}, letters | {"c": floats(8, 4)})
    yield refused("halves", "width of 5", "SwiGLU", {"x": floats(2, 5)})
    yield refused("parts", "[2, 3]", "ComplexMul", {"a": floats(2, 3), "b": floats(2, 3)})
    yield refused("branches", "5 branches", "BranchwiseRMSNorm", {"x": floats(2, 12)}, num_branches=5)
    yield refused("gates", "gates [2, 5]", "HyperConnectionPreMix", {"x": floats(2, 3, 4)}, {"g": floats(2, 5)})
    yield refused("sections", "mrope_section [4, 2, 1]", "MRotaryEmbedding", {
        "x": floats(1, 2, WIDTH), "p": np.zeros((3, 1, 2), np.int64)}, {"c": floats(9, 8), "s": floats(9, 8)}, mrope_section=[4, 2, 1])
    yield refused("norm", "normalized 1", "Rfft", {"x": floats(2, 8)}, signal_ndim=1, normalized=1)
    yield refused("activation", "activation Cos", "FusedGemm", {"a": floats(2, 3)}, {"b": floats(3, 4)}, activation="Cos")
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
    yield from relative_cases()
    yield from expert_cases()
    yield from sparse_cases()
    yield from decoder_cases()
    yield from fused_cases()
    yield from signal_cases()
    yield from word_cases()
    yield from sum_cases()
    yield from branch_cases()
    yield from unbuilt_cases()


def computed(path, inputs, shared):
    """What onnxruntime says, with several threads, as it runs where it is used."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    if not shared:
        return session.run(None, inputs)
    binding = session.io_binding()
    values = {name: onnxruntime.OrtValue.ortvalue_from_numpy(value.copy()) for name, value in inputs.items()}
    for name, value in values.items():
        binding.bind_ortvalue_input(name, value)
    for output in session.get_outputs():
        if output.name in shared:
            binding.bind_ortvalue_output(output.name, values[shared[output.name]])
        else:
            binding.bind_output(output.name)
    session.run_with_iobinding(binding)
    return binding.copy_outputs_to_cpu()


def difference(pack, folder, case, flags):
    """The largest difference from the outputs of onnxruntime or of a formula."""
    node, inputs, dtype = case[:3]
    path = os.path.join(folder, "model.onnx")
    ports = [
        helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(value.dtype),
            [case.free.get((name, axis), extent) for axis, extent in enumerate(value.shape)])
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
        if isinstance(case.refusal, Unlike):
            is_fine = result.returncode in (0, 2) and case.refusal not in result.stderr
            return 0.0 if is_fine else f"no reason: {result.stderr}"
        return 0.0 if result.returncode == 2 and case.refusal in result.stderr else f"no refusal: {result.stderr}"
    if result.returncode != 0:
        return result.stderr
    expected = case.formula(inputs | case.constants) if case.formula else computed(path, inputs, case.shared)
    largest = 0
    for name, right in zip(wanted, expected):
        found = np.load(os.path.join(folder, "out", name + ".npy"))
        if found.shape != right.shape:
            return f"shape {found.shape}, expected {right.shape}"
        # Infinities may be the same, and what is no number is far from all.
        rest = np.subtract(found, right, dtype=np.float64, where=found != right, out=np.zeros(found.shape))
        distance = np.where(case.said.get(name, True), np.abs(np.nan_to_num(rest, nan=np.inf)), 0)
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
