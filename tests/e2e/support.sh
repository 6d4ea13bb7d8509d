# support.sh: what the end-to-end tests share. Source it; NEMG_BUILD is the build folder.
# Each check prints "ok NAME" or "FAILED NAME: why"; finish says whether any failed.
# shellcheck shell=sh
set -u
nemg=$NEMG_BUILD/nemg
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
n_failed=0

ok() {
    echo "ok $1"
}

failed() {
    echo "FAILED $1: $2"
    n_failed=$((n_failed + 1))
}

# check NAME COMMAND...: the command succeeds.
check() {
    name=$1
    shift
    if "$@" >"$scratch/out" 2>"$scratch/err"; then
        ok "$name"
    else
        failed "$name" "$* gave $?: $(head -c 600 "$scratch/err")"
    fi
}

# check_json NAME FILTER FILE: jq's filter is true of the file.
check_json() {
    if jq -e "$2" "$3" >/dev/null 2>"$scratch/err"; then
        ok "$1"
    else
        failed "$1" "$2 is not true: $(head -c 600 "$3") $(cat "$scratch/err")"
    fi
}

# refuses NAME STATUS PATTERN COMMAND...: ends with that status, nothing on stdout, one line of
# error (and for status 2 a pointer to the help) that matches.
refuses() {
    name=$1 status=$2 pattern=$3
    shift 3
    "$@" >"$scratch/out" 2>"$scratch/err"
    got=$?
    if [ $got != "$status" ]; then
        failed "$name" "status $got, wanted $status: $(head -c 600 "$scratch/err")"
    elif ! grep -q "^nemg: error: .*$pattern" "$scratch/err"; then
        failed "$name" "wanted \"$pattern\" in: $(head -c 600 "$scratch/err")"
    elif [ -s "$scratch/out" ]; then
        failed "$name" "wrote to standard output: $(head -c 200 "$scratch/out")"
    else
        ok "$name"
    fi
}

same_files() {
    cmp "$1" "$2" >/dev/null 2>&1
}

# A data set of drawn sweeps: 6 patients, 3 classes, 4 pictures each.
make_set() {
    "$NEMG_BUILD/draw_sweeps" "$scratch/pictures" 6 4 7 &&
        "$nemg" dataset build --images "$scratch/pictures" --manifest "$scratch/pictures/manifest.csv" \
            --out "$scratch/set" --validation 0.34 --quiet >/dev/null
}

# Two small models after two steps: $scratch/p/model of the pictures of make_set, $scratch/s/model of
# signals of the simulated recordings in $scratch/lab.
make_models() {
    make_set || failed set "could not be made"
    "$nemg" train --dataset "$scratch/set" --run "$scratch/p" --model resnet18 --width 0.125 --image-size 75 --batch 8 \
        --steps 2 --quiet >/dev/null || failed model "of pictures could not be trained"
    "$nemg" simulate --out "$scratch/lab" --patients 6 --sites 6 --seconds 4 --severity 3 --seed 3 --quiet >/dev/null
    "$nemg" dataset build --recordings "$scratch/lab" --manifest "$scratch/lab/manifest.csv" --out "$scratch/signals" \
        --most 4 --validation 0 --quiet >/dev/null
    "$nemg" train --dataset "$scratch/signals" --run "$scratch/s" --width 0.25 --steps 2 --quiet >/dev/null ||
        failed model "of signals could not be trained"
}

finish() {
    [ "$n_failed" = 0 ]
    exit
}
