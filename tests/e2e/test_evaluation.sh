#!/bin/sh
# test_evaluation.sh: what evaluate, calibrate and compare say, and that they never pass a number that
# cannot be computed for 0.
# shellcheck disable=SC2016,SC2317 # variables of jq; functions are called through check and refuses
# shellcheck source=tests/e2e/support.sh
. "$(dirname "$0")/support.sh"
set=$scratch/set json=$scratch/json model=$scratch/run/model table=$scratch/table.csv

check set make_set
check train "$nemg" train --dataset "$set" --run "$scratch/run" --model resnet18 --width 0.125 --image-size 64 \
    --batch 8 --epochs 2 --threads 1 --quiet

evaluate() {
    "$nemg" evaluate --model "$model" --dataset "$set" --predictions "$table" "$@" 2>/dev/null
}

# ---- a model, and its predictions as a file ----
evaluate --json >"$json"
check_json patients-drawn-again '.bootstrap.n_clusters == 2 and .bootstrap.n_resamples == 2000 and
    .patients.n == 2 and .patients.votes.n == 6 and (.patients.groups | all(.truth == null))' "$json"
# but for an average precision's ci95, which nobody defines, an empty bin, and a group of several classes
check_json every-null-has-its-reason '. as $o | [paths(. == null)] | length > 9 and all(.[];
    (map(tostring) | "/" + join("/")) as $at | any($o.not_computable | keys[]; . as $k | $at | startswith($k | rtrimstr("/value"))) or
    .[0] == "model" or .[-1] == "ci95" or .[-1] == "truth" or .[1] == "bins" or .[-2:] == ["threshold", 0])' "$json"
check_json curves-end '.curves | all(.[]; .roc.true_positive_rate[0] == 0 and .roc.true_positive_rate[-1] == 1 and
    .precision_recall.recall[-1] == 1)' "$json"
check_json not-calibrated '.conformal == null and .calibration.temperature == 1 and
    (.not_computable["/conformal"] | contains("calibrate"))' "$json"
check_json muscles-not-known '.muscles == null and (.not_computable["/muscles"] | contains("24 of 24"))' "$json"
evaluate --json --seed 0 >"$scratch/again"
check same-seed-same-numbers cmp "$json" "$scratch/again"
same_numbers() {
    jq 'del(.model, .number_type, .dataset, .split, .dataset_hash)' "$json" >"$scratch/one" &&
        "$nemg" evaluate "$table" --json 2>/dev/null | jq 'del(.model, .number_type, .dataset, .split, .dataset_hash)' >"$scratch/two" &&
        cmp "$scratch/one" "$scratch/two"
}
check file-gives-the-same same_numbers
evaluate --sensitivity 0.5 --specificity 0.5 --json >"$json"
check_json operating-points '(.operating_points | length) == 6 and (.operating_points |
    all(.threshold == null or .[.aim].value >= .at_least))' "$json"
evaluate --split train --sensitivity 0.5 --json >"$json"
check_json chosen-on-validation '.operating_points | length == 3 and all(.chosen_on == "validation")' "$json"
refuses neither-nor 2 'predictions file' "$nemg" evaluate --model "$model"
refuses both 2 'one of them' "$nemg" evaluate --model "$model" "$table"

# ---- a file that is damaged ----
damage() { # NAME PATTERN SED-SCRIPT
    sed "$3" "$table" >"$scratch/bad.csv"
    refuses "$1" 1 "$2" "$nemg" evaluate "$scratch/bad.csv"
}
damage nan-score 'line 3: the probability of .* "nan"' '3s/,[^,]*$/,nan/'
damage negative-score 'line 3: .*wanted a number from 0 to 1' '3s/,[^,]*$/,-0.5/'
damage unknown-truth 'line 4: its truth "Zebra" is no class' '4s/,"\(Fibs\|Others\|PSW\)","\([A-Za-z]*\)",/,"Zebra","\2",/'
damage missing-column 'no column "truth"' '1s/truth/trutz/'
damage no-classes 'no column for a class' 's/\(prediction\|,"[A-Za-z]*"\),.*/\1/'
damage twice-a-class 'two columns' '1s/"PSW"$/"Fibs"/'
damage other-width 'line 5: 8 columns, the header has 9' '5s/,[^,]*$//'
damage not-a-distribution 'line 6: its probabilities sum up to 2.7' '6s/,[0-9.e-]*,[0-9.e-]*,[0-9.e-]*$/,0.9,0.9,0.9/'
damage wrong-prediction 'more probable' "2s/,\"[A-Za-z]*\",\\([0-9]\\)/,\"$(sed -n 2p "$table" |
    awk -F, '{ print $6 == "\"PSW\"" ? "Fibs" : "PSW" }')\",\\1/"
head -c "$(($(wc -c <"$table") / 2))" "$table" >"$scratch/bad.csv"
refuses cut-in-half 1 'bad.csv: line .*cut' "$nemg" evaluate "$scratch/bad.csv"
: >"$scratch/bad.csv"
refuses empty-file 1 'empty' "$nemg" evaluate "$scratch/bad.csv"
head -n 1 "$table" >"$scratch/bad.csv"
refuses header-only 1 'not a single example' "$nemg" evaluate "$scratch/bad.csv"
printf 'a\0b\n' >"$scratch/bad.csv"
refuses zero-byte 1 'zero byte' "$nemg" evaluate "$scratch/bad.csv"
refuses no-file 1 'nowhere' "$nemg" evaluate "$scratch/nowhere.csv"

# ---- what cannot be computed ----
awk -F, 'NR == 1 || $5 != "\"PSW\""' "$table" >"$scratch/some.csv"
"$nemg" evaluate "$scratch/some.csv" --json >"$json" 2>/dev/null
check_json a-class-is-missing '.per_class.PSW.recall.value == null and .per_class.PSW.roc_auc.value == null and
    .curves.PSW.roc == null and (.not_computable["/per_class/PSW/recall/value"] | contains("no example")) and
    (.not_computable["/per_class/PSW/roc_auc/value"] | contains("no example")) and .per_class.Fibs.roc_auc.value != null' "$json"
awk -F, -v OFS=, '{ if (NR > 1) $2 = "\"one\""; print }' "$table" >"$scratch/some.csv"
"$nemg" evaluate "$scratch/some.csv" --json >"$json" 2>/dev/null
check_json single-patient '.bootstrap == null and .accuracy_ci95_patients == null and
    (.not_computable["/bootstrap"] | contains("single patient"))' "$json"
awk -F, -v OFS=, '{ if (NR > 1) $2 = ""; print }' "$table" >"$scratch/some.csv"
"$nemg" evaluate "$scratch/some.csv" >"$scratch/text" 2>/dev/null
check patients-not-known grep -q 'patients are not known: bootstrap' "$scratch/text"
printf 'file,patient,truth,prediction,a,b\n1,p,a,a,0.5,0.5\n2,p,b,a,0.5,0.5\n3,q,a,a,0.5,0.5\n4,q,b,a,0.5,0.5\n' >"$scratch/same.csv"
"$nemg" evaluate "$scratch/same.csv" --json --specificity 0.9 >"$json" 2>/dev/null
check_json all-predictions-equal '.per_class.a.roc_auc.value == 0.5 and .per_class.a.roc_auc.ci95 == null and
    .per_class.b.precision.value == null and .operating_points[0].threshold == null and
    (.not_computable["/operating_points/0"] | length) > 0 and
    (.not_computable["/per_class/b/precision/value"] | contains("called"))' "$json"
"$nemg" evaluate "$scratch/same.csv" >"$scratch/text" 2>/dev/null
check no-nan-in-text sh -c "! grep -qiE '(^| )-?(nan|inf)' '$scratch/text'"

# ---- two models, and people ----
"$nemg" compare "$scratch/same.csv" "$scratch/same.csv" --json >"$json" 2>/dev/null
check_json same-model '.mcnemar.p_mid == null and (.not_computable["/mcnemar/p_mid"] | length) > 0 and
    .agreement[0].kappa.value == null' "$json"
# the second file in another order, with its classes in another order; right where the first is wrong
printf 'file,patient,truth,prediction,b,a\n4,q,b,b,0.9,0.1\n3,q,a,a,0.2,0.8\n2,p,b,b,0.6,0.4\n1,p,a,a,0.1,0.9\n' >"$scratch/good.csv"
printf 'file,ann,bob\n1,a,a\n2,b,\n3,a,b\n' >"$scratch/raters.csv"
"$nemg" compare "$scratch/same.csv" "$scratch/good.csv" --raters "$scratch/raters.csv" --json >"$json" 2>/dev/null
check_json two-models '.mcnemar.only_b == 2 and .mcnemar.p_exact == 0.5 and .mcnemar.p_mid == 0.25 and
    .accuracy.difference.value == -0.5' "$json"
check_json raters '(.raters | map(.n)) == [3, 2] and (.agreement | length) == 6 and
    ([.agreement[] | select(.between[0] | endswith("good.csv"))] | map(.n)) == [3, 2] and
    ([.agreement[] | select((.between[0] | endswith("good.csv")) and .between[1] == "ann")][0].kappa.value == 1)' "$json"
sed 's/,a,b$/,a,c/; s/,b,/,c,/g; s/,a,c$/,a,c/' "$scratch/same.csv" >"$scratch/other.csv"
refuses other-class-names 2 'has the class b' "$nemg" compare "$scratch/same.csv" "$scratch/other.csv"
refuses other-number-of-classes 2 'classes' "$nemg" compare "$scratch/same.csv" "$table"
sed 's/^4,/5,/' "$scratch/same.csv" >"$scratch/other.csv"
refuses other-examples 2 '4 is in .*same.csv, but not in' "$nemg" compare "$scratch/same.csv" "$scratch/other.csv"
sed '$d' "$scratch/same.csv" >"$scratch/other.csv"
refuses fewer-examples 2 '4 examples, .* has 3' "$nemg" compare "$scratch/same.csv" "$scratch/other.csv"
sed 's/^4,q,b/4,q,a/' "$scratch/same.csv" >"$scratch/other.csv"
refuses other-truth 2 'is of class b' "$nemg" compare "$scratch/same.csv" "$scratch/other.csv"
refuses alone 2 'raters' "$nemg" compare "$scratch/same.csv"
rates() { # NAME STATUS PATTERN TEXT
    printf '%b' "$4" >"$scratch/raters.csv"
    refuses "$1" "$2" "$3" "$nemg" compare "$scratch/same.csv" --raters "$scratch/raters.csv"
}
rates rated-nothing-known 1 'line 2: 9 is not in' 'file,ann\n9,a\n'
rates rated-other-label 1 'line 3: ann calls it "z"' 'file,ann\n1,a\n2,z\n'
rates rated-twice 1 'line 3: ann has rated 1 before' 'file,ann\n1,a\n1,b\n'
rates rated-by-nobody 1 '0 raters' 'file\n1\n'
rates no-file-column 1 'no column "file"' 'name,ann\n1,a\n'

# ---- calibration ----
pictures=$scratch/pictures/PSW
"$nemg" classify --model "$model" --json "$pictures" >"$json" 2>/dev/null
check_json classify-without '.calibration == null and (.results | all(has("unsure") | not))' "$json"
cp -r "$model" "$scratch/bare"
refuses too-few 2 'too few for an error rate of 0.01: wanted at least 99' "$nemg" calibrate --model "$model" --dataset "$set" \
    --error-rate 0.01 --quiet
check nothing-changed cmp "$model/model.json" "$scratch/bare/model.json"
"$nemg" calibrate --model "$model" --dataset "$set" --error-rate 0.2 --json >"$json" 2>/dev/null
check_json calibrate '.calibration.temperature > 0 and .calibration.n == 24 and .calibration.n_patients == 2 and
    .split == "validation" and .cross_entropy.after <= .cross_entropy.before + 1e-9 and
    (.calibration.split_hash | length) == 64' "$json"
evaluate --json >"$json"
check_json covered '.conformal.coverage.value >= 0.8 and .conformal.is_own_split and
    ([.conformal.set_sizes[]] | add) == 24 and .conformal.unsure.of == 24' "$json"
evaluate --split train --json >"$json"
check_json other-split '.conformal.is_own_split | not' "$json"
"$nemg" classify --model "$model" --json "$pictures" >"$json" 2>/dev/null
check_json classify-sets '.calibration.error_rate == 0.2 and
    (.results | all((.set | length) as $n | .unsure == ($n != 1)))' "$json"
"$nemg" classify --model "$scratch/bare" --json "$pictures" >"$scratch/again" 2>/dev/null
check same-labels test "$(jq -c '[.results[].label]' "$json")" = "$(jq -c '[.results[].label]' "$scratch/again")"
jq '.calibration.threshold = 1 | .calibration.temperature = 1000' "$model/model.json" >"$scratch/wide"
cp "$scratch/wide" "$model/model.json"
"$nemg" classify --model "$model" "$pictures" >"$scratch/text" 2>/dev/null
check says-unsure grep -q 'unsure: Fibs, Others or PSW' "$scratch/text"
check unsure-card "$nemg" classify --model "$model" --out "$scratch/card.png" "$pictures/p01_0.png" --quiet
jq '.calibration.temperature = -1' "$model/model.json" >"$scratch/wide"
cp "$scratch/wide" "$model/model.json"
refuses bad-calibration 1 'temperature -1' "$nemg" classify --model "$model" "$pictures" --quiet
finish
