#!/bin/bash
# Runs the checks of all x86-64 kernels in plain C by SIMDe, whatever this CPU has: errors, results in place, and the digests
# of the results that must have the same bits everywhere. Needs clang and, from Debian, libsimde-dev. Exit status 0: all hold,
# or skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "$(uname -m)" = x86_64 ] || { echo "kernels-emulated: skipped, this is no x86-64 machine"; exit 0; }
[ -e /usr/include/simde/x86/avx512.h ] || { echo "kernels-emulated: skipped, no libsimde-dev here"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp -r Sources/CPackKernels "$work/kernels"
# Functions for instruction sets that the compiler does not know here are plain ones, and values lie in no registers of theirs.
for source in "$work"/kernels/x86/*.c; do
    sed -i -e '/^#pragma clang attribute push/{:next;/\\$/{N;b next};d}' -e '/^#pragma clang attribute pop/d' "$source"
done
sed -i 's/^#define KEEP_REGISTER(x) .*/#define KEEP_REGISTER(x) ((void)0)/' "$work/kernels/x86/registers.h"
cat >"$work/kernels/probe.c" <<'C'
#include "probe.h"
uint32_t pack_probe(void) {
    return 1u << PACK_ISA_portable | 1u << PACK_ISA_avx2 | 1u << PACK_ISA_avxvnni |
        1u << PACK_ISA_avx512 | 1u << PACK_ISA_avx512vnni;
}
C

# operators.c names the operators of the runtime, which are not needed here.
sources=()
for source in "$work"/kernels/*.c "$work"/kernels/*/*.c Tests/CKernelChecks/*.c Tests/kernels/main.c; do
    case $source in */operators.c) ;; *) sources+=("$source") ;; esac
done
object() { # SOURCE
    clang -O2 -ffp-contract=off -std=gnu11 -Wno-everything -ITests/kernels -I"$work/kernels/include" \
        -ITests/CKernelChecks/include -c "$1" -o "$work/$(echo "$1" | tr / _).o"
}
export -f object
export work
printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -I{} bash -c 'object {}'
clang "$work"/*.o -lm -o "$work/checks"

"$work/checks" >"$work/lines" || { grep FAILED "$work/lines"; exit 1; }
if grep skipped "$work/lines"; then exit 1; fi
awk -v NAME=kernels-emulated -f Tests/kernels/digests.awk "$work/lines"
