#!/bin/bash
# Disassembles the kernels: each variant has the instruction that it is made for, and code that runs on any CPU has none that
# some CPUs lack. Needs clang, llvm-objdump and, for arm64, Debian's libc6-dev-arm64-cross. Exit status 0: all holds, or skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."
swift_usr=$(dirname "$(dirname "$(readlink -f "$(command -v swiftc)")")")
objdump=$(command -v llvm-objdump || echo "$swift_usr/bin/llvm-objdump")
[ -x "$objdump" ] || { echo "kernels-instructions: skipped, no llvm-objdump here"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
count=0

code() { # TARGET SOURCE: the file with its instructions, a line each
    local out features=()
    out=$work/$(echo "$1 $2" | tr ' /' __)
    if [ ! -e "$out" ]; then
        clang --target="$1" -O3 -std=gnu11 -ISources/CPackKernels/include -c "$2" -o "$work/object.o"
        # What it is not told of it prints as unknown.
        case $1 in aarch64*) features=(--mattr=+dotprod,+i8mm) ;; esac
        "$objdump" -d "${features[@]}" --no-show-raw-insn "$work/object.o" >"$out"
    fi
    echo "$out"
}

has() { # TARGET SOURCE PATTERN
    count=$((count + 1))
    grep -qE "[[:space:]]($3)" "$(code "$1" "Sources/CPackKernels/$2")" || { echo "kernels-instructions: $2 has no $3"; status=1; }
}

lacks() { # TARGET PATTERN SOURCE…
    local target=$1 pattern=$2 source
    shift 2
    for source; do
        count=$((count + 1))
        if grep -m 1 -E "$pattern" "$(code "$target" "$source")"; then
            echo "kernels-instructions: $source has the instruction above"
            status=1
        fi
    done
}

x86=x86_64-linux-gnu
has $x86 x86/avx2.c 'vfmadd[0-9]+ps.*%ymm'
has $x86 x86/avx2.c 'vcvtph2ps.*%ymm'
has $x86 x86/avx512.c 'vfmadd[0-9]+ps.*%zmm'
has $x86 x86/gemm_s8_avx2.c 'vpmaddubsw.*%ymm'
has $x86 x86/gemm_s4_avx2.c 'vpmaddubsw.*%ymm'
has $x86 x86/gemm_s8_avxvnni.c 'vpdpbusd.*%ymm'
has $x86 x86/gemm_s4_avxvnni.c 'vpdpbusd.*%ymm'
has $x86 x86/gemm_s4_avxvnni.c 'vpdpwssd.*%ymm'
has $x86 x86/gemm_s8_avx512vnni.c 'vpdpbusd.*%zmm'
has $x86 x86/gemm_s4_avx512vnni.c 'vpdpbusd.*%zmm'
lacks $x86 '%[yz]mm|[[:space:]]v[a-z0-9]+[[:space:]].*%xmm' Sources/CPackKernels/*.c Sources/CPackKernels/portable/*.c
lacks $x86 '%zmm|vpdp' Sources/CPackKernels/x86/*avx2.c
lacks $x86 '%zmm' Sources/CPackKernels/x86/*avxvnni.c
lacks $x86 'vpdp' Sources/CPackKernels/x86/avx512.c

if [ -e /usr/aarch64-linux-gnu/include ]; then
    arm64=aarch64-linux-gnu
    has $arm64 arm/neon.c 'fmla'
    has $arm64 arm/gemm_s8_neon.c '[su]mlal|[su]mull|[su]adalp'
    has $arm64 arm/gemm_s8_dotprod.c '[us]dot'
    has $arm64 arm/gemm_s4_dotprod.c '[us]dot'
    has $arm64 arm/gemm_s8_i8mm.c 'smmla'
    lacks $arm64 '[[:space:]](us|s|u)(dot|mmla)[[:space:]]' Sources/CPackKernels/*.c Sources/CPackKernels/portable/*.c \
        Sources/CPackKernels/arm/*neon.c
fi
echo "kernels-instructions: $count looks"
exit $status
