#!/bin/sh
# test_explain.sh: a model of signals that was trained for a few seconds; where its maps point, against
# the simulator's truth; the rules beside it; and what cannot be explained.
# shellcheck disable=SC2317 # functions are called through check and refuses
# shellcheck source=tests/e2e/support.sh
. "$(dirname "$0")/support.sh"
rec=$scratch/rec json=$scratch/json

"$nemg" simulate --out "$rec" --patients 4 --sites 6 --seconds 4 --severity 3 --classes fibrillation,positive_sharp_wave,muap,silence \
    --seed 5 --quiet >/dev/null
"$nemg" dataset build --recordings "$rec" --manifest "$rec/manifest.csv" --out "$scratch/signals" --validation 0.25 \
    --balance class --quiet >/dev/null 2>&1
check train "$nemg" train --dataset "$scratch/signals" --run "$scratch/run" --width 0.5 --batch 16 --epochs 4 --threads 1 --quiet
model=$scratch/run/model
explain() {
    "$nemg" explain --model "$model" --threads 1 --quiet "$@"
}

file=$rec/$(awk -F, '$6 == "positive_sharp_wave" { print $1; exit }' "$rec/manifest.csv")
for method in gradcam cam occlusion; do
    explain --method $method --class PSW --at 1 --json "$file" >"$json" 2>/dev/null
    check_json json-$method ".schema == 1 and (.results[0] | .class == \"PSW\" and .method == \"$method\" and
        .n_samples == 1000 and .rate_hz == 10000 and .channel == 1 and (.map.values | length) == 1 and
        (.map.values[0] | length) > 20 and (.rules.findings | length == 0 or length == 10) and
        (.rules.points_to | IN(\"Fibs\", \"PSW\", \"Others\", \"undecided\")))" "$json"
done
# Where the maps point: chance covers a discharge in as many windows as discharges fill of the time, some
# 5 to 20 %. Occlusion asks the network itself, and covers most even where training was short.
# shellcheck disable=SC2046 # one word per file
"$NEMG_BUILD/bench_explain" maps "$model" 60 $(find "$rec" -name '*.hea' | sort) >"$json" 2>"$scratch/err"
check_json occlusion-covers '[inputs, .] | map(select(.method == "occlusion" and .right > 0.3)) | length > 0 and
    all(.covered > 0.5 and .covered > 2 * .inside)' "$json"
# shellcheck disable=SC2046 # one word per file
"$NEMG_BUILD/bench_explain" rules "$model" 200 $(find "$rec" -name '*.hea' | sort) >"$json" 2>"$scratch/err"
check_json rules-find-most '[inputs, .] | map(select(.of == "discharges" and .truth != "Others")) | length == 2 and
    all((.Fibs + .PSW) > .Others)' "$json"

explain --method gradcam --layer layer2.0.relu2 --at 1 --json "$file" >"$json" 2>/dev/null
check_json finer-layer '.results[0] | .layer == "layer2.0.relu2" and (.map.values[0] | length) == 125' "$json"
for format in png svg pdf; do
    check draws-$format explain --at 1 --out "$scratch/why.$format" "$file"
    check is-there-$format test -s "$scratch/why.$format"
done
check says-research-use grep -q 'research use only' "$scratch/why.svg"
check says-what grep -q 'what speaks for' "$scratch/why.svg"
check two-files explain --at 1 --out "$scratch/folder" "$file" "$file"
check two-pictures test "$(find "$scratch/folder" -name '*.png' | wc -l)" = 2

"$nemg" classify --model "$model" --rules --json "$file" >"$json" 2>/dev/null
check_json classify-rules '.results[0].windows | length > 50 and all(has("rules") and has("agrees")) and
    any(.rules == "PSW")' "$json"
"$nemg" classify --model "$model" --json "$file" >"$json" 2>/dev/null
check_json no-rules-unasked '.results[0].windows | all(has("rules") | not)' "$json"

refuses beyond-the-end 2 'not within the recording, which has 0 to 4.000 s' explain --at 3.95 "$file"
refuses no-class 2 'no class "Zebra", wanted one of Fibs, Others, PSW' explain --class Zebra "$file"
refuses no-channel 2 'no channel 2' explain --channel 2 "$file"
refuses no-layer 2 'no layer "nowhere"' explain --method gradcam --layer nowhere "$file"
refuses no-place 1 'avgpool has no places' explain --method gradcam --layer avgpool "$file"
refuses layer-of-cam 2 'a layer is for gradcam' explain --method cam --layer layer2.0.relu2 "$file"
refuses ending 2 'wanted .png, .svg or .pdf' explain --out "$scratch/why.txt" "$file"
refuses picture-for-signals 1 'reads recordings' explain "$NEMG_BUILD/../docs/card.png"

# a model of pictures
make_set >/dev/null 2>&1
check train-pictures "$nemg" train --dataset "$scratch/set" --run "$scratch/run-p" --model resnet18 --width 0.125 \
    --image-size 64 --steps 10 --batch 16 --threads 1 --quiet
model=$scratch/run-p/model picture=$scratch/pictures/PSW/p01_0.png
for method in gradcam cam occlusion; do
    explain --method $method --json "$picture" >"$json" 2>/dev/null
    check_json picture-$method ".results[0] | (.map.values | length) > 1 and (has(\"rules\") | not)" "$json"
done
check draws-picture explain --out "$scratch/why-p.png" "$picture"
check picture-is-png grep -q PNG "$scratch/why-p.png"
refuses picture-as-svg 1 'as .png only' explain --out "$scratch/why-p.svg" "$picture"
refuses recording-for-pictures 1 'reads pictures' explain "$file"
refuses rules-of-pictures 2 'rules is for recordings' "$nemg" classify --model "$model" --rules "$picture" --quiet
finish
