#!/usr/bin/env bash
# Builds the runtime for x86_64 and arm64 into build/runtime/ARCH: `runtime.o`, one relocatable object with the C library
# inside, from which `pack slim` links what a plan needs, and `pack-run`, everything linked, for machines without ld.lld.
set -euo pipefail
cd "$(dirname "$0")/.."
swift_usr=$(dirname "$(dirname "$(readlink -f "$(command -v swiftc)")")")
lld=$(command -v ld.lld || echo "$swift_usr/bin/ld.lld")
arm64_root=$PWD/build/musl-arm64/usr

build() { # ARCH TRIPLE MUSL_INCLUDE MUSL_LIB LIBGCC
    local arch=$1 triple=$2 include=$3 lib=$4 libgcc=$5 out=build/runtime/$1
    local unicode=$swift_usr/lib/swift/embedded/$triple/libswiftUnicodeDataTables.a
    mkdir -p "$out"
    cat >"$out/toolset.json" <<JSON
{ "schemaVersion": "1.0",
  "cCompiler": { "extraCLIOptions": ["-D__linux__", "-isystem", "$include"] },
  "swiftCompiler": { "extraCLIOptions": ["-Xcc", "-D__linux__", "-Xcc", "-isystem", "-Xcc", "$include"] } }
JSON
    PACK_EMBEDDED=1 swift build -q -c release --scratch-path ".build-runtime-$arch" --triple "$triple" \
        --toolset "$out/toolset.json"
    local library=.build-runtime-$arch/$triple/release/libPackRuntimeStatic.a
    if [ "$out/pack-run" -nt "$library" ]; then return; fi
    "$lld" -r "$lib/crt1.o" "$lib/crti.o" --whole-archive "$library" --no-whole-archive \
        --start-group "$lib/libc.a" "$libgcc" "$unicode" --end-group "$lib/crtn.o" -o "$out/runtime.o"
    # Every slot of the object is tied to the symbol of the same name.
    nm "$out/runtime.o" | awk '
        NF == 2 && $1 == "w" && $2 ~ /^pack_k?slot_/ { slots[++count] = $2 }
        $2 == "T" { defined[$3] = 1 }
        END { for (i = 1; i <= count; i++) {
            symbol = slots[i]; if (!sub(/^pack_kslot_/, "pack_", symbol)) sub(/^pack_slot_/, "pack_op_", symbol)
            if (symbol in defined) print "--defsym=" slots[i] "=" symbol } }' >"$out/all-slots"
    xargs "$lld" -static --gc-sections -s "$out/runtime.o" -o "$out/pack-run" <"$out/all-slots"
    echo "runtime: $out/pack-run $(stat -c %s "$out/pack-run") bytes, $(wc -l <"$out/all-slots") slots"
}

build x86_64 x86_64-unknown-linux-gnu /usr/include/x86_64-linux-musl /usr/lib/x86_64-linux-musl \
    "$(gcc -print-libgcc-file-name)"
build arm64 aarch64-none-none-elf "$arm64_root/include/aarch64-linux-musl" "$arm64_root/lib/aarch64-linux-musl" \
    "$(ls /usr/lib/gcc-cross/aarch64-linux-gnu/*/libgcc.a)"
