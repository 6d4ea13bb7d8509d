#!/bin/sh
# bench_workbench.sh [SECONDS]: the workbench in a real Chromium and under fifty clients for so many
# seconds (120), with the models that "make demo" made; one JSON line each.
set -eu
cd "$(dirname "$0")/.."
tools/setup.sh browser
picture=$(find demo -path '*run-picture*/model' -type d | head -n 1)
signal=$(find demo -path '*run-signal*/model' -type d | head -n 1)
if [ -z "$picture" ] || [ -z "$signal" ]; then
    echo "bench_workbench: no models in demo/: run make demo first" >&2
    exit 1
fi
NEMG=build/nemg exec /usr/bin/python3 bench/bench_workbench.py "$picture,$signal" docs/card.png "${1:-120}"
