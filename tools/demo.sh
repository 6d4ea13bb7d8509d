#!/bin/sh
# demo.sh: the whole workflow on a small network, in a few minutes, in the folder demo/.
# IMAGES=DIR takes your folder of class folders (and DIR/manifest.csv if there is one) in place
# of the sweeps that it draws itself.
set -eu
cd "$(dirname "$0")/.."
nemg=build/nemg
mkdir -p demo

say() {
    printf '\n\033[1m%s\033[0m\n' "$*"
}

# Shows a command, then runs it.
do_this() {
    printf '$ %s\n' "$(echo "$*" | sed 's|^build/||')"
    "$@"
}

if [ -n "${IMAGES-}" ]; then
    images=$IMAGES
    if [ ! -d "$images" ]; then
        echo "demo: IMAGES=$images is no folder; wanted one with a folder of pictures per class" >&2
        exit 2
    fi
else
    images=demo/pictures
    say "1. Simple sweeps of three classes from 12 made-up patients (drawn by formulas, not real)"
    [ -f $images/manifest.csv ] || do_this build/draw_sweeps $images 12 12 1
fi
manifest=""
[ -f "$images/manifest.csv" ] && manifest="--manifest $images/manifest.csv"

say "2. A data set that keeps each patient on one side"
# shellcheck disable=SC2086 # two words or none
do_this $nemg dataset build --images "$images" $manifest --out demo/set --force

say "3. A small network from scratch (Ctrl-C stops it; make demo goes on from there)"
hash=$(sed -n 's/^ *"hash": "\([0-9a-f]\{8\}\).*/\1/p' demo/set/dataset.json)
run=demo/run-$hash
do_this $nemg train --dataset demo/set --run "$run" --model resnet18 --width 0.25 --image-size 139 \
    --epochs 12 --batch 16

say "4. How good it is on the patients it has not seen"
do_this $nemg evaluate --model "$run/model" --dataset demo/set --predictions demo/predictions.csv

say "5. One picture"
picture=$(find "$images" -name '*.png' -o -name '*.jpg' -o -name '*.bmp' | sort | head -n 1)
show=""
[ -t 1 ] && show=--show
# shellcheck disable=SC2086 # one word or none
do_this $nemg classify --model "$run/model" --out demo/card.png $show "$picture"

printf '\nWhat is left: demo/card.png, demo/predictions.csv, %s/history.csv;\n' "$run"
printf '"tensorboard --logdir %s" shows the curves. research use only\n' "$run"
