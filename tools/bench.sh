#!/bin/sh
# bench.sh: times of this machine, one JSON line each. SECONDS_EACH=10 says how long each takes.
set -eu
cd "$(dirname "$0")/.."
seconds=${SECONDS_EACH:-10}
threads=$(nproc)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
build/bench_net inference 1 "$threads" "$seconds"
build/bench_net inference 8 "$threads" "$seconds"
build/bench_net training 8 "$threads" "$seconds"
build/bench_net training 16 "$threads" "$seconds" inception_v4 139 0.25
build/bench_net training 16 "$threads" "$seconds" resnet18 139 0.25
build/draw_sweeps "$scratch/pictures" 10 20 1
build/bench_data "$scratch/pictures" "$scratch/set" 299
