#!/usr/bin/env python3
"""Writes the cases of Fixtures/operators: single nodes with the outputs that another implementation gives.

    operator_cases.py fixtures            the committed cases, by onnxruntime or onnx.reference
    operator_cases.py nodes FILE [--computed] [OP...]  the node tests of the installed onnx package, for the given operators

Each FILE.json lists cases; FILE.safetensors holds their tensors, named CASE/NAME.
"""
import json
import struct
import sys

import numpy as np
import onnx
from onnx import helper

NAMES = {"float32": "F32", "float16": "F16", "int64": "I64", "int32": "I32", "uint8": "U8", "int8": "I8", "bool": "BOOL"}
# Operands that say shapes; plans need them fixed.
FIXED = {"Pad": [1, 2, 3], "Resize": [1, 2, 3], "CenterCropPad": [1], "AffineGrid": [1], "Col2Im": [1, 2], "MaxUnpool": [2]}


def write(path, cases):
    """Writes the two files. A case: (name, node, {name: array}, [output arrays], constants, free, tolerance)."""
    tensors, listed = {}, []
    for name, node, inputs, outputs, constants, free, tolerance in cases:
        def key(value):
            return f"{name}/{value}" if value else ""
        for value, array in list(inputs.items()) + list(zip([o for o in node.output if o], outputs)):
            tensors[key(value)] = np.ascontiguousarray(array)
        listed.append({
            "name": name, "op": node.op_type, "attributes": {a.name: attribute(a) for a in node.attribute},
            "inputs": [key(i) for i in node.input], "outputs": [key(o) for o in node.output],
            "constants": sorted(key(c) for c in constants), "free": free, "tolerance": tolerance,
        })
    with open(path + ".json", "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(case, sort_keys=True) for case in listed) + "\n]\n")
    header, start = {}, 0
    for name in sorted(tensors):
        array = tensors[name]
        header[name] = {
            "dtype": NAMES[array.dtype.name], "shape": list(array.shape), "data_offsets": [start, start + array.nbytes]}
        start += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path + ".safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name in sorted(tensors):
            file.write(tensors[name].tobytes())


def attribute(a):
    value = helper.get_attribute_value(a)
    kind = onnx.AttributeProto.AttributeType.Name(a.type).lower()
    if kind == "string":
        value = value.decode()
    elif kind == "strings":
        value = [v.decode() for v in value]
    elif kind in ("ints", "floats"):
        value = list(value)
    return {kind: value}


def nodes(path, wanted):
    """The node tests of onnx for the wanted operators, as far as their types are those of the runtime. With "--computed" among
    them, no operand is a constant."""
    computed = "--computed" in wanted
    from onnx.backend.test.case.node import collect_testcases
    cases = []
    for case in collect_testcases(None):
        graph = case.model.graph
        if len(graph.node) != 1 or graph.node[0].op_type not in wanted or case.model.opset_import[0].domain:
            continue
        node = graph.node[0]
        given, expected = case.data_sets[0]
        if any(not hasattr(a, "dtype") or a.dtype.name not in NAMES for a in list(given) + list(expected)):
            print("skipped", case.name, file=sys.stderr)
            continue
        fixed = [] if computed else [node.input[i] for i in FIXED.get(node.op_type, []) if i < len(node.input) and node.input[i]]
        inputs = {i.name: np.asarray(a) for i, a in zip(graph.input, given)}
        cases.append((case.name, node, inputs, [np.asarray(e) for e in expected], fixed, {}, [1e-3, 1e-7]))
    write(path, cases)
    print(len(cases), "cases")


if __name__ == "__main__":
    if sys.argv[1] == "nodes":
        nodes(sys.argv[2], sys.argv[3:])
    else:
        import fixtures_images
        fixtures_images.main()
