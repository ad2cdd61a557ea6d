#!/usr/bin/env bash
# The runtime that an embedding model in int8 is bundled with (all-MiniLM-L6-v2: these operators and kernels) must stay small.
set -euo pipefail
cd "$(dirname "$0")/.."
limit=300000
lld=$(command -v ld.lld || echo "$(dirname "$(readlink -f "$(command -v swiftc)")")/ld.lld")
program=$(mktemp)
trap 'rm -f "$program"' EXIT

operators='Embed|Linear|Attention|LayerNormalization|MaskedMean|L2Normalize'
kernels='gemm_s8|quantize_rows|attention_f32|layer_norm|mean_rows|l2_normalize|dequantize_s8'
status=0
for arch in x86_64 arm64; do
    runtime=build/runtime/$arch
    grep -E "pack_slot_($operators)=|pack_kslot_($kernels)_" "$runtime/all-slots" |
        xargs "$lld" -static --gc-sections -s "$runtime/runtime.o" -o "$program"
    size=$(stat -c %s "$program")
    echo "runtime of an int8 embedding model, $arch: $size bytes, at most $limit allowed"
    [ "$size" -le "$limit" ] || status=1
done
exit $status
