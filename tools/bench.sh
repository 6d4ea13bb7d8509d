#!/bin/sh
# bench.sh: times of this machine, one JSON line each. SECONDS_EACH=10 says how long each takes.
set -eu
cd "$(dirname "$0")/.."
seconds=${SECONDS_EACH:-10}
threads=$(nproc)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
build/draw_sweeps "$scratch/pictures" 10 20 1
build/bench_data "$scratch/pictures" "$scratch/set" 299
build/bench_signal
build/bench_net inference 1 "$threads" "$seconds"
build/bench_net inference 8 "$threads" "$seconds"
# Training on the same noise in each step, then on pictures from the loader.
for what in "8 inception_v4 299 1" "16 inception_v4 139 0.25" "16 resnet18 139 0.25"; do
    # shellcheck disable=SC2086 # four words
    set -- $what
    build/bench_net training "$1" "$threads" "$seconds" "$2" "$3" "$4"
    build/bench_net training "$1" "$threads" "$seconds" "$2" "$3" "$4" "$scratch/set"
done
