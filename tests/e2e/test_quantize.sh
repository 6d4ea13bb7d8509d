#!/bin/sh
# test_quantize.sh: a model of 8 bits is a folder like any other; what it loses is measured, kept and bounded.
# shellcheck disable=SC2317 # functions are called through check and refuses
# shellcheck source=tests/e2e/support.sh
. "$(dirname "$0")/support.sh"
json=$scratch/json model=$scratch/run/model model8=$scratch/model8
make_set || failed set "could not be made"
"$nemg" train --dataset "$scratch/set" --run "$scratch/run" --model resnet18 --width 0.125 --image-size 75 --batch 8 \
    --epochs 6 --threads 1 --quiet >/dev/null 2>&1 || failed train "failed"
picture=$(find "$scratch/pictures" -name '*.png' | sort | head -n 1)

quantize() { # OUT [options]
    out=$1
    shift
    "$nemg" quantize --model "$model" --dataset "$scratch/set" --out "$out" --threads 1 "$@"
}
measure() { # MODEL [options]
    of=$1
    shift
    "$nemg" evaluate --model "$of" --dataset "$scratch/set" --predictions "$scratch/p.csv" --threads 1 --json "$@" 2>/dev/null
}

# calibrated, to see that a calibration is not taken over
"$nemg" calibrate --model "$model" --dataset "$scratch/set" --error-rate 0.2 --threads 1 --quiet >/dev/null
# 100: so small a set cannot bound a loss; what is bounded: tests/unit/job/test_quantize.c
quantize "$model8" --max-loss 100 --json >"$json" 2>/dev/null
check_json quantize '.quantization | .number_type == "int8" and .n == 24 and .split == "validation" and
    .n_for_ranges == 48 and .split_of_ranges == "train" and (.ranges | length) == 17 and
    ((100 * (.macro_f1.float32 - .macro_f1.int8) - .loss) | fabs) < 1e-6 and .agreement > 0.7' "$json"
check_json quantize-says-what-it-drops '.dropped_calibration' "$json"
check_json kept-in-the-model '.quantization.loss != null and (has("calibration") | not)' "$model8/model.json"
check_json same-training '.training != null' "$model8/model.json"
check same-weights same_files "$model/weights.data-00000-of-00001" "$model8/weights.data-00000-of-00001"
check the-first-stays grep -q calibration "$model/model.json"
quantize "$scratch/text" --max-loss 100 2>/dev/null >"$scratch/text.out"
check text-tells-both grep -Eq 'macro F1 +[0-9.]+ % in 8 bits, [0-9.]+ % in float32: [-+]' "$scratch/text.out"
check text-tells-of-the-calibration grep -q 'nemg calibrate' "$scratch/text.out"

refuses into-what-is-there 2 'is there already' quantize "$model8" --quiet
refuses twice 2 'in 8 bits already' "$nemg" quantize --model "$model8" --dataset "$scratch/set" --out "$scratch/x" --quiet
refuses no-such-split 2 'no split' quantize "$scratch/x" --split test --quiet
refuses no-model 1 'no model' "$nemg" quantize --model "$scratch/set" --dataset "$scratch/set" --out "$scratch/x" --quiet
check nothing-was-written test ! -e "$scratch/x"

# the commands that read a model
measure "$model8" >"$json"
check_json evaluate '.number_type == "int8"' "$json"
check_json evaluate-as-quantize-said ".macro_f1 == $(jq .quantization.macro_f1.int8 "$model8/model.json")" "$json"
measure "$model8" --dtype float32 >"$json"
check_json evaluate-in-float32 ".number_type == \"float32\" and
    .macro_f1 == $(jq .quantization.macro_f1.float32 "$model8/model.json")" "$json"
measure "$model" >"$json"
check_json the-first-does-not '.number_type != "int8"' "$json"
measure "$model" --dtype bfloat16 >"$json"
check_json evaluate-in-bfloat16 '.number_type == "bfloat16" and .macro_f1 != null' "$json"
refuses no-such-type 2 'did you mean bfloat16' "$nemg" classify --model "$model" --dtype float16 --quiet "$picture"
"$nemg" classify --model "$model8" --json "$picture" >"$json" 2>/dev/null
check_json classify '.number_type == "int8" and ((.results[0].probabilities | add) - 1 | fabs) < 1e-5' "$json"
"$nemg" classify --model "$model8" --json --threads 2 --batch 3 "$picture" >"$scratch/again" 2>/dev/null
check same-on-other-threads test "$(jq .results "$json")" = "$(jq .results "$scratch/again")"
"$nemg" calibrate --model "$model8" --dataset "$scratch/set" --error-rate 0.2 --threads 1 --quiet >/dev/null
check_json calibrate '.calibration.temperature > 0 and .quantization.number_type == "int8"' "$model8/model.json"
check report "$nemg" report --model "$model8" --dataset "$scratch/set" --out "$scratch/report" --threads 1 --quiet
check report-tells-the-loss grep -q 'what 8 bits lose' "$scratch/report.html"
check explain-by-occlusion "$nemg" explain --model "$model8" --quiet "$picture"
refuses explain-by-gradients 1 'computes in 8 bits, which gradcam cannot look inside' \
    "$nemg" explain --model "$model8" --method gradcam --quiet "$picture"

# a damaged description
jq '.quantization.ranges |= with_entries(.value = -1)' "$model8/model.json" >"$json" && cp "$json" "$model8/model.json"
refuses negative-range 1 'wanted a tensor of resnet18 and 0 or more' "$nemg" classify --model "$model8" "$picture" --quiet
jq '.quantization.ranges = {"nowhere": 1}' "$model8/model.json" >"$json" && cp "$json" "$model8/model.json"
refuses range-of-nothing 1 '"nowhere"' "$nemg" classify --model "$model8" "$picture" --quiet
jq '.quantization.ranges = {}' "$model8/model.json" >"$json" && cp "$json" "$model8/model.json"
refuses no-range 1 'has no range of relu' "$nemg" classify --model "$model8" "$picture" --quiet
finish
