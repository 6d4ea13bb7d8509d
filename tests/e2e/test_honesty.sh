#!/bin/sh
# test_honesty.sh: what looks too good: shortcuts, and the leak gap, stopped and gone on with.
# shellcheck disable=SC2317 # functions are called through check and refuses
# shellcheck source=tests/e2e/support.sh
. "$(dirname "$0")/support.sh"
json=$scratch/json
make_set || failed set "could not be made"

# shortcuts (that a planted one is found: tests/unit/job/test_audit.c)
"$nemg" dataset audit "$scratch/set" --json >"$json" 2>/dev/null
check_json audit-json '(.features | length) == 8 and .chance > 0.33 and .unit_of_intervals == "patient" and
    (.features | all(.per_class | length == 3))' "$json"
check_json audit-has-intervals '.features[0] | .constant or (.balanced_accuracy.value >= 0)' "$json"
refuses audit-no-split 2 'no split' "$nemg" dataset audit "$scratch/set" --split test --quiet
refuses audit-other-split 2 'wanted train, validation or test' "$nemg" dataset audit "$scratch/set" --split x --quiet
refuses audit-no-set 1 'no data set' "$nemg" dataset audit "$scratch" --quiet

# the examples of a set divided anew
divide() { # OUT [options]
    out=$1
    shift
    "$nemg" dataset build --dataset "$scratch/set" --out "$out" "$@"
}
divide "$scratch/random" --split file --validation 24 --json >"$json" 2>/dev/null
check_json divided '.split == "file" and .splits.validation.n == 24 and .splits.train.n == 48' "$json"
check_json divided-from ".from.hash == \"$(jq -r .hash "$scratch/set/dataset.json")\"" "$json"
divide "$scratch/again" --validation 0.34 --json >"$json" 2>/dev/null
check_json patients-are-kept '.split == "patient" and (.splits.train.patients - .splits.validation.patients) ==
    .splits.train.patients' "$json"
refuses in-its-own-folder 2 'its own folder' divide "$scratch/set" --force --quiet
refuses two-sources 2 'one of them' divide "$scratch/x" --images "$scratch/pictures" --quiet

# the leak gap
"$nemg" train --dataset "$scratch/set" --run "$scratch/run" --model resnet18 --width 0.125 --image-size 75 --batch 8 \
    --epochs 4 --save-every 2 --threads 1 --quiet >/dev/null 2>&1 || failed train "failed"
gap() { # FOLDER [options]
    folder=$1
    shift
    "$nemg" evaluate --model "$scratch/run/model" --dataset "$scratch/set" --predictions "$scratch/p.csv" --threads 1 \
        --leak-gap "$folder" "$@"
}
(exec "$nemg" evaluate --model "$scratch/run/model" --dataset "$scratch/set" --predictions "$scratch/p.csv" --threads 1 \
    --leak-gap "$scratch/gap" --quiet >/dev/null 2>&1) &
pid=$!
i=0
while [ ! -e "$scratch/gap/random/run/model.ckpt-4.index" ] && [ $i -lt 600 ]; do
    sleep 0.1
    i=$((i + 1))
done
kill -s TERM $pid
wait $pid
check gap-stopped test $? = 75
check gap-nothing-half-written test ! -e "$scratch/gap/leakgap.json"
gap "$scratch/gap" --json >"$json" 2>/dev/null
check_json gap-json '.leak_gap | .patient.n == 24 and .random.n == 24 and .patient.n_of_known_patients == 0 and
    .random.n_of_known_patients == 24 and (.gap.accuracy.ci95 | length) == 2 and
    ((.random.accuracy.value - .patient.accuracy.value - .gap.accuracy.value) | fabs) < 1e-6' "$json"
check gap-kept test -e "$scratch/gap/leakgap.json"
check gap-trains-one-model-only test ! -e "$scratch/gap/patient"
gap "$scratch/whole" --json 2>/dev/null | jq .leak_gap.gap >"$scratch/whole.json"
check gap-is-the-same-when-stopped sh -c "jq .leak_gap.gap '$json' | cmp - '$scratch/whole.json'"
refuses gap-of-another-set 2 'new folder' gap "$scratch/gap" --seed 5 --quiet

# divided at random already: the side by patient is made, too
"$nemg" evaluate --model "$scratch/run/model" --dataset "$scratch/random" --predictions "$scratch/p.csv" --threads 1 \
    --leak-gap "$scratch/both" --json >"$json" 2>/dev/null
check_json gap-makes-both '.leak_gap | .patient.n_of_known_patients == 0' "$json"
check gap-trains-both test -e "$scratch/both/patient/run/model"
"$nemg" dataset build --images "$scratch/pictures" --out "$scratch/nobody" --quiet >/dev/null 2>&1
refuses gap-without-patients 1 'no patient' "$nemg" evaluate --model "$scratch/run/model" --dataset "$scratch/nobody" \
    --predictions "$scratch/p.csv" --leak-gap "$scratch/x" --quiet

# the report
report() { # NAME [options]
    name=$1
    shift
    "$nemg" report --model "$scratch/run/model" --dataset "$scratch/set" --threads 1 --out "$scratch/$name" "$@"
}
report whole --leak-gap "$scratch/gap" --json >"$json" 2>/dev/null
check_json report-json '.summary.n == 24 and .summary.n_of_known_patients == 0 and .audit.features != null and
    .leak_gap.gap.accuracy.value != null' "$json"
check report-pdf grep -q '^%PDF-1' "$scratch/whole.pdf"
for part in Curves Classes Calibration 'Each patient' 'Wrong answers' 'Leak gap' Shortcuts Data 'Model card' \
    'What guidelines ask for'; do
    check "report-has $part" grep -q "<h2 id=\"s[0-9]*\">$part</h2>" "$scratch/whole.html"
done
check report-is-for-research grep -q 'Research use only' "$scratch/whole.html"
check report-needs-nothing sh -c "! grep -qE '<script|<link|<img|src=' '$scratch/whole.html'"
check report-without-gap report alone.html --quiet
check report-says-not-measured grep -q 'Not measured.*--leak-gap gap' "$scratch/alone.html"
check report-of-pdf-name test -e "$scratch/alone.pdf"
cp -r "$scratch/run/model" "$scratch/taken"
check report-of-a-model-alone "$nemg" report --model "$scratch/taken" --dataset "$scratch/set" --threads 1 --out "$scratch/taken-r" --quiet
check report-says-no-curve grep -q 'Training curve: not there' "$scratch/taken-r.html"
check report-of-another-set "$nemg" report --model "$scratch/run/model" --dataset "$scratch/random" --threads 1 --out "$scratch/other-r" --quiet
check report-says-another-set grep -q 'not trained on this data set' "$scratch/other-r.html"
check report-without-patients "$nemg" report --model "$scratch/run/model" --dataset "$scratch/nobody" --threads 1 --out "$scratch/no-r" --quiet

# what cannot be reported
refuses report-no-gap 2 'no leakgap.json' report x --leak-gap "$scratch" --quiet
refuses report-gap-of-another-set 2 'another data set' "$nemg" report --model "$scratch/run/model" --dataset "$scratch/random" \
    --leak-gap "$scratch/gap" --out "$scratch/x" --quiet
refuses report-nowhere 1 'nowhere' report nowhere/x --quiet
refuses report-no-split 2 'no split' report x --split test --quiet
sed 's/Others/Else/' "$scratch/set/labels.txt" >"$scratch/labels"
cp -r "$scratch/set" "$scratch/else"
cp "$scratch/labels" "$scratch/else/labels.txt"
refuses report-other-classes 2 'wanted the same classes' "$nemg" report --model "$scratch/run/model" --dataset "$scratch/else" \
    --out "$scratch/x" --quiet
check report-nothing-half-written sh -c "! ls '$scratch'/x.* '$scratch'/*.tmp-* 2>/dev/null"
# a file that cannot grow: a full disk
(trap '' XFSZ; ulimit -f 8; report full --quiet) >"$scratch/out" 2>"$scratch/err"
cp "$scratch/err" "$scratch/full-err"
check report-disk-full grep -q '^nemg: error: .*full.*: ' "$scratch/full-err"
check report-disk-full-leaves-nothing sh -c "! ls '$scratch'/full.* 2>/dev/null"
finish
