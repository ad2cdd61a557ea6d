#!/usr/bin/env python3
"""Compares `pack run` with onnxruntime on operators of ai.onnx.ml, one line a model of one operator.

Labels must be equal, and numbers within 1e-5 of onnxruntime's, relative to the largest of the output.

Usage: learning_nodes.py [--pack FILE] [--filter TEXT]
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
TRANSFORMS = ("NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO", "PROBIT")
RANDOM = np.random.default_rng(5)
ROWS, FEATURES = 9, 4
X = RANDOM.standard_normal((ROWS, FEATURES)).astype(np.float32)
# Probabilities, which PROBIT is for.
UNIT = RANDOM.uniform(0.05, 0.95, (ROWS, 1)).astype(np.float32)
TEXTS = np.array(["rot", "", "blau", "青", "rot", "grün", "?", "blau", "x"], object)


class Case(NamedTuple):
    """One operator with what is fed to it."""

    op: str
    inputs: dict
    attributes: dict
    outputs: tuple = ("y",)
    version: int = 3
    # Attributes that onnxruntime needs to mean the same.
    theirs: dict = {}
    # Whether onnxruntime runs it and `pack` says that it does not.
    refused: bool = False


def tree(values, ids=(0,), classes=False, wide=False):
    """Attributes of two trees of three leaves each, with a number a leaf for every target or class of `ids`.

    What runtimes add to a target of which the leaves that a row comes to say nothing is not told by the standard.
    """
    nodes, leaves = 5, (1, 3, 4)
    prefix = "class" if classes else "target"
    values = [value * (1 - 0.8 * place) for value in values for place in range(len(ids))]
    features, thresholds = [0, 0, 1, 0, 0, 2, 0, 3, 0, 0], [0.1, 0, -0.3, 0, 0, 0.2, 0, 0.4, 0, 0]
    modes = ["BRANCH_LEQ", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF", "BRANCH_LT", "LEAF", "BRANCH_GT", "LEAF", "LEAF"]
    result = {
        "nodes_treeids": [0] * nodes + [1] * nodes, "nodes_nodeids": list(range(nodes)) * 2,
        "nodes_featureids": features, "nodes_modes": modes,
        "nodes_truenodeids": [1, 0, 3, 0, 0] * 2, "nodes_falsenodeids": [2, 0, 4, 0, 0] * 2,
        "nodes_missing_value_tracks_true": [0] * 10,
        f"{prefix}_treeids": [tree for tree in (0, 1) for _ in range(3 * len(ids))],
        f"{prefix}_nodeids": [leaf for leaf in leaves * 2 for _ in ids], f"{prefix}_ids": list(ids) * 6}
    if wide:
        result["nodes_values_as_tensor"] = onnx.numpy_helper.from_array(np.array(thresholds), "values")
        result[f"{prefix}_weights_as_tensor"] = onnx.numpy_helper.from_array(np.array(values), "weights")
    else:
        result["nodes_values"], result[f"{prefix}_weights"] = [float(v) for v in thresholds], [float(v) for v in values]
    return result


def tree_cases():
    mixed, positive = [0.5, -0.25, 0.125, -0.7, 0.3, 0.2], [0.1, 0.4, 0.3, 0.2, 0.25, 0.45]
    for kind, values in (("mixed", mixed), ("positive", positive)):
        for number in (0, 1):
            for base in ([], [0.15], [0.1, 0.2]):
                for transform in TRANSFORMS:
                    more = {"base_values": base} if base else {}
                    # What onnxruntime answers then has nothing to do with the trees.
                    if number == 1 and len(base) == 2:
                        continue
                    # PROBIT of one score is not told in two columns, unless both are there.
                    yield f"classifier, one score, {kind}, class {number}, base {base}, {transform}", Case(
                        "TreeEnsembleClassifier", {"x": X},
                        tree(values, [number], True) | more
                        | {"classlabels_int64s": [3, 7], "post_transform": transform},
                        ("label", "scores"), refused=transform == "PROBIT")
        for transform in TRANSFORMS:
            # With two base values onnxruntime does not look at the trees' scores of the second class.
            for base in ([], [0.15]):
                # Numbers that are no probabilities.
                if transform == "PROBIT" and kind == "mixed":
                    continue
                more = {"base_values": base} if base else {}
                yield f"classifier, two scores, {kind}, base {base}, {transform}", Case(
                    "TreeEnsembleClassifier", {"x": X},
                    tree([v / 2 for v in values], [0, 1], True) | more
                    | {"classlabels_strings": ["no", "yes"], "post_transform": transform}, ("label", "scores"))
    for transform in TRANSFORMS[:4]:
        yield f"classifier, three scores, {transform}", Case(
            "TreeEnsembleClassifier", {"x": X},
            tree(mixed, [0, 1, 2], True)
            | {"classlabels_strings": ["a", "b", "c"], "post_transform": transform}, ("label", "scores"))
    for aggregate in ("SUM", "AVERAGE", "MIN", "MAX"):
        for transform in TRANSFORMS:
            for targets in (1, 2):
                if transform == "PROBIT" and targets == 2:
                    continue
                yield f"regressor, {targets} targets, {aggregate}, {transform}", Case(
                    "TreeEnsembleRegressor", {"x": X},
                    tree([v / 2 for v in positive], range(targets)) | {
                        "n_targets": targets, "aggregate_function": aggregate, "post_transform": transform,
                        "base_values": [0.05] * targets})
    yield "regressor of f64", Case("TreeEnsembleRegressor", {"x": X.astype(np.float64)}, tree(mixed, wide=True) | {"n_targets": 1})
    yield "classifier of f64", Case(
        "TreeEnsembleClassifier", {"x": X.astype(np.float64)},
        tree(mixed, [0, 1, 2], True, wide=True) | {"classlabels_int64s": [0, 1, 2]}, ("label", "scores"))
    for dtype in (np.float32, np.float64):
        for aggregate in range(4):
            for transform in range(4):
                array = lambda *values: onnx.numpy_helper.from_array(np.array(values, dtype), "t")  # noqa: E731
                # onnxruntime has the numbers of SOFTMAX and LOGISTIC the other way round than the standard.
                theirs = {"post_transform": [0, 2, 1, 3][transform]}
                yield f"ensemble, {np.dtype(dtype).name}, aggregate {aggregate}, transform {transform}", Case(
                    "TreeEnsemble", {"x": X.astype(dtype)}, {
                        "n_targets": 2, "aggregate_function": aggregate, "post_transform": transform,
                        "tree_roots": [0, 2], "nodes_featureids": [0, 1, 2], "nodes_splits": array(0.1, -0.3, 0.2),
                        "nodes_modes": onnx.numpy_helper.from_array(np.array([0, 1, 3], np.uint8), "m"),
                        "nodes_truenodeids": [0, 1, 3], "nodes_trueleafs": [1, 1, 1],
                        "nodes_falsenodeids": [1, 2, 4], "nodes_falseleafs": [0, 1, 1],
                        "leaf_targetids": [0, 1, 0, 1, 0], "leaf_weights": array(0.5, -0.25, 0.125, 0.7, 0.3)}, version=5, theirs=theirs)


def linear_cases():
    for transform in TRANSFORMS:
        yield f"linear, one score, {transform}", Case(
            "LinearClassifier", {"x": X},
            {"coefficients": [0.5, -0.2, 0.1, 0.4], "intercepts": [0.05], "classlabels_ints": [4, 9],
             "post_transform": transform}, ("label", "scores"), refused=transform == "PROBIT")
        yield f"linear, two scores, {transform}", Case(
            "LinearClassifier", {"x": UNIT},
            {"coefficients": [0.5, 0.9], "intercepts": [0.05, 0.02], "classlabels_strings": ["n", "y"],
             "post_transform": transform}, ("label", "scores"))
        yield f"linear, three scores, {transform}", Case(
            "LinearClassifier", {"x": UNIT},
            {"coefficients": [0.5, 0.9, 0.7], "intercepts": [0.05, 0.02, 0.1], "classlabels_ints": [1, 2, 3],
             "post_transform": transform}, ("label", "scores"))
        for targets in (1, 2):
            yield f"linear regressor, {targets} targets, {transform}", Case(
                "LinearRegressor", {"x": UNIT},
                {"coefficients": [0.5, 0.9][:targets], "intercepts": [0.05, 0.02][:targets], "targets": targets,
                 "post_transform": transform})
    yield "linear, names, i64", Case(
        "LinearClassifier", {"x": np.arange(12).reshape(3, 4) - 5},
        {"coefficients": [0.5, -0.2, 0.1, 0.4], "intercepts": [0.05], "classlabels_strings": ["n", "y"]},
        ("label", "scores"))


def vector_cases():
    kernels = {"LINEAR": [0.0, 0.0, 0.0], "POLY": [0.3, 0.5, 3.0], "RBF": [0.4, 0.0, 0.0], "SIGMOID": [0.2, 0.1, 0.0]}
    random = np.random.default_rng(9)
    for kernel, parameters in kernels.items():
        shared = {"kernel_type": kernel, "kernel_params": parameters}
        for classes in (2, 3):
            vectors, pairs = 2 * classes, classes * (classes - 1) // 2
            machine = shared | {
                "vectors_per_class": [2] * classes, "support_vectors": random.standard_normal(vectors * FEATURES).tolist(),
                "coefficients": random.standard_normal(vectors * (classes - 1)).tolist(),
                "rho": random.standard_normal(pairs).tolist(), "classlabels_ints": [5, 2, 8][:classes]}
            sure = {"prob_a": random.uniform(-2, -1, pairs).tolist(), "prob_b": random.uniform(-0.2, 0.2, pairs).tolist()}
            for transform in TRANSFORMS[:4]:
                yield f"SVM, {classes} classes, {kernel}, {transform}", Case(
                    "SVMClassifier", {"x": X}, machine | {"post_transform": transform}, ("label", "scores"))
            yield f"SVM, {classes} classes, {kernel}, probabilities", Case(
                "SVMClassifier", {"x": X}, machine | sure, ("label", "scores"))
        for one in (0, 1):
            yield f"SVM regressor, {kernel}, one class {one}", Case(
                "SVMRegressor", {"x": X}, shared | {
                    "n_supports": 3, "support_vectors": random.standard_normal(3 * FEATURES).tolist(),
                    "coefficients": random.standard_normal(3).tolist(), "rho": [0.1], "one_class": one})
    for transform in TRANSFORMS[:4]:
        yield f"SVM, linear machine, {transform}", Case(
            "SVMClassifier", {"x": X}, {
                "coefficients": random.standard_normal(2 * FEATURES).tolist(), "rho": [0.1, 0.2],
                "kernel_type": "LINEAR", "kernel_params": [0.0, 0.0, 0.0], "classlabels_ints": [0, 1],
                "post_transform": transform}, ("label", "scores"))


def feature_cases():
    zeros = X.copy()
    zeros[2] = 0
    whole = np.floor(X * 3).astype(np.int64)
    for norm in ("MAX", "L1", "L2"):
        yield f"normalizer, {norm}", Case("Normalizer", {"x": zeros}, {"norm": norm})
        yield f"normalizer of negative rows, {norm}", Case("Normalizer", {"x": -np.abs(zeros)}, {"norm": norm})
        yield f"normalizer of integers, {norm}", Case("Normalizer", {"x": whole}, {"norm": norm})
    for name, x in (("f32", X), ("f64", X.astype(np.float64)), ("i64", whole), ("i32", whole.astype(np.int32))):
        yield f"scaler, {name}", Case("Scaler", {"x": x}, {"offset": [0.1, 0.2, 0.3, 0.4], "scale": [1.0, 2.0, 0.5, 3.0]})
        yield f"scaler of one, {name}", Case("Scaler", {"x": x}, {"offset": [0.1], "scale": [2.0]})
    yield "binarizer", Case("Binarizer", {"x": X}, {"threshold": 0.25})
    holes = np.where(np.abs(X) < 0.5, np.float32("nan"), X)
    yield "imputer of NaN", Case("Imputer", {"x": holes}, {"imputed_value_floats": [1.0, 2.0, 3.0, 4.0], "replaced_value_float": float("nan")})
    yield "imputer of integers", Case("Imputer", {"x": whole}, {"imputed_value_int64s": [7], "replaced_value_int64": 1})
    yield "vectorizer", Case("FeatureVectorizer", {"a": X, "b": X[:, :2].copy()}, {"inputdimensions": [4, 2]})
    yield "extractor", Case("ArrayFeatureExtractor", {"x": X, "i": np.array([[2, 0]])}, {})
    for zero in (0, 1):
        known = np.array([[1], [3], [8]])
        yield f"one-hot, zeros {zero}, known only", Case("OneHotEncoder", {"x": known}, {"cats_int64s": [1, 3, 8], "zeros": zero})
    unknown = np.array([[1], [2], [8]])
    yield "one-hot, unknown", Case("OneHotEncoder", {"x": unknown}, {"cats_int64s": [1, 3, 8], "zeros": 1})
    yield "one-hot of floats", Case("OneHotEncoder", {"x": np.float32([[1], [3], [8]])}, {"cats_int64s": [1, 3, 8], "zeros": 1})
    yield "one-hot of texts", Case("OneHotEncoder", {"x": TEXTS}, {"cats_strings": ["rot", "blau"], "zeros": 1})


def encoder_cases():
    numbers, floats = np.array([[4, 5, 6], [7, 4, 9]]), np.float32([0.5, np.nan, 2, -1])
    texts = lambda *values: onnx.numpy_helper.from_array(np.array(values, object), "t")  # noqa: E731
    array = lambda dtype, *values: onnx.numpy_helper.from_array(np.array(values, dtype), "t")  # noqa: E731
    yield "labels, texts to numbers", Case("LabelEncoder", {"x": TEXTS}, {
        "keys_strings": ["rot", "blau"], "values_int64s": [3, 4], "default_int64": -7})
    yield "labels, numbers to texts", Case("LabelEncoder", {"x": numbers}, {
        "keys_int64s": [4, 5, 4], "values_strings": ["four", "five", "other"], "default_string": "none"})
    yield "labels, floats to numbers", Case("LabelEncoder", {"x": floats}, {
        "keys_floats": [0.5, 2.0, float("nan")], "values_int64s": [1, 2, 3]})
    yield "labels, floats to floats, no default", Case("LabelEncoder", {"x": floats}, {
        "keys_floats": [0.5, 2.0], "values_floats": [1.5, 2.5]})
    yield "labels, tensors of f64", Case("LabelEncoder", {"x": floats.astype(np.float64)}, {
        "keys_tensor": array(np.float64, 0.5, 2, np.nan), "values_tensor": array(np.float64, 1, 2, 3),
        "default_tensor": array(np.float64, 9)}, version=4)
    yield "labels, tensors, texts to i16", Case("LabelEncoder", {"x": TEXTS}, {
        "keys_tensor": texts("rot", "blau"), "values_tensor": array(np.int16, 1, 2),
        "default_tensor": array(np.int16, 9)}, version=4)
    yield "labels, tensors, numbers to texts", Case("LabelEncoder", {"x": numbers}, {
        "keys_tensor": array(np.int64, 4, 5), "values_tensor": texts("vier", "fünf"),
        "default_tensor": texts("?")}, version=4)
    yield "labels, version 1", Case("LabelEncoder", {"x": TEXTS}, {"classes_strings": ["rot", "blau"], "default_int64": 5}, version=1)
    yield "labels, version 1, back", Case("LabelEncoder", {"x": numbers - 4}, {"classes_strings": ["rot", "blau"], "default_string": "?"}, version=1)
    yield "categories to numbers", Case("CategoryMapper", {"x": TEXTS}, {
        "cats_strings": ["rot", "blau"], "cats_int64s": [3, 4], "default_int64": 5})
    yield "categories to texts", Case("CategoryMapper", {"x": numbers}, {
        "cats_strings": ["rot", "blau"], "cats_int64s": [4, 9], "default_string": "?"})


def map_cases():
    words, numbers = {"b": 1.5, "a": 2.5, "zz": 3.0}, {3: 1.75, 1: -2.5, 7: 4.0}
    yield "map of texts", Case("DictVectorizer", {"x": words}, {"string_vocabulary": ["a", "c", "b"]})
    yield "map of numbers", Case("DictVectorizer", {"x": numbers}, {"int64_vocabulary": [5, 1, 3]})
    for target in ("TO_FLOAT", "TO_INT64"):
        yield f"map, dense, {target}", Case("CastMap", {"x": numbers}, {"cast_to": target, "map_form": "DENSE"})
        yield f"map, sparse, {target}", Case(
            "CastMap", {"x": numbers}, {"cast_to": target, "map_form": "SPARSE", "max_map": 5})
    yield "map, to texts", Case("CastMap", {"x": numbers}, {"cast_to": "TO_STRING"}, refused=True)


def cases():
    yield from tree_cases()
    yield from linear_cases()
    yield from vector_cases()
    yield from feature_cases()
    yield from encoder_cases()
    yield from map_cases()


def fed(case):
    """What `pack` is fed: a map is its keys and its values."""
    result = {}
    for name, value in case.inputs.items():
        if isinstance(value, dict):
            keys = list(value)
            result[name + ".keys"] = np.array(keys, object if isinstance(keys[0], str) else np.int64)
            result[name + ".values"] = np.array(list(value.values()), np.float32)
        else:
            result[name] = value
    return result


def model(case, attributes):
    """The bytes of a model of the operator."""
    ports = []
    for name, value in case.inputs.items():
        if isinstance(value, dict):
            key = TensorProto.STRING if isinstance(next(iter(value)), str) else TensorProto.INT64
            kind = helper.make_map_type_proto(key, helper.make_tensor_type_proto(TensorProto.FLOAT, None))
            ports.append(onnx.ValueInfoProto(name=name, type=kind))
            continue
        kind = TensorProto.STRING if value.dtype == object else helper.np_dtype_to_tensor_dtype(value.dtype)
        ports.append(helper.make_tensor_value_info(name, kind, [None, *value.shape[1:]]))
    node = helper.make_node(case.op, list(case.inputs), list(case.outputs), domain="ai.onnx.ml", **attributes)
    sets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", case.version)]
    # The types of the outputs are the operator's to tell.
    graph = helper.make_graph([node], "one", ports, [onnx.ValueInfoProto(name=name) for name in case.outputs])
    return helper.make_model(graph, opset_imports=sets, ir_version=9).SerializeToString()


def compare(pack, folder, case, flags):
    """The largest difference from onnxruntime's outputs, or what is wrong."""
    path = os.path.join(folder, "model.onnx")
    with open(path, "wb") as file:
        file.write(model(case, case.attributes))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(model(case, case.attributes | case.theirs), options, providers=["CPUExecutionProvider"])
        expected = session.run(None, case.inputs)
    except Exception as error:  # onnxruntime has an exception a status and no common base.
        return "onnxruntime: " + " ".join(str(error).split())[:200]
    command = [pack, "run", path, "--output-folder", os.path.join(folder, "out"), *flags]
    for name, value in fed(case).items():
        file = os.path.join(folder, name + ".npy")
        np.save(file, value.astype(str) if value.dtype == object else value)
        command += ["--input", f"{name}={file}"]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        return 0.0 if case.refused and result.returncode == 2 else " ".join(result.stderr.split())[:300]
    if case.refused:
        return "runs, though it is said to be refused"
    worst = 0.0
    for name, right in zip(case.outputs, expected):
        found = np.load(os.path.join(folder, "out", name + ".npy"))
        right = right.astype(str) if right.dtype == object else right
        if found.shape != right.shape or found.dtype.kind != right.dtype.kind:
            return f"{name}: {found.dtype}{found.shape}, expected {right.dtype}{right.shape}"
        if right.dtype.kind != "f":
            if not np.array_equal(found, right):
                return f"{name}: {found.tolist()}, expected {right.tolist()}"
            continue
        if found.dtype != right.dtype or not np.array_equal(np.isnan(found), np.isnan(right)):
            return f"{name}: {found.tolist()}, expected {right.tolist()}"
        size = np.nanmax(np.abs(right), initial=0)
        difference = np.nanmax(np.abs(found - right), initial=0) / (size or 1)
        if difference > 1e-5:
            return f"{name}: {found[:3].tolist()}, expected {right[:3].tolist()}"
        worst = max(worst, difference)
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", default=os.path.join(ROOT, ".build", "release", "pack"))
    parser.add_argument("--filter", default="")
    options = parser.parse_args()
    failures = count = 0
    for name, case in cases():
        if options.filter not in name:
            continue
        for flags in ([], ["--unoptimized"]):
            with tempfile.TemporaryDirectory() as folder:
                found = compare(options.pack, folder, case, flags)
            count += 1
            failures += isinstance(found, str)
            print("FAIL" if isinstance(found, str) else "ok  ", name, *flags, found, flush=True)
    print(f"{count - failures} of {count} equal")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
