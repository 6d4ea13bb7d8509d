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
make_set || failed set "could not be made"
"$nemg" train --dataset "$scratch/set" --run "$scratch/p" --model resnet18 --width 0.125 --image-size 75 --batch 8 \
    --steps 2 --quiet >/dev/null || failed model "of pictures could not be trained"
"$nemg" simulate --out "$scratch/lab" --patients 6 --sites 6 --seconds 4 --severity 3 --seed 3 --quiet >/dev/null
"$nemg" dataset build --recordings "$scratch/lab" --manifest "$scratch/lab/manifest.csv" --out "$scratch/signals" \
    --most 4 --validation 0 --quiet >/dev/null
"$nemg" train --dataset "$scratch/signals" --run "$scratch/s" --width 0.25 --steps 2 --quiet >/dev/null ||
    failed model "of signals could not be trained"
NEMG=$nemg $python "$(dirname "$0")/test_workbench.py" "$scratch/p/model,$scratch/s/model" "$scratch/lab" \
    "$scratch/pictures/Fibs/p01_0.png" "$scratch/pictures/PSW/p01_0.png"
status=$?
[ "$status" != 77 ] || exit 77
[ "$status" = 0 ] || n_failed=$((n_failed + 1))
finish
