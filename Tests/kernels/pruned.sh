#!/bin/bash
# Links the kernels as a bundle's runtime does, with weak slots and garbage collection, and shows that what is tied is
# there and chosen, and that the rest is gone. Needs clang, ld.lld and, from Debian, musl-dev. Exit status 0: all holds, or
# skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."
lib=/usr/lib/x86_64-linux-musl
command -v ld.lld >/dev/null && [ -e $lib/libc.a ] && [ "$(uname -m)" = x86_64 ] || { echo "kernels-pruned: skipped"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/main.c" <<'C'
#include <stdio.h>
#include "pack_kernels.h"
int main(int argc, char **argv) {
    pack_kernels k;
    int status = pack_kernels_select(argc > 1 ? argv[1] : 0, &k);
    if (status) return status;
    for (uint32_t f = 0; f < PACK_FAMILY_COUNT; f++)
        if (k.isa[f]) printf("%s=%s\n", pack_family_name(f), pack_isa_name(k.isa[f]));
    return 0;
}
C
for source in "$work/main.c" Sources/CPackKernels/*.c Sources/CPackKernels/*/*.c; do
    clang -O3 -std=gnu11 -nostdlibinc -isystem /usr/include/x86_64-linux-musl -DPACK_PRUNABLE -ffunction-sections \
        -fdata-sections -ISources/CPackKernels/include -c "$source" -o "$work/$(echo "$source" | tr / _).o"
done

link() { # OUTPUT KERNEL...
    local out=$1 kernel
    shift
    local ties=()
    for kernel; do ties+=("--defsym=pack_kslot_$kernel=pack_$kernel"); done
    ld.lld -static --gc-sections "${ties[@]}" $lib/crt1.o $lib/crti.o "$work"/*.o $lib/libc.a \
        "$(clang -print-libgcc-file-name 2>/dev/null | grep -s . || gcc -print-libgcc-file-name)" $lib/crtn.o -o "$out"
}
expect() { # PROGRAM LIMIT TEXT
    local found
    found=$("$1" $2 | tr '\n' ' ')
    [ "$found" = "$3" ] || { echo "kernels-pruned: chose '$found', expected '$3'"; exit 1; }
}
symbols() { llvm-nm "$1" 2>/dev/null || nm "$1"; }

link "$work/none"
expect "$work/none" "" ""
link "$work/two" gemm_s8_portable quantize_rows_portable
expect "$work/two" "" "gemm_s8=portable quantize_rows=portable "
if symbols "$work/two" | grep -qE " [Tt] (pack_gemm_f32_|pack_.*_avx2$|tile_)"; then
    echo "kernels-pruned: a kernel that nothing ties was kept"
    exit 1
fi
if grep -q avx2 /proc/cpuinfo; then # the next lower variant that is there
    link "$work/some" gemm_f32_portable gemm_f32_avx2 gemm_s8_portable
    expect "$work/some" "" "gemm_f32=avx2 gemm_s8=portable "
    expect "$work/some" portable "gemm_f32=portable gemm_s8=portable "
fi
echo "kernels-pruned: none $(stat -c %s "$work/none"), two $(stat -c %s "$work/two") bytes"
