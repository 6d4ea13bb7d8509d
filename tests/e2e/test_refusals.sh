#!/bin/sh
# test_refusals.sh: what cannot work is said before long work begins, in one line that names the
# file, what was found and the way out; and nothing is left half written.
# shellcheck disable=SC2317 # functions are called through check and refuses
# shellcheck source=tests/e2e/support.sh
. "$(dirname "$0")/support.sh"
make_set || failed set "could not be made"
pictures=$scratch/pictures set=$scratch/set

small() { # RUN [options]
    run=$1
    shift
    "$nemg" train --dataset "$set" --run "$run" --model resnet18 --width 0.125 --image-size 75 --batch 8 \
        --steps 2 --quiet "$@"
}

build() {
    "$nemg" dataset build --out "$scratch/out-set" --quiet "$@"
}

# command lines
refuses no-command 2 'no command' "$nemg"
refuses unknown-command 2 'did you mean' "$nemg" trian
refuses unknown-option 2 'did you mean' "$nemg" train --dataste x
refuses missing-option 2 '\-\-run' "$nemg" train --dataset "$set"
refuses bad-number 2 'batch' "$nemg" train --dataset "$set" --run "$scratch/r" --batch twelve
refuses bad-phases 2 'heads:1000,all:20000' "$nemg" train --dataset "$set" --run "$scratch/r1" --phases all
refuses little-memory 1 'wanted at most 1 MB' "$nemg" train --dataset "$set" --run "$scratch/r1" --model resnet18 --width 0.125 --image-size 75 --memory-limit 1 --quiet
refuses steps-and-epochs 2 'one of them' small "$scratch/r2" --epochs 3
refuses small-picture 2 'wanted 32' small "$scratch/r3" --image-size 5

# folders of pictures
mkdir -p "$scratch/empty" "$scratch/one/only" "$scratch/hollow/a" "$scratch/hollow/b"
cp "$pictures/Fibs/p01_0.png" "$scratch/one/only"
cp "$pictures/Fibs/p01_0.png" "$scratch/hollow/a"
refuses no-such-folder 1 'nowhere' build --images "$scratch/nowhere"
refuses no-class-folder 2 'class folders' build --images "$scratch/empty"
refuses one-class 2 'class folders' build --images "$scratch/one"
refuses empty-class 1 '/b' build --images "$scratch/hollow"
refuses no-manifest 1 'nothing.csv' build --images "$pictures" --manifest "$scratch/nothing.csv"
head -n 5 "$pictures/manifest.csv" >"$scratch/short.csv"
refuses short-manifest 1 'short.csv' build --images "$pictures" --manifest "$scratch/short.csv"
refuses bad-pattern 2 'pattern' build --images "$pictures" --patient-pattern '('
refuses set-is-there 2 '\-\-force' "$nemg" dataset build --images "$pictures" --out "$set" --quiet
refuses unwritable 1 '/proc' "$nemg" dataset build --images "$pictures" --out /proc/set --quiet

# data sets
refuses no-set-to-train 1 'nemg dataset build' "$nemg" train --dataset "$scratch/empty" --run "$scratch/r4"
cp -r "$set" "$scratch/damaged"
shard=$(ls "$scratch/damaged"/*train_00000*)
printf 'XXXX' | dd of="$shard" bs=1 seek=500 conv=notrunc 2>/dev/null
refuses damaged-shard 1 'record' "$nemg" dataset show "$scratch/damaged" --quiet
truncate -s 700 "$shard"
refuses truncated-shard 1 'record' "$nemg" dataset show "$scratch/damaged" --quiet

# models and checkpoints
check a-model small "$scratch/m"
refuses no-model 1 'nowhere' "$nemg" classify --model "$scratch/nowhere" "$pictures/PSW"
refuses no-picture 1 'nowhere.png' "$nemg" classify --model "$scratch/m/model" "$scratch/nowhere.png" --quiet
refuses no-split 2 'test' "$nemg" evaluate --model "$scratch/m/model" --dataset "$set" --split test --quiet
refuses other-network 1 'another network' small "$scratch/r5" --model inception_v4 --image-size 107 --checkpoint "$scratch/m"
refuses other-width 1 'wanted' small "$scratch/r6" --width 0.25 --checkpoint "$scratch/m"
refuses no-checkpoint 1 'nowhere' "$nemg" checkpoint show "$scratch/nowhere"
printf 'garbage' >"$scratch/garbage"
refuses garbage-checkpoint 1 'garbage' "$nemg" checkpoint show "$scratch/garbage"
mkdir -p "$scratch/two/Fibs" "$scratch/two/Zebra"
cp "$pictures/Fibs/"*.png "$scratch/two/Fibs"
cp "$pictures/PSW/"*.png "$scratch/two/Zebra"
"$nemg" dataset build --images "$scratch/two" --out "$scratch/two-set" --quiet >/dev/null 2>&1
refuses other-labels 2 'wanted the same classes' "$nemg" evaluate --model "$scratch/m/model" --dataset "$scratch/two-set" --quiet
cp -r "$scratch/m/model" "$scratch/cutmodel"
truncate -s 100 "$scratch/cutmodel/weights.data-00000-of-00001"
refuses cut-model 1 'weights' "$nemg" classify --model "$scratch/cutmodel" "$pictures/PSW/p01_0.png" --quiet
printf '{"schema": 99}' >"$scratch/cutmodel/model.json"
refuses model-of-the-future 1 'schema' "$nemg" classify --model "$scratch/cutmodel" "$pictures/PSW/p01_0.png" --quiet

# errors as JSON, and a standard output that takes nothing
"$nemg" train --dataset "$scratch/empty" --run "$scratch/r7" --json >"$scratch/json" 2>/dev/null
check_json error-as-json '.error.code == "io" and (.error.message | length) > 0 and .schema == 1' "$scratch/json"
if "$nemg" version >/dev/full 2>"$scratch/err"; then failed full-stdout "status 0"; else ok full-stdout; fi

# a full disk: the message says so, the run that was there goes on elsewhere
disk=$scratch/disk
mkdir "$disk"
if mount -t tmpfs -o size=600k none "$disk" 2>/dev/null; then
    refuses full-disk-run 1 'No space left' small "$disk/run" --width 0.25
    rm -rf "$disk/run"
    refuses full-disk-set 1 'MB free, wanted' "$nemg" dataset build --images "$pictures" --out "$disk/set" --quiet
    check nothing-half test ! -e "$disk/set/dataset.json"
    umount "$disk"
else
    echo "SKIPPED full-disk: no right to mount a small file system"
fi
# a pipe among pictures would be waited for without end
cp -r "$pictures" "$scratch/piped"
class=$(find "$scratch/piped" -mindepth 1 -maxdepth 1 -type d | sort | head -n 1)
mkfifo "$class/pipe.png"
check set-around-a-pipe timeout -s KILL 120 "$nemg" dataset build --images "$scratch/piped" --out "$scratch/piped-set" \
    --json --quiet
check_json pipe-is-rejected '.rejected | length == 1 and (.[0].why | contains("is a pipe"))' "$scratch/out"

finish
