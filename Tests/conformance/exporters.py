#!/usr/bin/env python3
"""Checks that passes recognize attention and normalization as exporters write them, and compares outputs with onnxruntime.

Graphs are built here in the spellings of torch.onnx (both exporters), optimum and tf2onnx, with seeded weights. Of each, the
operators after all passes must be as stated, and outputs must lie within 1e-4 of onnxruntime's, of the largest of them. Near
misses must stay as they are. Files of a folder, as Tests/reference/export_transformers.py writes them, are checked likewise.

Usage: exporters.py [--pack FILE] [--filter TEXT] [--models FOLDER]
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from typing import NamedTuple

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
HEADS, SIZE, WIDTH, MOST = 4, 8, 32, 16
LOWEST = float(np.finfo(np.float32).min)


class Draft:
    """A graph under construction, over x [batch, sequence, WIDTH]."""

    def __init__(self, opset=17, batch="batch", sequence="sequence"):
        self.opset, self.random = opset, np.random.default_rng(11)
        self.batch, self.sequence = batch, sequence
        self.nodes, self.constants, self.ports, self.outputs = [], [], [], []
        self.x = self.port("x", TensorProto.FLOAT, [batch, sequence, WIDTH])

    def port(self, name, dtype, shape):
        self.ports.append(helper.make_tensor_value_info(name, dtype, shape))
        return name

    def mask(self, length=None, dtype=TensorProto.INT64):
        return self.port("mask", dtype, [self.batch, length or self.sequence])

    def node(self, op, *inputs, outputs=1, **attributes):
        names = [f"{op}_{len(self.nodes)}_{index}" for index in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, value, dtype=np.float32):
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def list(self, *values):
        return self.constant(values, np.int64)

    def index(self, value):
        return self.constant(value, np.int64)

    def weight(self, *shape):
        return self.constant(self.random.uniform(-0.5, 0.5, shape))

    def extent(self, value, axis):
        """As a scalar."""
        return self.node("Gather", self.node("Shape", value), self.index(axis), axis=0)

    def listed(self, scalar):
        return self.node("Unsqueeze", scalar, self.list(0))

    def linear(self, x, width=WIDTH, source=WIDTH):
        return self.node("Add", self.node("MatMul", x, self.weight(source, width)), self.weight(width))

    def heads(self, value, order=(0, 2, 1, 3), heads=HEADS, of=None):
        rows = [self.listed(self.extent(of or self.x, axis)) for axis in (0, 1)]
        apart = self.node("Concat", *rows, self.list(heads, SIZE), axis=0)
        return self.node("Transpose", self.node("Reshape", value, apart), perm=list(order))

    def joined(self, mixed):
        rows = self.node("Transpose", mixed, perm=[0, 2, 1, 3])
        return self.node("Reshape", rows, self.list(0, 0, WIDTH))

    def parts(self, source=None, heads=HEADS):
        """Queries and keys [batch, heads, sequence, size], and values."""
        source = source or self.x
        queries = self.heads(self.linear(self.x))
        return queries, *(self.heads(self.linear(source, heads * SIZE), heads=heads, of=source) for _ in range(2))

    def turned(self, keys):
        return self.node("Transpose", keys, perm=[0, 1, 3, 2])

    def scores(self, q, k):
        return self.node("Mul", self.node("MatMul", q, self.turned(k)), self.constant(SIZE**-0.5))

    def mix(self, scores, values, guard=False):
        weights = self.node("Softmax", scores, axis=-1)
        if guard:
            weights = self.node("Where", self.node("IsNaN", weights), self.constant(0), weights)
        return self.joined(self.node("MatMul", weights, values))

    def finish(self, *outputs):
        """The model; outputs go through a layer, as they do in models."""
        layer = self.node("MatMul", outputs[0], self.weight(WIDTH, WIDTH))
        names = [layer, *outputs[1:]]
        ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names]
        graph = helper.make_graph(self.nodes, "draft", self.ports, ports, self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)


class Case(NamedTuple):
    model: onnx.ModelProto
    # Operators after all passes.
    operators: dict
    # Extents of named axes, and what masks there are: of each, tokens of each text; negative: at the end.
    shapes: tuple = ({"batch": 2, "sequence": 5}, {"batch": 1, "sequence": 1}, {"batch": 3, "sequence": 13})
    masks: tuple = (None,)


FUSED, APART = {"Attention": 1, "Softmax": 0}, {"Attention": 0, "Softmax": 1}
# Right padding, left padding, and a text without any token.
MASKS = ((5, 2), (-5, -3), (4, 0))
BATCHES = ({"batch": 2, "sequence": 5},)


def torch_causal(draft, k_first=True):
    """Whether keys are at most at a query's place, by comparing positions."""
    count = draft.extent(draft.x, 1)
    places = draft.node("Range", draft.index(0), count, draft.index(1))
    keys = draft.node("Unsqueeze", places, draft.list(0, 1, 2))
    queries = draft.node("Unsqueeze", draft.node("Unsqueeze", places, draft.list(0, 1)), draft.list(3))
    seen = draft.node("LessOrEqual", keys, queries) if k_first else draft.node("LessOrEqual", queries, keys)
    return draft.node("And", draft.constant(True, bool), seen)


def torch_padding(draft, mask, pairs):
    """mask[batch, position], by places in one line or by pairs."""
    kept = draft.node("Cast", mask, to=TensorProto.BOOL)
    batches = draft.node("Range", draft.index(0), draft.extent(draft.x, 0), draft.index(1))
    places = draft.node("Range", draft.index(0), draft.extent(mask, 1), draft.index(1))
    rows = draft.node("Unsqueeze", batches, draft.list(1, 2, 3))
    columns = draft.node("Unsqueeze", places, draft.list(0, 1, 2))
    if not pairs:
        flat = draft.node("Flatten", kept, axis=2)
        index = draft.node("Add", columns, draft.node("Mul", rows, draft.listed(draft.extent(mask, 1))))
        picked = draft.node("Reshape", draft.node("Gather", flat, index, axis=0), draft.list(-1))
        return draft.node("Reshape", picked, draft.node("Shape", index))
    shape = draft.node("Shape", draft.node("Max", rows, columns))
    index = [draft.node("Unsqueeze", draft.node("Expand", part, shape), draft.list(-1)) for part in (rows, columns)]
    return draft.node("GatherND", kept, draft.node("Concat", *index, axis=-1))


def torch_sdpa(draft, q, k, v, seen, low, guard=True):
    """scaled_dot_product_attention: both sides scaled by the root, a bias of zeros and minus infinity, no numbers made zeros."""
    root = draft.constant(SIZE**-0.25)
    scores = draft.node("MatMul", draft.node("Mul", q, root), draft.node("Mul", draft.turned(k), root))
    if seen:
        scores = draft.node("Add", scores, draft.node("Where", seen, draft.constant(0), draft.constant(low)))
    return draft.mix(scores, v, guard)


def torch_cases():
    draft = Draft()
    yield "torch, sdpa, no mask", Case(draft.finish(torch_sdpa(draft, *draft.parts(), None, 0)), FUSED)
    for pairs in (False, True):
        for low in (-np.inf, LOWEST):
            draft = Draft()
            seen = draft.node("And", torch_causal(draft), torch_padding(draft, draft.mask(), pairs))
            masks = MASKS[:1] if low == -np.inf else MASKS
            yield f"torch, sdpa, causal and padding, pairs {pairs}, {low}", Case(
                draft.finish(torch_sdpa(draft, *draft.parts(), seen, low)), FUSED, BATCHES, masks)
            draft = Draft()
            seen = torch_padding(draft, draft.mask(), pairs)
            yield f"torch, sdpa, padding, pairs {pairs}, {low}", Case(
                draft.finish(torch_sdpa(draft, *draft.parts(), seen, low)), FUSED, BATCHES, masks)
    draft = Draft()
    yield "torch, sdpa, causal", Case(draft.finish(torch_sdpa(draft, *draft.parts(), torch_causal(draft), -np.inf)), FUSED)
    # Keys turned while batch and heads are one.
    draft = Draft()
    q, k, v = draft.parts()
    flat = draft.node("Reshape", k, draft.node(
        "Concat", draft.list(-1), draft.listed(draft.extent(k, 2)), draft.list(SIZE), axis=0))
    back = draft.node("Reshape", draft.node("Transpose", flat, perm=[0, 2, 1]), draft.node(
        "Concat", draft.listed(draft.extent(k, 0)), draft.list(HEADS, SIZE), draft.listed(draft.extent(k, 2)), axis=0))
    scores = draft.node("Mul", draft.node("MatMul", q, back), draft.constant(SIZE**-0.5))
    yield "torch, keys turned in one axis", Case(draft.finish(draft.mix(scores, v)), FUSED)
    # Queries, keys and values of one product.
    draft = Draft()
    thirds = draft.node("Split", draft.linear(draft.x, 3 * WIDTH), draft.list(WIDTH, WIDTH, WIDTH), outputs=3, axis=2)
    q, k, v = (draft.heads(part) for part in thirds)
    scores = draft.node("Div", draft.node("MatMul", q, draft.turned(k)), draft.constant(SIZE**0.5))
    yield "torch, one product in thirds", Case(draft.finish(draft.mix(scores, v)), FUSED | {"Split": 0})
    # Rows of all texts in one axis behind attention.
    draft = Draft()
    q, k, v = draft.parts()
    mixed = draft.node("MatMul", draft.node("Softmax", draft.scores(q, k), axis=-1), v)
    rows = draft.node("Reshape", draft.node("Transpose", mixed, perm=[0, 2, 1, 3]), draft.list(-1, WIDTH))
    yield "torch, rows in one axis", Case(draft.finish(rows), FUSED)


def gpt2(mask=None, low=LOWEST, window=None, first=0, extra=None):
    """As transformers wrote GPT-2 for years: a triangle of the largest size, cut to the lengths at hand."""
    draft = Draft()
    triangle = np.tril(np.ones((MOST, MOST), bool))
    if window:
        triangle &= ~np.tril(np.ones((MOST, MOST), bool), -window)
    q, k, v = draft.parts()
    scores = draft.node("Div", draft.node("MatMul", q, draft.turned(k)), draft.constant(SIZE**0.5))
    end = draft.listed(draft.extent(k, 2))
    begin = draft.node("Sub", end, draft.listed(draft.extent(q, 2)))
    if first:
        begin, end = draft.node("Add", begin, draft.list(first)), draft.node("Add", end, draft.list(first))
    rows = draft.node("Slice", draft.constant(triangle[None, None], bool), begin, end, draft.list(2), draft.list(1))
    seen = draft.node("Slice", rows, draft.list(0), draft.listed(draft.extent(k, 2)), draft.list(3), draft.list(1))
    scores = draft.node("Where", seen, scores, draft.constant(low))
    if mask:
        kept = draft.node("Cast", draft.node("Unsqueeze", draft.mask(), draft.list(1, 2)), to=TensorProto.FLOAT)
        bias = draft.node("Mul", draft.node("Sub", draft.constant(1), kept), draft.constant(mask))
        scores = draft.node("Add", scores, bias)
    mixed = draft.mix(scores, v)
    return draft.finish(mixed, *([scores] if extra else []))


def constant_mask(matrix, shape=None, length=6):
    """A bias stored in the file, for one length."""
    draft = Draft(sequence=length)
    q, k, v = draft.parts()
    scores = draft.node("Add", draft.scores(q, k), draft.constant(matrix.reshape(shape or matrix.shape)))
    return draft.finish(draft.mix(scores, v))


def causal_cases():
    yield "GPT-2, causal", Case(gpt2(), FUSED)
    yield "GPT-2, causal, -1e4", Case(gpt2(low=-1e4), FUSED)
    # Texts without any token have sums of two of the lowest numbers, which are infinite.
    yield "GPT-2, causal and padding", Case(gpt2(LOWEST), FUSED, BATCHES, MASKS)
    yield "GPT-2, causal and padding of -1e4", Case(gpt2(-1e4), FUSED, BATCHES, MASKS)
    yield "GPT-2, causal of -1e4 and padding, which leaves scores", Case(gpt2(-1e4, low=-1e4), APART, BATCHES, MASKS)
    above = np.triu(np.ones((6, 6), np.float32), 1)
    fixed = ({"batch": 2},)
    for low in (-np.inf, LOWEST, -1e4):
        bias = np.where(above > 0, low, 0).astype(np.float32)
        for shape in ((6, 6), (1, 1, 6, 6)):
            yield f"a bias {list(shape)} of {low}", Case(constant_mask(bias, shape), FUSED, fixed)
    # torch.nn.Transformer: a triangle of minus infinity.
    draft = Draft()
    q, k, v = draft.parts()
    count = draft.listed(draft.extent(draft.x, 1))
    square = draft.node("Concat", count, count, axis=0)
    full = draft.node("Expand", draft.constant(-np.inf), square)
    bias = draft.node("Trilu", full, draft.index(1), upper=1)
    yield "a triangle of minus infinity", Case(
        draft.finish(draft.mix(draft.node("Add", draft.scores(q, k), bias), v)), FUSED)
    # A triangle of ones, and what is false in it filled.
    draft = Draft()
    q, k, v = draft.parts()
    ones = draft.node("ConstantOfShape", square_of(draft), value=helper.make_tensor("v", TensorProto.FLOAT, [1], [1]))
    hidden = draft.node("Equal", draft.node("Trilu", ones, upper=0), draft.constant(0))
    scores = draft.node("Where", hidden, draft.constant(-np.inf), draft.scores(q, k))
    yield "a triangle of ones, filled", Case(draft.finish(draft.mix(scores, v)), FUSED)


def square_of(draft):
    count = draft.listed(draft.extent(draft.x, 1))
    return draft.node("Concat", count, count, axis=0)


def shared_cases():
    """Fewer heads of keys and values; queries of another length; keys of a cache."""
    for way in ("Expand", "Tile", "Concat"):
        draft = Draft()
        q, k, v = draft.parts(heads=2)
        def repeated(value):
            lifted = draft.node("Unsqueeze", value, draft.list(2))
            if way == "Expand":
                wide = draft.node("Expand", lifted, draft.list(1, 1, 2, 1, 1))
            elif way == "Tile":
                wide = draft.node("Tile", lifted, draft.list(1, 1, 2, 1, 1))
            else:
                wide = draft.node("Concat", lifted, lifted, axis=2)
            shape = draft.node("Concat", draft.listed(draft.extent(value, 0)), draft.list(HEADS),
                               draft.listed(draft.extent(value, 2)), draft.list(SIZE), axis=0)
            return draft.node("Reshape", wide, shape)
        mixed = torch_sdpa(draft, q, repeated(k), repeated(v), torch_causal(draft), LOWEST)
        yield f"heads shared by {way}", Case(draft.finish(mixed), FUSED | {way: 0})
    shapes = ({"batch": 2, "sequence": 5, "source": 7}, {"batch": 1, "sequence": 3, "source": 1})
    for padded in (False, True):
        draft = Draft()
        source = draft.port("source", TensorProto.FLOAT, ["batch", "source", WIDTH])
        q, k, v = draft.parts(source)
        scores = draft.scores(q, k)
        if padded:
            kept = draft.node("Cast", draft.node("Unsqueeze", draft.mask("source"), draft.list(1, 2)), to=TensorProto.FLOAT)
            bias = draft.node("Mul", draft.node("Sub", draft.constant(1), kept), draft.constant(-1e9))
            scores = draft.node("Add", scores, bias)
        yield f"another source, padded {padded}", Case(
            draft.finish(draft.mix(scores, v)), FUSED, shapes[:1] if padded else shapes, ((7, 4),) if padded else (None,))
    draft = Draft()
    past = [draft.port(name, TensorProto.FLOAT, ["batch", HEADS, "past", SIZE]) for name in ("past_k", "past_v")]
    q, k, v = draft.parts()
    k, v = (draft.node("Concat", before, new, axis=2) for before, new in zip(past, (k, v)))
    start, end = draft.extent(past[0], 2), draft.extent(k, 2)
    places = draft.node("Range", start, draft.node("Add", start, draft.extent(draft.x, 1)), draft.index(1))
    queries = draft.node("Unsqueeze", places, draft.list(0, 1, 3))
    keys = draft.node("Unsqueeze", draft.node("Range", draft.index(0), end, draft.index(1)), draft.list(0, 1, 2))
    seen = draft.node("LessOrEqual", keys, queries)
    scores = draft.node("Where", seen, draft.scores(q, k), draft.constant(LOWEST))
    yield "keys of a cache", Case(
        draft.finish(draft.mix(scores, v), k, v), FUSED,
        ({"batch": 2, "sequence": 3, "past": 4}, {"batch": 1, "sequence": 1, "past": 9}, {"batch": 1, "sequence": 4, "past": 0}))
    # Turned by positions between the split into heads and the product.
    draft = Draft()
    q, k, v = draft.parts()
    angles = draft.weight(1, 1, 1, SIZE)
    def turned(value):
        left, right = draft.node("Split", value, draft.list(SIZE // 2, SIZE // 2), outputs=2, axis=-1)
        swapped = draft.node("Concat", draft.node("Neg", right), left, axis=-1)
        return draft.node("Add", draft.node("Mul", value, draft.node("Cos", angles)),
                          draft.node("Mul", swapped, draft.node("Sin", angles)))
    mixed = torch_sdpa(draft, turned(q), turned(k), v, torch_causal(draft), -np.inf)
    yield "turned by positions", Case(draft.finish(mixed), FUSED)


def keras(mask=None, order="aecd,abcd->acbe", mix="acbe,aecd->abcd", swapped=False):
    """As tf2onnx writes MultiHeadAttention of Keras."""
    draft = Draft()
    def projected():
        product = draft.node("Einsum", draft.x, draft.weight(WIDTH, HEADS, SIZE), equation="abc,cde->abde")
        return draft.node("Add", product, draft.weight(HEADS, SIZE))
    q, k, v = projected(), projected(), projected()
    q = draft.node("Mul", q, draft.constant(SIZE**-0.5))
    scores = draft.node("Einsum", *((q, k) if swapped else (k, q)), equation=order)
    if mask:
        given = draft.node("Unsqueeze", draft.mask(dtype=mask), draft.list(1, 2))
        hidden = draft.node("Sub", draft.constant(1), draft.node("Cast", given, to=TensorProto.FLOAT))
        scores = draft.node("Add", scores, draft.node("Mul", hidden, draft.constant(-1e9)))
    mixed = draft.node("Einsum", draft.node("Softmax", scores, axis=-1), v, equation=mix)
    return draft.finish(draft.node("Einsum", mixed, draft.weight(HEADS, SIZE, WIDTH), equation="abcd,cde->abe"))


def keras_cases():
    done = FUSED | {"Einsum": 0}
    yield "Keras", Case(keras(), done)
    for dtype in (TensorProto.INT64, TensorProto.INT32, TensorProto.BOOL):
        yield f"Keras, padding of {TensorProto.DataType.Name(dtype)}", Case(keras(dtype), done, BATCHES, MASKS)
    yield "Keras, queries first", Case(keras(order="abcd,aecd->acbe", swapped=True), done)
    # What was called keys asks, what was called queries answers.
    yield "Keras, asked by keys", Case(keras(order="aecd,abcd->aceb"), done)
    yield "Keras, values by queries", Case(keras(mix="aceb,aecd->abcd"), APART)


def normalized(root, square="Pow", axis=-1, first=True, extra=False, shape=(WIDTH,), epsilon=1e-6, other=False):
    draft = Draft()
    x = draft.linear(draft.x)
    powers = draft.node("Pow", x, draft.constant(2)) if square == "Pow" else draft.node("Mul", x, draft.x if other else x)
    mean = draft.node("ReduceMean", powers, axes=[axis], keepdims=1)
    below = draft.node("Add", mean, draft.constant(epsilon))
    if root == "Pow":
        whole = draft.node("Mul", x, draft.node("Pow", below, draft.constant(-0.5)))
    elif root == "Div":
        whole = draft.node("Div", x, draft.node("Sqrt", below))
    elif root == "Reciprocal":
        whole = draft.node("Mul", x, draft.node("Reciprocal", draft.node("Sqrt", below)))
    else:
        whole = draft.node("Mul", x, draft.node("Div", draft.constant(1), draft.node("Sqrt", below)))
    scale = draft.weight(*shape)
    result = draft.node("Mul", *((scale, whole) if first else (whole, scale)))
    return draft.finish(result, *([whole] if extra else []))


def normalization_cases():
    done, apart = {"RMSNormalization": 1, "ReduceMean": 0}, {"RMSNormalization": 0}
    for root in ("1/Sqrt", "Reciprocal", "Div", "Pow"):
        for square in ("Pow", "Mul"):
            yield f"RMSNorm by {root} of {square}", Case(normalized(root, square, first=root != "Div"), done)
    yield "RMSNorm over another axis", Case(normalized("Div", axis=1), apart)
    yield "RMSNorm with an intermediate as an output", Case(normalized("Div", extra=True), apart)
    yield "RMSNorm with a scale for all", Case(normalized("Div", shape=(1,)), apart)
    yield "RMSNorm of a product with something else", Case(normalized("Div", "Mul", other=True, epsilon=20), apart)


def near_misses():
    yield "near miss: a window", Case(gpt2(window=3), APART)
    yield "near miss: rows from another place", Case(gpt2(first=1), APART, ({"batch": 2, "sequence": 5},))
    yield "near miss: scores as an output", Case(gpt2(extra=True), APART)
    draft = Draft()
    yield "near miss: keys from the query's place on", Case(
        draft.finish(torch_sdpa(draft, *draft.parts(), torch_causal(draft, k_first=False), LOWEST)), APART)
    bias = np.triu(np.full((6, 6), -10000, np.float32), 1)
    fixed = ({"batch": 2},)
    for what, change in (
            ("diagonal", (0, 0)), ("one more", (5, 4)), ("weak", None)):
        wrong = bias / 5000 if change is None else bias.copy()
        if change:
            wrong[change] = -10000
        yield f"near miss: a bias, {what}", Case(constant_mask(wrong), APART, fixed)
    yield "near miss: a bias the other way", Case(constant_mask(bias.T.copy()), APART, fixed)
    heads = np.repeat(bias[None], HEADS, 0)
    heads[1] /= 2
    yield "near miss: a bias a head", Case(constant_mask(heads), APART, fixed)
    draft = Draft()
    q, k, v = draft.parts()
    scores = draft.node("Mul", draft.node("MatMul", q, draft.turned(k)), draft.weight(HEADS, 1, 1))
    yield "near miss: a scale a head", Case(draft.finish(draft.mix(scores, v)), APART)
    draft = Draft(sequence=6)
    q, k, v = draft.parts()
    weights = draft.node("Softmax", draft.node("Add", draft.scores(q, k), draft.constant(bias)), axis=2)
    yield "near miss: softmax along queries", Case(draft.finish(draft.joined(draft.node("MatMul", weights, v))), APART, fixed)
    draft = Draft(sequence=HEADS, batch=3)
    q, k, v = draft.parts()
    mixed = draft.node("MatMul", draft.node("Softmax", draft.scores(q, k), axis=-1), v)
    rows = draft.node("Reshape", draft.node("Transpose", mixed, perm=[0, 2, 3, 1]), draft.list(0, 0, WIDTH))
    # What is behind the product does not matter to it, but must stay.
    yield "heads joined in another order", Case(draft.finish(rows), FUSED, ({},))
    draft = Draft()
    q, k, v = draft.parts(heads=2)
    wide = [draft.node("Concat", value, value, axis=1) for value in (k, v)]
    yield "near miss: heads repeated all at once", Case(
        draft.finish(draft.mix(draft.scores(q, wide[0]), wide[1])), {"Concat": lambda count: count >= 2})
    draft = Draft()
    q, k, v = draft.parts()
    mask = draft.mask()
    kept = draft.node("Cast", draft.node("Unsqueeze", mask, draft.list(1, 3)), to=TensorProto.FLOAT)
    hidden = draft.node("Mul", draft.node("Sub", draft.constant(1), kept), draft.constant(-3e4))
    yield "near miss: a mask along queries", Case(
        draft.finish(draft.mix(draft.node("Add", draft.scores(q, k), hidden), v)), APART, BATCHES, ((5, 5),))


def cases():
    yield from torch_cases()
    yield from causal_cases()
    yield from shared_cases()
    yield from keras_cases()
    yield from normalization_cases()
    yield from near_misses()


def feed(model, extents, mask, random):
    """Seeded inputs; a mask has the first tokens of each text, or, where negative, the last."""
    inputs = {}
    for port in model.graph.input:
        shape = [axis.dim_value or extents[axis.dim_param] for axis in port.type.tensor_type.shape.dim]
        if port.type.tensor_type.elem_type == TensorProto.FLOAT:
            inputs[port.name] = random.standard_normal(shape, dtype=np.float32)
        elif mask is None or "mask" not in port.name:
            inputs[port.name] = random.integers(2, 40, shape) if "ids" in port.name else np.ones(shape, np.int64)
        else:
            places, counts = np.arange(shape[1]), np.array(mask)[:shape[0], None]
            seen = np.where(counts < 0, places >= shape[1] + counts, places < counts)
            inputs[port.name] = seen.astype(helper.tensor_dtype_to_np_dtype(port.type.tensor_type.elem_type))
    return inputs


def difference(pack, folder, path, inputs, flags=()):
    """The largest difference from onnxruntime's outputs, of the largest of them."""
    command = [pack, "run", path, "--output-folder", os.path.join(folder, "out"), *flags]
    for name, value in inputs.items():
        file = os.path.join(folder, name + ".npy")
        np.save(file, value)
        command += ["--input", f"{name}={file}"]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        return result.stderr
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    largest = 0
    for port, right in zip(session.get_outputs(), session.run(None, inputs)):
        found = np.load(os.path.join(folder, "out", port.name + ".npy"))
        if found.shape != right.shape:
            return f"shape {found.shape}, expected {right.shape}"
        if not np.isfinite(right).all():
            return "onnxruntime's outputs are not finite"
        largest = max(largest, np.abs(found - right).max(initial=0) / max(np.abs(right).max(initial=0), 1e-6))
    return largest


def operators(pack, path):
    """How often each operator stands in the graph after all passes."""
    command = [pack, "inspect", path, "--rewritten", "--format", "json"]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        return result.stderr
    return json.loads(result.stdout)["rewritten"]["operatorsAfter"]


def wrong_operators(found, wanted):
    """What stands in a graph otherwise than stated."""
    if isinstance(found, str):
        return found
    wrong = [f"{found.get(op, 0)} {op}" for op, count in wanted.items()
             if not (count(found.get(op, 0)) if callable(count) else found.get(op, 0) == count)]
    return "".join(wrong) and ", ".join(wrong)


def verdict(pack, path, case, folder):
    """Whether a case holds, and what was found."""
    wrong = wrong_operators(operators(pack, path), case.operators)
    if wrong:
        return False, wrong
    largest = 0
    for extents in case.shapes:
        for mask in case.masks:
            inputs = feed(case.model, extents, mask, np.random.default_rng(5))
            found = difference(pack, folder, path, inputs)
            if isinstance(found, str) or found > 1e-4:
                return False, f"{extents} {mask}: {found}"
            largest = max(largest, found)
    return True, largest


def exported(folder):
    """Files that exporters wrote, with what must become of each: NAME.json beside it says."""
    for name in sorted(os.listdir(folder)):
        stem, kind = os.path.splitext(name)
        if kind != ".onnx":
            continue
        with open(os.path.join(folder, stem + ".json"), encoding="utf-8") as file:
            stated = json.load(file)
        shapes = tuple(stated["shapes"])
        masks = tuple(tuple(mask) for mask in stated["masks"]) or (None,)
        model = onnx.load(os.path.join(folder, name))
        yield f"file {stem}", Case(model, stated["operators"], shapes, masks)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pack", default=os.path.join(ROOT, ".build", "release", "pack"))
    parser.add_argument("--filter", default="")
    parser.add_argument("--models")
    options = parser.parse_args()
    failures = 0
    for name, case in exported(options.models) if options.models else cases():
        if options.filter not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.onnx")
            onnx.save(case.model, path)
            holds, found = verdict(options.pack, path, case, folder)
        failures += not holds
        print("ok  " if holds else "FAIL", name, found)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
