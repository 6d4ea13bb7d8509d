#!/bin/sh
# test_signals.sh: simulated recordings to a data set of signals and one of drawn sweeps, a model
# of signals, and a classified recording.
# shellcheck disable=SC2317 # functions are called through check and refuses
# shellcheck source=tests/e2e/support.sh
. "$(dirname "$0")/support.sh"
rec=$scratch/rec set=$scratch/set json=$scratch/json

"$nemg" simulate --out "$rec" --patients 6 --sites 6 --seconds 4 --severity 3 --seed 3 --json >"$json" 2>"$scratch/err"
check_json simulate-json '.schema == 1' "$json"
check same-seed sh -c "'$nemg' simulate --out '$scratch/again' --patients 6 --sites 6 --seconds 4 --severity 3 --seed 3 \
    --threads 1 --quiet >/dev/null && diff -r '$rec' '$scratch/again'"

build() { # OUT [options]
    out=$1
    shift
    "$nemg" dataset build --recordings "$rec" --manifest "$rec/manifest.csv" --out "$out" --validation 0.34 "$@"
}

build "$set" --balance class --json >"$json" 2>"$scratch/err"
check_json set-json '.classes == ["Fibs","Others","PSW"] and .split == "patient" and
    .input.kind == "signal" and .input.n_samples == 1000 and (.labels.Fibs.Fibs > 0)' "$json"
check_json nobody-on-both-sides '(.splits.train.patients - .splits.validation.patients) ==
    .splits.train.patients' "$json"
check_json leaks-searched '.leaks.n_searched > 0 and (.leaks.pairs | type) == "array"' "$json"
build "$scratch/again-set" --balance class --quiet --threads 1 >/dev/null 2>&1
check same-set test "$(jq -r .hash "$set/dataset.json")" = "$(jq -r .hash "$scratch/again-set/dataset.json")"

build "$scratch/drawn" --input picture --most 5 --json >"$json" 2>/dev/null
check_json drawn-json 'has("input") | not' "$json"
"$nemg" dataset show "$scratch/drawn" --json >"$json" 2>/dev/null
"$nemg" dataset show "$scratch/drawn" --pictures "$scratch/taken-out" --quiet >/dev/null
check pictures-taken-out test "$(find "$scratch/taken-out" -name '*.png' | wc -l)" = "$(jq '[.splits[].n] | add' "$json")"
refuses folder-not-empty 2 'empty' "$nemg" dataset show "$scratch/drawn" --pictures "$scratch/taken-out" --quiet
check_json drawn-show '.splits.train.width == [320, 320]' "$json"

printf 'Fibs = denervated\nPSW = denervated\nsilence = -\n* = other\n' >"$scratch/map"
build "$scratch/mapped" --class-map "$scratch/map" --most 5 --json >"$json" 2>/dev/null
check_json mapped-json '.classes == ["denervated","other"] and (.labels | has("silence") | not)' "$json"
printf 'Fibs = a\nnonsense\n' >"$scratch/map"
refuses bad-map 1 'line 2' build "$scratch/x" --class-map "$scratch/map" --quiet
refuses both-sources 2 'one of them' build "$scratch/x" --images "$rec" --quiet
refuses no-folder 1 'nowhere' "$nemg" dataset build --recordings "$scratch/nowhere" --out "$scratch/x" --quiet

check train-signals "$nemg" train --dataset "$set" --run "$scratch/run" --width 0.5 --batch 16 --epochs 3 --quiet
check_json model-json '.schema == 2 and .input.kind == "signal"' "$scratch/run/model/model.json"
"$nemg" evaluate --model "$scratch/run/model" --dataset "$set" --json >"$json" 2>/dev/null
check_json learnt '.balanced_accuracy > 0.5' "$json"
check_json muscles-known '.muscles.n > 0 and ([.muscles.groups[].n] | add) == .n and .recordings.n > 0' "$json"
refuses pictures-are-no-signals 1 'no signal' "$nemg" evaluate --model "$scratch/run/model" --dataset "$scratch/drawn" --quiet

# the same examples as mel-spectrograms
mel() { # RUN [options]
    run=$1
    shift
    "$nemg" train --dataset "$set" --input mel --run "$run" --width 0.25 --batch 16 "$@"
}
check train-mel mel "$scratch/mel" --epochs 3 --quiet
check_json mel-json '.network == "resnet18" and .input.kind == "mel" and .input.n_mels == 64' "$scratch/mel/model/model.json"
"$nemg" evaluate --model "$scratch/mel/model" --dataset "$set" --json >"$json" 2>/dev/null
check_json mel-learnt '.balanced_accuracy > 0.45' "$json"
build "$scratch/mel-set" --input mel --balance class --json >"$json" 2>/dev/null
check_json mel-set-json '.input.kind == "mel" and .input.hop_samples == 13' "$json"
# stopped and gone on with: the same bytes
check mel-whole mel "$scratch/whole" --steps 100 --save-every 5 --threads 1 --quiet
(exec "$nemg" train --dataset "$set" --input mel --run "$scratch/stopped" --width 0.25 --batch 16 --steps 100 --save-every 5 \
    --threads 1 --quiet >/dev/null 2>&1) &
pid=$!
i=0
while [ ! -e "$scratch/stopped/model.ckpt-10.index" ] && [ $i -lt 600 ]; do
    sleep 0.1
    i=$((i + 1))
done
kill -s TERM $pid
wait $pid
check mel-stopped test $? = 75
check mel-resumes mel "$scratch/stopped" --steps 100 --save-every 5 --threads 1 --quiet
check mel-same-bytes same_files "$scratch/whole/model.ckpt-100.data-00000-of-00001" \
    "$scratch/stopped/model.ckpt-100.data-00000-of-00001"
refuses window-too-short 2 'wanted at least 128' build "$scratch/x" --input mel --window-ms 10 --quiet
refuses mel-of-pictures 2 'wanted signals' "$nemg" train --dataset "$scratch/drawn" --input mel --run "$scratch/x" --quiet

file=$(find "$rec" -name '*.hea' | sort | head -n 1)
"$nemg" classify --model "$scratch/mel/model" --json "$file" >"$json" 2>/dev/null
check_json classify-by-mel '(.results[0].windows | length) == 79' "$json"
"$nemg" classify --model "$scratch/run/model" --json "$file" >"$json" 2>/dev/null
check_json classify-recording '.window_ms == 100 and .hop_ms == 50 and (.results[0].windows | length) == 79 and
    ([.results[0].per_class[]] | add) == 79 and
    (.results[0].windows | all(([.probabilities[]] | add) > 0.9999))' "$json"
refuses picture-for-signals 1 'picture' "$nemg" classify --model "$scratch/run/model" "$NEMG_BUILD/../docs/card.png" --quiet
refuses no-hop 2 'hop' "$nemg" classify --model "$scratch/run/model" --hop-ms 0.01 "$file" --quiet
finish
