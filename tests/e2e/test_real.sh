#!/bin/sh
# test_real.sh: recordings of people, where they are beside the checkout (NEMG_SHARED, or ../shared): an
# expert's spikes to examples and a model, raw numbers that do not say what they are, and repetitions that
# the search for leaks must find. Skips, saying so, where they are missing.
# shellcheck disable=SC2317 # functions are called through check and refuses
# shellcheck source=tests/e2e/support.sh
. "$(dirname "$0")/support.sh"
data=${NEMG_SHARED:-$(dirname "$0")/../../../shared}/data
d=$scratch

has() { # SET
    [ -d "$data/$1" ] || {
        echo "skipped: no $data/$1"
        return 1
    }
}

if has emglab_R00108; then
    mkdir "$d/spikes"
    cp "$data"/emglab_R00108/R00108.* "$d/spikes"
    cat >"$d/units.txt" <<'MAP'
# the expert's motor units: the four that discharge most often, and the others
unit 3 = frequent
unit 6 = frequent
unit 8 = frequent
unit 7 = frequent
* = rare
MAP
    check spikes-info "$nemg" info "$d/spikes/R00108.hea" --json --quiet
    check_json spikes-are-read '.recordings[0].annotations | .n == 659 and .labels["unit 3"] == 109' "$d/out"
    check spikes-show "$nemg" render "$d/spikes/R00108.hea" --at 1 --gain-uv 500/div --annotations \
        --out "$d/spikes.svg" --json --quiet
    check_json spikes-are-counted '.annotations == 6' "$d/out"
    for unit in 7 6 8 4 2 3; do
        check "spikes-label-$unit" grep -q ">unit $unit</text>" "$d/spikes.svg"
    done
    check spikes-build "$nemg" dataset build --recordings "$d/spikes" --class-map "$d/units.txt" --out "$d/set" \
        --split file --window-ms 20 --margin-ms 5 --keep-mixed --most 0 --negatives 0 --json --quiet
    # two spikes are nearer to an end of the recording than a window is long
    check_json spikes-are-windows '.excerpts.counts | .events == 659 and .at_edge == 2 and .unmapped == 0' "$d/out"
    check_json spikes-have-classes '[.splits[].per_class | .frequent, .rare] | add == 657' "$d/out"
    check spikes-dataset-show "$nemg" dataset show "$d/set" --json --quiet
    check_json spikes-on-both-sides '.splits | .train.n > 500 and .validation.n > 100' "$d/out"
    check spikes-train "$nemg" train --dataset "$d/set" --run "$d/run" --width 0.125 --epochs 1 --quiet
    check spikes-evaluate "$nemg" evaluate --model "$d/run/model" --dataset "$d/set" --predictions "$d/p.csv" --quiet
    check spikes-classify "$nemg" classify --model "$d/run/model" "$d/spikes/R00108.hea" --hop-ms 100 --json --quiet
    check_json spikes-windows '.results[0] | .duration_s == 10 and (.windows | length) == 100' "$d/out"
    check spikes-pictures "$nemg" dataset build --recordings "$d/spikes" --class-map "$d/units.txt" \
        --out "$d/drawn" --split file --input picture --window-ms 50 --most 20 --keep-mixed --quiet
    check spikes-pictures-show "$nemg" dataset show "$d/drawn"
fi

if has n2001; then
    n=$data/n2001/N2001M02BB03.bin
    refuses raw-needs-a-rate 2 'rate' "$nemg" info "$n" --dtype int16 --quiet
    check raw-info "$nemg" info "$n" --dtype int16 --rate 23437.5 --unit counts --json --quiet
    check_json raw-facts '.recordings[0].channels[0] | .n_samples == 262144 and .rate_hz == 23437.5 and
        .unit == "counts" and .counts_per_uv == null and .min == -32768 and .n_clipped > 3000' "$d/out"
    check raw-converts "$nemg" convert "$n" "$d/n.hea" --dtype int16 --rate 23437.5 --unit counts --quiet
    check raw-again "$nemg" info "$d/n.hea" --json --quiet
    check_json raw-stays-counts '.recordings[0].channels[0] | .unit == "counts" and .rate_hz == 23437.5 and
        .min == -32768 and .n_samples == 262144' "$d/out"
    mkdir "$d/raw"
    cp "$d/n.hea" "$d/n.dat" "$d/raw"
    printf 'recording,patient,class\nn,M02,Myopathy\n' >"$d/raw/manifest.csv"
    refuses one-class-is-none 2 'class' "$nemg" dataset build --recordings "$d/raw" --manifest "$d/raw/manifest.csv" \
        --out "$d/raw-set" --quiet
fi

if has physionet_emgdb; then
    mkdir "$d/emgdb"
    cp "$data"/physionet_emgdb/*.hea "$data"/physionet_emgdb/*.dat "$d/emgdb"
    printf 'recording,patient,class\nemg_healthy,h,healthy\nemg_myopathy,m,myopathy\nemg_neuropathy,n,neuropathy\n' \
        >"$d/emgdb/manifest.csv"
    check repeats-info "$nemg" info "$d/emgdb/emg_myopathy.hea" "$d/emgdb/emg_healthy.hea" --json --quiet
    # the record begins once more 16.65 s later
    check_json repeats-within '.recordings[0].channels[0].repeats | length > 0' "$d/out"
    check_json healthy-does-not-repeat '.recordings[1].channels[0].repeats == []' "$d/out"
    check repeats-build "$nemg" dataset build --recordings "$d/emgdb" --manifest "$d/emgdb/manifest.csv" \
        --out "$d/repeats" --split file --validation 0.34 --window-ms 500 --margin-ms 0 --rate 4000 --most 0 \
        --json --quiet
    check_json repeats-are-leaks '.leaks.pairs | length > 10 and all(.recording == .train_recording) and
        all(.recording != "emg_healthy.hea")' "$d/out"
    check_json repeats-in-time '[.leaks.pairs[] | select(.recording == "emg_neuropathy.hea") |
        (.at_s - .train_at_s) | fabs] | length > 5 and all(. > 18.2 and . < 18.6)' "$d/out"
fi

finish
