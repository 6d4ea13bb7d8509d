#!/bin/sh
# demo.sh: the whole workflow on two cores in less than six minutes, in the folder demo/: simulated
# patients to recordings, data sets, two models, their evaluation on patients and on a laboratory
# that they have not seen, a report on each, and a page demo/index.html that leads to all of it.
#
# IMAGES=DIR takes your folder of class folders of pictures (and DIR/manifest.csv if there is one)
# in place of the simulator, and trains the picture model only.
set -eu
cd "$(dirname "$0")/.."
nemg=build/nemg
mkdir -p demo
patients=${PATIENTS:-100}

say() {
    printf '\n\033[1m%s\033[0m\n' "$*"
}

# Shows a command, then runs it.
do_this() {
    printf '$ %s\n' "$(echo "$*" | sed 's|^build/||')"
    "$@"
}

# evaluate MODEL SET SPLIT NAME: on the screen, and into demo/NAME.txt for the page.
evaluate() {
    do_this $nemg evaluate --model "$1" --dataset "$2" --split "$3" --predictions "demo/$4.csv" >"demo/$4.txt"
    grep -vE '^(research use only|)$' "demo/$4.txt"
}

# The run folder of a data set: another set, another run. Ctrl-C stops; make demo goes on there.
run_of() { # NAME SET
    echo "demo/run-$1-$(sed -n 's/^ *"hash": "\([0-9a-f]\{8\}\).*/\1/p' "$2/dataset.json")"
}

if [ -n "${IMAGES-}" ]; then
    if [ ! -d "$IMAGES" ]; then
        echo "demo: IMAGES=$IMAGES is no folder; wanted one with a folder of pictures per class" >&2
        exit 2
    fi
    manifest=""
    [ -f "$IMAGES/manifest.csv" ] && manifest="--manifest $IMAGES/manifest.csv"
    say "1. A data set that keeps each patient on one side"
    # shellcheck disable=SC2086 # two words or none
    do_this $nemg dataset build --images "$IMAGES" $manifest --out demo/set --force
    run=$(run_of images demo/set)
    say "2. A small network from scratch (Ctrl-C stops it; the same command goes on from there)"
    do_this $nemg train --dataset demo/set --run "$run" --model resnet18 --width 0.25 --image-size 139 \
        --epochs 12 --batch 16
    say "3. How good it is on what it has not seen"
    evaluate "$run/model" demo/set validation images
    do_this $nemg report --model "$run/model" --dataset demo/set --out demo/report --title "Your pictures"
    say "4. One picture"
    picture=$(find "$IMAGES" -name '*.png' -o -name '*.jpg' -o -name '*.bmp' | sort | head -n 1)
    do_this $nemg classify --model "$run/model" --out demo/card.png "$picture"
    printf '\nWhat is left: demo/report.html and .pdf, demo/card.png, demo/images.csv, %s/history.csv. research use only\n' "$run"
    exit 0
fi

say "1. Simulated patients of one laboratory, and of another one with other machines"
for lab in a b; do
    n=$patients
    [ $lab = b ] && n=$((patients / 5))
    [ -f "demo/lab-$lab/simulation.json" ] ||
        do_this $nemg simulate --out "demo/lab-$lab" --laboratory $lab --patients "$n" --seconds 5 --seed 1 --force
done

say "2. Data sets: signals and drawn sweeps, each patient on one side"
# Few examples of many patients teach more than many of few. A sweep at rest is 50 ms (10 divisions of 5): in
# twice as long a one a network of 107 pixels cannot see the first phase of a fibrillation.
for input in signal picture; do
    options="--input $input --balance class --most 12 --negatives 0.3 --force"
    [ $input = picture ] && options="$options --window-ms 50"
    # shellcheck disable=SC2086 # words
    do_this $nemg dataset build --recordings demo/lab-a --manifest demo/lab-a/manifest.csv --out "demo/$input-a" \
        --validation 0.15 --test 0.15 $options >"demo/$input-a.txt"
    grep -v '^leak' "demo/$input-a.txt"
    # shellcheck disable=SC2086 # words
    do_this $nemg dataset build --recordings demo/lab-b --manifest demo/lab-b/manifest.csv --out "demo/$input-b" \
        --validation 0 $options --quiet >"demo/$input-b.txt"
done

say "3. Two small networks from scratch (Ctrl-C stops; make demo goes on from there)"
signal=$(run_of signal demo/signal-a)
picture=$(run_of picture demo/picture-a)
do_this $nemg train --dataset demo/signal-a --run "$signal" --epochs 8
do_this $nemg train --dataset demo/picture-a --run "$picture" --model resnet18 --width 0.25 --image-size 107 \
    --batch 16 --epochs 7
# what the scores are worth, and when a model is not sure
do_this $nemg calibrate --model "$signal/model" --dataset demo/signal-a --error-rate 0.02 | grep -v '^research'
do_this $nemg calibrate --model "$picture/model" --dataset demo/picture-a --error-rate 0.05 | grep -v '^research'

say "4. How good they are on patients that they have not seen"
evaluate "$signal/model" demo/signal-a test signal-unseen
evaluate "$picture/model" demo/picture-a test picture-unseen

say "5. And on the other laboratory"
evaluate "$signal/model" demo/signal-b train signal-other
evaluate "$picture/model" demo/picture-b train picture-other

say "6. A report on each (what patients on both sides would feign: nemg evaluate --leak-gap, a training more)"
do_this $nemg report --model "$signal/model" --dataset demo/signal-a --split test --out demo/report-signal \
    --title "Signals of simulated patients"
do_this $nemg report --model "$picture/model" --dataset demo/picture-a --split test --out demo/report-picture \
    --title "Pictures of simulated patients"

say "7. One recording, one picture"
# the recording with the most events of a column of the manifest
most_of() { # COLUMN
    awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) k = i; next }
        $k + 0 > best { best = $k + 0; file = $1 } END { print file }' demo/lab-b/manifest.csv
}
fibs=demo/lab-b/$(most_of fibs)
psw=demo/lab-b/$(most_of psw)
others=demo/lab-b/$(awk -F, '/,muap_normal,/ { print $1; exit }' demo/lab-b/manifest.csv)
do_this $nemg classify --model "$signal/model" "$psw" >demo/recording.txt
head -n 12 demo/recording.txt
for what in "fibs $fibs" "psw $psw" "others $others"; do
    # shellcheck disable=SC2086 # two words
    set -- $what
    $nemg render "$2" --view raster --sweep-ms 10/div --gain-uv 100/div --at 1 --sweeps 8 --out "demo/$1.svg" --quiet >/dev/null
done
rm -rf demo/pictures-b
do_this $nemg dataset show demo/picture-b --pictures demo/pictures-b >demo/pictures-b.txt
do_this $nemg classify --model "$picture/model" --out demo/card.png \
    "$(find demo/pictures-b/train/PSW -name '*.png' | sort | head -n 1)"

tools/demo_page.sh "$signal" "$picture" >demo/index.html
printf '\nThe page: %s/demo/index.html\nThe reports: demo/report-signal.html and .pdf, demo/report-picture.html and .pdf\nTo see and hear the recordings: build/nemg serve --model %s/model,%s/model --recordings demo/lab-b\nresearch use only\n' "$(pwd)" "$signal" "$picture"
