#!/usr/bin/env bash
# The study of 2020 anew: linear regression, DistilBERT and BERT (seeded weights of the real shapes), as bundles and as Python
# stacks. Writes study.html, study.md and study.json into the folder given (default: Study).
#
# PYTHON names a Python with numpy, safetensors, scikit-learn, skl2onnx and the stacks (fastapi, uvicorn, onnxruntime, torch,
# transformers); default .venv/bin/python. Further arguments go to `pack study`.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-Study}
shift || true
python=${PYTHON:-.venv/bin/python}
work=build/study
mkdir -p "$work" "$folder"

[ -e "$work/linear.onnx" ] || "$python" Tests/reference/seeded_linear.py "$work/linear.onnx"
[ -e "$work/distilbert/config.json" ] || "$python" Tests/reference/seeded_distilbert.py "$work/distilbert"
[ -e "$work/bert/config.json" ] || "$python" Tests/reference/seeded_bert.py "$work/bert"

pack=.build/release/pack
slim() { [ -e "$work/$1.tar" ] || "$pack" slim "$work/$2" --target lambda-image --quantize "$3" --output "$work/$1.tar" >/dev/null; }
slim linear linear.onnx none
slim distilbert distilbert auto
slim bert bert auto

"$pack" study "$work/linear.tar" "$work/distilbert.tar" "$work/bert.tar" \
    --model "$work/linear.onnx" --model "$work/distilbert" --model "$work/bert" \
    --stack onnxruntime,torch --python "$python" \
    --output "$folder/study.html" --output "$folder/study.md" --output "$work/study.json" "$@"
