#!/bin/bash
# Builds the kernel checks for arm64 and for this machine, runs both (arm64 under qemu-aarch64-static), and compares the
# digests of the results that must have the same bits everywhere. Needs clang, ld.lld and, from Debian,
# libc6-dev-arm64-cross, gcc-aarch64-linux-gnu (its libgcc) and qemu-user-static. Exit status 0: all hold, or skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."
for tool in clang ld.lld qemu-aarch64-static; do
    command -v "$tool" >/dev/null || { echo "kernels-arm64: skipped, no $tool here"; exit 0; }
done
[ -e /usr/aarch64-linux-gnu/lib/libc.a ] || { echo "kernels-arm64: skipped, no arm64 C library here"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# operators.c names the operators of the runtime, which are not needed here.
kernels=()
for source in Sources/CPackKernels/*.c Sources/CPackKernels/*/*.c; do
    case $source in */operators.c) ;; *) kernels+=("$source") ;; esac
done
build() { # OUTPUT FLAG...
    local out=$1
    shift
    clang "$@" -O3 -Wall -Wextra -Werror -std=gnu11 -ITests/CKernelChecks/include -ISources/CPackKernels/include \
        Tests/CKernelChecks/*.c Tests/kernels/main.c "${kernels[@]}" -lm -o "$out"
}
build "$work/here"
build "$work/arm64" --target=aarch64-linux-gnu -static -fuse-ld=lld

"$work/here" >"$work/here.txt" || { grep FAILED "$work/here.txt"; exit 1; }
qemu-aarch64-static -cpu max "$work/arm64" >"$work/arm64.txt" || { grep FAILED "$work/arm64.txt"; exit 1; }
cat "$work/arm64.txt"
# Without dotprod the checks must still pass, and must not use it.
qemu-aarch64-static -cpu cortex-a53 "$work/arm64" >"$work/a53.txt" || { grep FAILED "$work/a53.txt"; exit 1; }
grep -q "^skipped pack_gemm_s8_dotprod" "$work/a53.txt" || { echo "kernels-arm64: dotprod ran on a CPU without it"; exit 1; }

awk -v NAME=kernels-arm64 -f Tests/kernels/digests.awk "$work/here.txt" "$work/arm64.txt" "$work/a53.txt"
