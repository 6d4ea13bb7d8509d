#!/bin/sh
# bench.sh suite|scaling|neighbour|peers [options]: runs a driver of bench/ (bench/README.md). Peers
# come from PyPI into a private environment, build/venv-peers (PEERS_VENV names another); neighbour
# takes PyTorch from there if it is there.
set -eu
cd "$(dirname "$0")/.."
driver=$1
shift
venv=${PEERS_VENV:-build/venv-peers}
packages="torch onnx onnxruntime openvino nncf tensorflow-cpu numpy"

if [ "$driver" = peers ] && [ ! -x "$venv/bin/python3" ]; then
    echo "bench: $packages into $venv, several GB" >&2
    python3 -m venv "$venv"
    # shellcheck disable=SC2086 # words are wanted
    if ! "$venv/bin/pip" install --quiet $packages >build/pip.log 2>&1; then
        cat build/pip.log >&2
        rm -rf "$venv"
        exit 1
    fi
fi
if [ -x "$venv/bin/python3" ]; then
    export PEERS_PYTHON="$venv/bin/python3"
fi
if [ "$driver" != peers ]; then
    exec python3 "bench/$driver.py" "$@"
fi
python3 bench/peers.py "$@" >build/peers.log
case " $* " in
*" --list "*) cat build/peers.log ;;
*) python3 bench/peers_table.py build/peers.jsonl build/peers.svg ;;
esac
