#!/bin/sh
# Other trainers under build/interop, each in an environment of its own; one that cannot be installed is said and passed over.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p build/interop

install() {
    name=$1
    shift
    place=build/interop/$name
    [ -f "$place/.ready" ] && return
    [ -x "$place/bin/python" ] || "${PYTHON:-python3}" -m venv "$place"
    if "$place/bin/python" -m pip install --quiet --disable-pip-version-check "$@"; then
        touch "$place/.ready"
    else
        echo "interop: $name cannot be installed here; its tests are skipped" >&2
    fi
}

install llama-factory torch==2.13.0 llamafactory==0.9.5
# Wheels that ask for CUDA do not load beside a torch without it, and no text needs them.
[ -x build/interop/llama-factory/bin/python ] &&
    build/interop/llama-factory/bin/python -m pip uninstall --quiet --yes torchvision torchaudio
install ms-swift torch==2.13.0 ms-swift==4.6.0
install trl torch==2.13.0 trl==1.16.0
