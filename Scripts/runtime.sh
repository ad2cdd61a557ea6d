#!/usr/bin/env bash
# Builds the runtime for x86_64 and arm64 into build/runtime/ARCH: `runtime.o`, one relocatable object with the C library
# inside, from which `pack slim` links what a plan needs, and `pack-run`, everything linked, for tests.
set -euo pipefail
cd "$(dirname "$0")/.."
swift_usr=$(dirname "$(dirname "$(readlink -f "$(command -v swiftc)")")")
lld=$(command -v ld.lld || echo "$swift_usr/bin/ld.lld")
objcopy=$(command -v llvm-objcopy || echo "$swift_usr/bin/llvm-objcopy")
arm64_root=$PWD/build/musl-arm64/usr
# What only the command needs: it would bring more of the C library with it, of which `exit` runs some.
tool_only='CPackSystem/(confine|files|spawn)\.c$'

# Compiles the runtime's Swift as one module and one LLVM module: functions that nobody calls, that are equal, or that are always
# called with the same value then cost nothing. Module by module, the program is 100 KB larger.
compile() { # TRIPLE INCLUDE KERNELS OUTPUT
    local triple=$1 kernels=$3
    local flag
    local c=(-D__linux__ -isystem "$2" -fPIC -ISources/CPackKernels/include -ISources/CPackSystem/include
        -fmodule-map-file=Sources/pack-run/modules.modulemap
        -fmodule-map-file="$kernels/CPackKernels.build/module.modulemap"
        -fmodule-map-file="$kernels/CPackSystem.build/module.modulemap")
    local options=(-target "$triple" -swift-version 6 -enable-experimental-feature Embedded -warnings-as-errors
        -package-name pack -parse-as-library -wmo -Osize -gnone -Xfrontend -function-sections
        -Xllvm -frame-pointer=none -module-cache-path "$kernels/ModuleCache")
    for flag in "${c[@]}"; do options+=(-Xcc "$flag"); done
    find Sources/{PackCore,PackRuntime,PackTokenizers,PackServing,pack-run} -name '*.swift' | LC_ALL=C sort |
        xargs swiftc -module-name PackRun "${options[@]}" -emit-ir -o "${4%.o}.ll"
    # The code as it is, but each constant in a section of its own, so that what nobody uses is left out.
    "$swift_usr/bin/clang" -target "$triple" -O2 -Xclang -disable-llvm-passes -fPIC -ffunction-sections -fdata-sections \
        -Wno-override-module -c "${4%.o}.ll" -o "$4"
}

build() { # ARCH TRIPLE MUSL_INCLUDE MUSL_LIB LIBGCC
    local arch=$1 triple=$2 include=$3 lib=$4 libgcc=$5 out=build/runtime/$1
    local unicode=$swift_usr/lib/swift/embedded/$triple/libswiftUnicodeDataTables.a
    local scratch=.build-runtime-$arch
    local kernels=$scratch/$triple/release
    mkdir -p "$out"
    cat >"$out/toolset.json" <<JSON
{ "schemaVersion": "1.0", "cCompiler": { "extraCLIOptions": ["-D__linux__", "-isystem", "$include"] } }
JSON
    PACK_EMBEDDED=1 swift build -q -c release --scratch-path "$scratch" --triple "$triple" --toolset "$out/toolset.json"
    if [ -e "$out/pack-run" ] && [ -z "$(find "$kernels/libPackKernels.a" Scripts/runtime.sh \
        Sources/{PackCore,PackRuntime,PackTokenizers,PackServing,pack-run} -newer "$out/pack-run")" ]; then return; fi
    compile "$triple" "$include" "$kernels" "$scratch/PackRun.o"
    # In the order of their names, whichever were compiled last: the same sources then give the same bytes.
    local objects=() source
    while read -r source; do objects+=("$kernels/${source%%/*}.build/${source#*/}.o"); done < <(
        cd Sources && find CPackKernels CPackSystem -name '*.c' | grep -vE "$tool_only" | LC_ALL=C sort)
    # What runs before and after the program is in pieces of the same name that belong together.
    "$lld" -r "$lib/crt1.o" "$lib/crti.o" "$lib/crtn.o" -o "$scratch/start.o"
    # Functions of the same name in several files stay apart, so that each is kept or left out by itself.
    "$lld" -r --unique "$scratch/start.o" "$scratch/PackRun.o" "${objects[@]}" --start-group "$lib/libc.a" "$libgcc" "$unicode" \
        --end-group -o "$out/runtime.o"
    # Only a linker reads it, and nothing unwinds the stack.
    "$objcopy" --strip-debug --remove-section=.eh_frame --remove-section=.rela.eh_frame --remove-section=.comment \
        "$out/runtime.o"
    # Every slot of the object is tied to the symbol of the same name.
    nm "$out/runtime.o" | awk '
        NF == 2 && $1 == "w" && $2 ~ /^pack_[kf]?slot_/ { slots[++count] = $2 }
        $2 == "T" { defined[$3] = 1 }
        END { for (i = 1; i <= count; i++) {
            symbol = slots[i]
            if (!sub(/^pack_kslot_/, "pack_", symbol) && !sub(/^pack_fslot_/, "pack_front_end_", symbol))
                sub(/^pack_slot_/, "pack_op_", symbol)
            if (symbol in defined) print "--defsym=" slots[i] "=" symbol } }' >"$out/all-slots"
    xargs "$lld" -static --gc-sections -s "$out/runtime.o" -o "$out/pack-run" <"$out/all-slots"
    echo "runtime: $out/pack-run $(stat -c %s "$out/pack-run") bytes, $(wc -l <"$out/all-slots") slots"
}

build x86_64 x86_64-unknown-linux-gnu /usr/include/x86_64-linux-musl /usr/lib/x86_64-linux-musl \
    "$(gcc -print-libgcc-file-name)"
build arm64 aarch64-none-none-elf "$arm64_root/include/aarch64-linux-musl" "$arm64_root/lib/aarch64-linux-musl" \
    "$(ls /usr/lib/gcc-cross/aarch64-linux-gnu/*/libgcc.a)"
