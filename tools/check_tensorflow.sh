#!/bin/sh
# check_tensorflow.sh [CHECK...]: our files through real TensorFlow and its files through ours
# (tests/tensorflow/check.py). TensorFlow comes from PyPI into a private environment,
# build/venv-tensorflow; TENSORFLOW_VENV names another. IMAGES=DIR takes your class folders in
# place of drawn sweeps. Needs 4 GB of memory and some minutes.
set -eu
cd "$(dirname "$0")/.."
venv=${TENSORFLOW_VENV:-build/venv-tensorflow}
if [ ! -x "$venv/bin/python3" ]; then
    if ! python3 -m venv "$venv"; then
        echo "check_tensorflow: Debian's python3-venv is wanted" >&2
        exit 1
    fi
    "$venv/bin/pip" install --quiet tensorflow-cpu tensorboard numpy
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
images=${IMAGES:-$scratch/pictures}
[ -n "${IMAGES:-}" ] || build/draw_sweeps "$images" 6 12 1
"$venv/bin/python3" tests/tensorflow/check.py build "$images" "$scratch" "$@"
