#!/bin/sh
# bench_explain.sh: the numbers of docs/explanation.md, as JSON lines: simulated patients, three small
# models, where their maps point on patients they have not seen, and what the rules say of these and of
# another laboratory. Some 6 minutes of one core. OUT=DIR keeps what it makes and goes on with it.
set -eu
cd "$(dirname "$0")/.."
nemg=build/nemg
if [ -n "${OUT-}" ]; then
    out=$OUT
    mkdir -p "$out"
else
    out=$(mktemp -d)
    trap 'rm -rf "$out"' EXIT
fi

lab() { # NAME LABORATORY PATIENTS SEED
    [ -f "$out/$1/simulation.json" ] ||
        $nemg simulate --out "$out/$1" --laboratory "$2" --patients "$3" --seconds 8 --seed "$4" --threads 1 --quiet >&2
}

recordings() { # NAME
    find "$out/$1" -name '*.hea' | sort
}

set_of() { # INPUT
    [ -f "$out/set-$1/dataset.json" ] ||
        $nemg dataset build --recordings "$out/learn" --manifest "$out/learn/manifest.csv" --out "$out/set-$1" --input "$1" \
            --balance class --most 30 --negatives 0.3 --validation 0.15 --threads 1 --quiet >&2
}

train() { # NAME SET [options]
    name=$1 set=$2
    shift 2
    [ -f "$out/run-$name/model/model.json" ] ||
        $nemg train --dataset "$out/set-$set" --run "$out/run-$name" --threads 1 --quiet "$@" >&2
}

lab learn a 40 1
lab unseen a 14 77
lab other b 10 5
set_of signal
set_of picture
train signal signal --epochs 8
train mel signal --input mel --width 0.25 --batch 16 --epochs 5
train picture picture --model resnet18 --width 0.25 --image-size 107 --batch 16 --epochs 7
for name in unseen other; do
    # shellcheck disable=SC2046 # one word per file
    build/bench_explain rules "$out/run-signal/model" 2000 $(recordings $name) >"$out/rules-$name.json"
    cat "$out/rules-$name.json"
done
for name in signal mel picture; do
    # shellcheck disable=SC2046 # one word per file
    build/bench_explain maps "$out/run-$name/model" 500 $(recordings unseen) >"$out/maps-$name.json"
    cat "$out/maps-$name.json"
done
