#!/usr/bin/env bash
# The runtime that an embedding model in int8 is bundled with (all-MiniLM-L6-v2: these operators and kernels) must stay small,
# with either of the front ends for HTTP.
set -euo pipefail
cd "$(dirname "$0")/.."
lld=$(command -v ld.lld || echo "$(dirname "$(readlink -f "$(command -v swiftc)")")/ld.lld")
program=$(mktemp)
trap 'rm -f "$program"' EXIT

operators='Embed|Linear|Attention|LayerNormalization|MaskedMean|L2Normalize'
kernels='gemm_s8|quantize_rows|attention_f32|layer_norm|mean_rows|l2_normalize|dequantize_s8'
status=0
check() { # ARCH FRONT_END LIMIT
    local runtime=build/runtime/$1 size
    grep -E "pack_slot_($operators)=|pack_kslot_($kernels)_|pack_fslot_$2=" "$runtime/all-slots" |
        xargs "$lld" -static --gc-sections -s "$runtime/runtime.o" -o "$program"
    size=$(stat -c %s "$program")
    echo "runtime of an int8 embedding model, $1, front end $2: $size bytes, at most $3 allowed"
    [ "$size" -le "$3" ] || status=1
}
for arch in x86_64 arm64; do
    check $arch predict 300000
    check $arch inference 400000
done
exit $status
