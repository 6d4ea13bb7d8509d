#!/bin/sh
# test_workbench.sh: makes two small models and some recordings and pictures, and runs
# test_workbench.py on them. SHOTS=DIR keeps screenshots.
# shellcheck source=tests/e2e/support.sh
. "$(dirname "$0")/../e2e/support.sh"
python=/usr/bin/python3 # Debian's own, which sees Debian's modules
if ! [ -x /usr/bin/chromedriver ] || ! $python -c 'import selenium' 2>/dev/null; then
    echo "skipped: chromium-driver and python3-selenium are not installed (tools/setup.sh browser does that)"
    exit 77
fi
make_models
NEMG=$nemg $python "$(dirname "$0")/test_workbench.py" "$scratch/p/model,$scratch/s/model" "$scratch/lab" \
    "$scratch/pictures/Fibs/p01_0.png" "$scratch/pictures/PSW/p01_0.png"
status=$?
[ "$status" != 77 ] || exit 77
[ "$status" = 0 ] || n_failed=$((n_failed + 1))
finish
