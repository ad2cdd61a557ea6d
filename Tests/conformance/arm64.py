"""Runs models in the complete arm64 runtime under qemu: `pack run --plan` makes the plan, a JSON request asks for its outputs.

Inputs that JSON cannot hold, because they have no elements or some that are not finite, become constants of the model, which
is then run without passes, so that nothing is computed beforehand.
"""
import json
import os
import subprocess

import numpy as np
import onnx
from onnx import numpy_helper

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
RUNTIME = os.path.join(ROOT, "build", "runtime", "arm64", "pack-run")
EMULATOR = "qemu-aarch64-static"


def holds_tensors(inputs):
    """Whether all inputs are tensors of numbers."""
    return all(isinstance(value, np.ndarray) and value.dtype.kind not in "OUSc" for value in inputs.values())


def askable(inputs):
    """Whether a JSON request can hold the inputs."""
    return all(value.size > 0 and np.isfinite(value.astype(np.float64)).all() for value in inputs.values())


def with_constants(path, inputs, folder):
    """The path of the model with its inputs as constants."""
    model = onnx.load(path)
    del model.graph.input[:]
    model.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in inputs.items())
    changed = os.path.join(folder, "constants.onnx")
    onnx.save(model, changed)
    return changed


def run(pack, model, inputs, expected, folder, flags, timeout):
    """The process that ended last, and the outputs by name if it is the runtime and has answered.

    Types of the outputs are those of `expected`, by name, since answers hold numbers alone.
    """
    plan = os.path.join(folder, "model.pack")
    if not askable(inputs):
        model, inputs, flags = with_constants(model, inputs, folder), {}, ["--unoptimized"]
    done = subprocess.run(
        [pack, "run", model, "--plan", plan, *flags], capture_output=True, text=True, timeout=timeout)
    if done.returncode:
        return done, None
    request = {"inputs": {name: member(value) for name, value in inputs.items()}, "outputs": True}
    done = subprocess.run(
        [EMULATOR, RUNTIME, "--model", plan, "--json", "-"], input=json.dumps(request), capture_output=True, text=True,
        timeout=timeout)
    if done.returncode:
        return done, None
    outputs = {}
    for name, answer in json.loads(done.stdout)["outputs"].items():
        outputs[name] = array(answer, np.asarray(expected[name]))
    return done, outputs


def member(value):
    """An input as a request has it: a number, or elements with their shape."""
    numbers = [number(x) for x in value.reshape(-1)]
    return {"shape": list(value.shape), "data": numbers} if value.ndim else numbers[0]


def number(x):
    return int(x) if np.asarray(x).dtype.kind in "iub" or "int" in np.asarray(x).dtype.name else float(x)


def array(answer, expected):
    """An answer as an array; `null` stands for what is not finite, and is taken for what is expected there."""
    dtype, shape = expected.dtype, tuple(answer["shape"])
    if None not in answer["data"]:
        return np.array(answer["data"], np.float64 if dtype.kind == "V" else None).astype(dtype).reshape(shape)
    numbers = np.array([np.nan if x is None else x for x in answer["data"]], np.float64).reshape(shape)
    wide = expected.astype(np.float64)
    if shape == expected.shape:
        numbers = np.where(np.isnan(numbers) & ~np.isfinite(wide), wide, numbers)
    return numbers.astype(dtype)
