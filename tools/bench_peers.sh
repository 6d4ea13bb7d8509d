#!/bin/sh
# bench_peers.sh: our engine beside PyTorch and ONNX Runtime, in turns, in one run. They come from
# PyPI into a private environment, build/venv-peers (PEERS_VENV names another). Prints the JSON
# lines to build/peers.jsonl and a table of medians and ratios to standard output.
set -eu
cd "$(dirname "$0")/.."
venv=${PEERS_VENV:-build/venv-peers}
rounds=${ROUNDS:-3}
seconds=${SECONDS_EACH:-8}
threads=${THREADS:-2}
if [ ! -x "$venv/bin/python3" ]; then
    if ! python3 -m venv "$venv"; then
        echo "bench_peers: Debian's python3-venv is wanted" >&2
        exit 1
    fi
    "$venv/bin/pip" install --quiet torch onnx onnxruntime numpy
fi
python=$venv/bin/python3
out=build/peers.jsonl
[ -f build/inception_v4.onnx ] || "$python" bench/peers/torch_net.py export build/inception_v4.onnx >build/export.log 2>&1 || { cat build/export.log; exit 1; }
: >$out
i=0
while [ $i -lt "$rounds" ]; do
    i=$((i + 1))
    echo "round $i of $rounds" >&2
    {
        build/bench_net inference 1 "$threads" "$seconds"
        "$python" bench/peers/ort_net.py build/inception_v4.onnx 1 "$threads" "$seconds"
        for layout in contiguous channels_last; do
            "$python" bench/peers/torch_net.py inference 1 "$threads" "$seconds" $layout
        done
        build/bench_net training 8 "$threads" "$seconds"
        for layout in contiguous channels_last; do
            "$python" bench/peers/torch_net.py training 8 "$threads" "$seconds" $layout
        done
    } 2>build/peers.log >>$out || { cat build/peers.log; exit 1; }
done
"$python" bench/peers/table.py $out
