#!/usr/bin/env python3
"""Exports scikit-learn models with skl2onnx and compares `pack run` with onnxruntime, one line a model.

Every number of every output must be within 1e-5 of onnxruntime's, relative to the largest of the output, and labels must be
equal. Models, data and rows are seeded. `--fixtures` writes small models of the same kinds with inputs and the outputs that
onnxruntime gives into a folder instead, as JSON beside the models.

Usage: learning.py [--pack FILE] [--filter TEXT] [--fixtures FOLDER]
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.ensemble import (
    ExtraTreesRegressor, GradientBoostingClassifier, GradientBoostingRegressor, IsolationForest,
    RandomForestClassifier, RandomForestRegressor)
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    Binarizer, MinMaxScaler, Normalizer, OneHotEncoder, OrdinalEncoder, StandardScaler)
from sklearn.svm import SVC, SVR, LinearSVC, NuSVR, OneClassSVM
from sklearn.tree import DecisionTreeClassifier

warnings.filterwarnings("ignore")
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
TOLERANCE = 1e-5


def data(rows, seed=7):
    """Features, numbers to predict, and one of three classes."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, 6)).astype(np.float32)
    y = x @ [1, 2, -1, 0.5, 0, 3] + np.sin(3 * x[:, 1]) + random.normal(size=rows) * 0.1
    return x, y.astype(np.float32), np.digitize(y, [-2, 2])


def holes(x):
    """The same features, some of them missing."""
    x = x.copy()
    x[::5, 2] = np.nan
    return x


COLOURS = np.array(["rot", "grün", "blau", "", "青", "très clair"])
WORDS = ["the", "model", "fits", "doesn't", "fit", "Lambda", "größer", "than", "limit", "of", "it", "a", "Übung"]


def columns(x):
    """Three columns of texts."""
    return COLOURS[np.floor(np.abs(x[:, :3]) * 4).astype(int) % len(COLOURS)].astype(object)


def sentences(x):
    """One text a row."""
    places = np.floor(np.abs(x) * 7).astype(int) % len(WORDS)
    return np.array([" ".join(WORDS[i] for i in row) for row in places], object)


def models(small):
    """Names, fitted models, options of the export, and what makes the inputs of the features."""
    x, y, c = data(80 if small else 400)
    names = np.array(["low", "middle", "high"])[c]
    trees, depth = (3, 3) if small else (100, 12)
    same = (lambda v: v)
    whole = (lambda v: np.floor(v * 2).clip(-2, 2).astype(np.int64))
    # Distances without a loop in the graph.
    distances = {KNeighborsClassifier: {"optim": "cdist"}, KNeighborsRegressor: {"optim": "cdist"}}
    yield "linear_regression", LinearRegression().fit(x, y), {}, same
    yield "ridge_two_targets", Ridge().fit(x, np.stack([y, -2 * y], 1)), {}, same
    yield "logistic_pipeline", make_pipeline(StandardScaler(), LogisticRegression()).fit(x, c), {}, same
    yield "logistic_two_classes", make_pipeline(MinMaxScaler(), LogisticRegression()).fit(x, c > 1), {}, same
    yield "logistic_names", make_pipeline(Normalizer(), LogisticRegression()).fit(x, names), {}, same
    yield "logistic_onehot", make_pipeline(OneHotEncoder(), LogisticRegression()).fit(whole(x), c), {}, whole
    yield "imputer_binarizer", make_pipeline(SimpleImputer(), Binarizer(), LogisticRegression()).fit(holes(x), c), {}, holes
    yield "linear_svc", LinearSVC().fit(x, c), {}, same
    yield "decision_tree", DecisionTreeClassifier(max_depth=4, random_state=0).fit(x, c), {}, same
    yield "forest_classifier", RandomForestClassifier(trees, max_depth=depth, random_state=0).fit(x, c), {}, same
    yield "forest_two_classes", RandomForestClassifier(trees, max_depth=depth, random_state=0).fit(x, c > 1), {}, same
    yield "forest_regressor", RandomForestRegressor(trees, max_depth=depth, random_state=0).fit(x, y), {}, same
    if not small:
        yield "extra_trees_two_targets", ExtraTreesRegressor(50, random_state=0).fit(x, np.stack([y, y * y], 1)), {}, same
        yield "isolation_forest", IsolationForest(n_estimators=20, random_state=0).fit(x), {}, same
        yield "nu_svr_poly", NuSVR(kernel="poly", coef0=1).fit(x, y), {}, same
        yield "svr_sigmoid", SVR(kernel="sigmoid").fit(x, y), {}, same
        yield "one_class_svm", OneClassSVM().fit(x), {}, same
        yield "knn_classifier", KNeighborsClassifier().fit(x, c), distances, same
        yield "knn_regressor", KNeighborsRegressor().fit(x, y), distances, same
    yield "boosting_classifier", GradientBoostingClassifier(n_estimators=trees, max_depth=2, random_state=0).fit(x, c), {}, same
    yield "boosting_two_classes", GradientBoostingClassifier(n_estimators=trees, max_depth=2, random_state=0).fit(x, c > 1), {}, same
    yield "boosting_regressor", GradientBoostingRegressor(n_estimators=trees, max_depth=2, random_state=0).fit(x, y), {}, same
    yield "svc", SVC().fit(x, c), {}, same
    yield "svc_probability", SVC(probability=True, random_state=0).fit(x, c), {}, same
    yield "svc_two_classes", SVC(kernel="linear").fit(x, c > 1), {}, same
    yield "svr", SVR().fit(x, y), {}, same
    if small:
        return
    # Rows of columns of texts, and texts to cut in words; the locale must be one that every machine has.
    texts = {CountVectorizer: {"locale": "C.UTF-8"}, TfidfVectorizer: {"locale": "C.UTF-8"}}
    yield "texts_onehot", make_pipeline(
        OneHotEncoder(handle_unknown="ignore"), LogisticRegression()).fit(columns(x), names), {}, columns
    yield "texts_ordinal", make_pipeline(OrdinalEncoder(), LogisticRegression()).fit(columns(x), names), {}, columns
    yield "texts_ordinal_tree", make_pipeline(
        OrdinalEncoder(), DecisionTreeClassifier(max_depth=5, random_state=0)).fit(columns(x), names), {}, columns
    yield "texts_counts", make_pipeline(CountVectorizer(), LogisticRegression()).fit(sentences(x), names), texts, sentences
    yield "texts_tfidf", make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression()).fit(sentences(x), names), texts, sentences


def expected(model, feed):
    """Outputs of onnxruntime as arrays: maps of classes become columns."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    outputs = {}
    for port, value in zip(session.get_outputs(), session.run(None, feed)):
        if isinstance(value, list):
            names = list(value[0])
            value = np.array([[row[key] for key in names] for row in value], np.float32)
        outputs[port.name] = value
    for key, value in outputs.items():
        if value.dtype == object:
            outputs[key] = value.astype(str)
    return outputs


def run(pack, model, feed, folder):
    """Outputs of `pack run` by name."""
    out = os.path.join(folder, "out")
    command = [pack, "run", model, "--output-folder", out, "--threads", "1"]
    for name, value in feed.items():
        file = os.path.join(folder, f"{name}.npy")
        np.save(file, value.astype(str) if value.dtype == object else value)
        command += ["--input", f"{name}={file}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip().replace("\n", " "))
    return {name: np.load(os.path.join(out, port["file"])) for name, port in json.loads(done.stdout)["outputs"].items()}


def compare(wanted, found, scales):
    """The largest difference, relative to the largest of the output for many rows."""
    worst = 0.0
    for name, value in wanted.items():
        have = found[name]
        is_texts = have.dtype.kind == value.dtype.kind == "U"
        if have.shape != value.shape or have.dtype != value.dtype and not is_texts:
            raise RuntimeError(f"{name}: {have.dtype}{have.shape}, not {value.dtype}{value.shape}")
        if value.dtype.kind in "ibU":
            if not np.array_equal(have, value):
                raise RuntimeError(f"{name}: {np.sum(have != value)} of {value.size} labels differ")
        else:
            worst = max(worst, np.abs(have - value).max() / max(np.abs(scales[name]).max(), 1e-30))
    return worst


def export(model, options, x):
    parts = [model] + [step for _, step in getattr(model, "steps", [])]
    chosen = {key: value for key, value in options.items() if any(isinstance(part, key) for part in parts)}
    if x.dtype == np.float32:
        kinds = [("X", FloatTensorType([None, x.shape[1]]))]
        return to_onnx(model, initial_types=kinds, options=chosen or None, target_opset={"": 18, "ai.onnx.ml": 3})
    if x.dtype == object:
        kinds = [("X", StringTensorType([None, x.shape[1]] if x.ndim == 2 else [None]))]
        return to_onnx(model, initial_types=kinds, options=chosen or None, target_opset={"": 18, "ai.onnx.ml": 3})
    return to_onnx(model, x[:1], options=chosen or None, target_opset={"": 18, "ai.onnx.ml": 3})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", default=os.path.join(ROOT, ".build", "release", "pack"))
    parser.add_argument("--filter", default="")
    parser.add_argument("--fixtures")
    given = parser.parse_args()
    failures = 0
    rows, _, _ = data(50, seed=11)
    for name, model, options, prepare in models(bool(given.fixtures)):
        if given.filter not in name:
            continue
        x = prepare(rows[:4] if given.fixtures else rows)
        bytes_ = export(model, options, x).SerializeToString()
        if given.fixtures:
            wanted = expected(bytes_, {"X": x})
            with open(os.path.join(given.fixtures, name + ".onnx"), "wb") as f:
                f.write(bytes_)
            # JSON has no "not a number": a missing value is null.
            record = {"shape": list(x.shape), "type": str(x.dtype), "X": [
                None if np.isnan(v) else v for v in x.ravel().tolist()], "outputs": {
                key: {"shape": list(v.shape), "type": str(v.dtype), "values": v.ravel().tolist()}
                for key, v in wanted.items()}}
            with open(os.path.join(given.fixtures, name + ".json"), "w") as f:
                json.dump(record, f)
                f.write("\n")
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.onnx")
            with open(path, "wb") as f:
                f.write(bytes_)
            try:
                worst, scales = 0.0, expected(bytes_, {"X": x})
                for part in (x, x[:1]):
                    found = run(given.pack, path, {"X": part}, tempfile.mkdtemp(dir=folder))
                    worst = max(worst, compare(expected(bytes_, {"X": part}), found, scales))
                verdict = "pass" if worst <= TOLERANCE else "FAIL"
                note = f"{worst:.1e}"
            except (RuntimeError, KeyError) as error:
                verdict, note = "FAIL", str(error)[:400]
            failures += verdict != "pass"
            print(f"{verdict} {name:24s} {len(bytes_):8d} bytes  {note}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
