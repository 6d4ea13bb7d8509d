#!/bin/sh
# test_overwrite.sh: what a person keeps is not replaced, mixed up or deleted by a command that was
# given the wrong folder or file; devices and links stay what they are; a closed pipe is no drama.
# shellcheck disable=SC2317 # functions are called through check and refuses
# shellcheck source=tests/e2e/support.sh
. "$(dirname "$0")/support.sh"
make_set || failed set "could not be made"
d=$scratch pictures=$scratch/pictures set=$scratch/set

build() {
    "$nemg" dataset build --images "$pictures" --quiet "$@"
}

small() { # RUN [options]
    run=$1
    shift
    "$nemg" train --dataset "$set" --run "$run" --model resnet18 --width 0.125 --image-size 75 --batch 8 \
        --steps 4 --quiet "$@"
}

same() { # FILE TEXT
    [ "$(cat "$1")" = "$2" ]
}

# data sets
refuses set-into-its-pictures 2 'what the examples come from' build --out "$pictures"
mkdir "$d/slim"
echo 0:cat >"$d/slim/labels.txt"
echo theirs >"$d/slim/cats_train_00000-of-00001.tfrecord"
refuses set-into-another 2 'no data set of nemg' build --out "$d/slim"
refuses set-among-others-shards 2 'no shard of "emg"' build --out "$d/slim" --force
check others-shard-stays same "$d/slim/cats_train_00000-of-00001.tfrecord" theirs
check others-labels-stay same "$d/slim/labels.txt" 0:cat
echo mine >"$set/notes.tfrecord.txt"
check set-again build --out "$set" --force --name other --validation 0.34
check set-again-leaves-notes same "$set/notes.tfrecord.txt" mine
check old-shards-go sh -c "! ls '$set'/emg_*.tfrecord"
check set-is-whole "$nemg" dataset show "$set"

# runs
mkdir "$d/theirs"
for file in checkpoint model.ckpt-20000.index model.ckpt-20000.data-00000-of-00001; do
    echo theirs >"$d/theirs/$file"
done
refuses run-in-a-checkpoints-folder 2 'no run of nemg' small "$d/theirs"
check their-checkpoint-stays same "$d/theirs/model.ckpt-20000.index" theirs
mkdir "$d/run"
echo log >"$d/run/train.log"
check run-beside-a-log small "$d/run"
mkdir "$d/run2"
cp -r "$d/run/model" "$d/run2/model"
refuses run-around-a-model 2 'holds model' small "$d/run2"
# stopped once, so that it goes on with a foreign checkpoint in its folder
timeout -s INT 1 "$nemg" train --dataset "$set" --run "$d/run3" --model resnet18 --width 0.125 --image-size 75 \
    --batch 8 --steps 40 --save-every 1 --quiet 2>/dev/null
echo theirs >"$d/run3/model.ckpt-9999.index"
check run-beside-a-checkpoint "$nemg" train --dataset "$set" --run "$d/run3" --model resnet18 --width 0.125 \
    --image-size 75 --batch 8 --steps 40 --save-every 1 --quiet
check copied-checkpoint-stays same "$d/run3/model.ckpt-9999.index" theirs

# pictures
picture=$(find "$pictures" -name '*.png' | sort | head -n 1)
cp "$picture" "$d/p.png"
refuses card-over-its-picture 2 'is the picture itself' "$nemg" classify --model "$d/run/model" "$d/p.png" \
    --out "$d/p.png"
check picture-stays cmp "$picture" "$d/p.png"

# recordings
printf 'time (s),EMG (mV)\n' >"$d/a.csv"
awk 'BEGIN { for (i = 0; i < 4000; i++) printf "%.5f,%.4f\n", i / 4000, (i * 37 % 2001 - 1000) / 1000 }' >>"$d/a.csv"
echo experts >"$d/case.atr"
refuses convert-beside-annotations 2 'without the case.hea' "$nemg" convert "$d/a.csv" "$d/case.hea"
refuses deidentify-beside-annotations 2 'without the case.hea' "$nemg" deidentify "$d/a.csv" "$d/case.hea"
check annotations-stay same "$d/case.atr" experts
echo kept >"$d/target.csv"
chmod 600 "$d/target.csv"
ln -s target.csv "$d/link.csv"
check convert-through-a-link "$nemg" convert "$d/a.csv" "$d/link.csv" --quiet
check link-stays test -L "$d/link.csv"
check mode-stays sh -c "[ \"\$(stat -c %a '$d/target.csv')\" = 600 ]"
check convert-to-a-device "$nemg" convert "$d/a.csv" /dev/null --format csv --quiet
check device-stays test -c /dev/null
refuses convert-to-a-folder 1 'is a folder' "$nemg" convert "$d/a.csv" "$pictures" --format csv
mkdir "$d/lab"
echo who,is,who >"$d/lab/manifest.csv"
refuses simulate-over-a-manifest 2 'no simulation' "$nemg" simulate --out "$d/lab" --patients 2 --seconds 1
check manifest-stays same "$d/lab/manifest.csv" who,is,who
check simulate "$nemg" simulate --out "$d/sim" --patients 2 --seconds 1 --sites 1 --quiet
patient=$(find "$d/sim" -mindepth 1 -maxdepth 1 -type d | sort | head -n 1)
echo mine >"$patient/$(basename "$patient")_notes.txt"
check simulate-again "$nemg" simulate --out "$d/sim" --patients 2 --seconds 1 --sites 1 --quiet --force
check notes-beside-recordings-stay same "$patient/$(basename "$patient")_notes.txt" mine

# a disk, or a limit of file sizes, that the samples fit but the annotations do not: nothing of the record
# is replaced
file=$(find "$d/sim" -name '*.hea' | sort | head -n 1)
mkdir "$d/limited"
"$nemg" convert "$d/a.csv" "$d/limited/r.hea" --quiet >/dev/null
cp -r "$d/limited" "$d/before"
limited() {
    sh -c 'ulimit -f 8; "$@"' - "$nemg" convert "$file" "$d/limited/r.hea" --quiet
}
refuses convert-beyond-a-limit 1 'limited/r' limited
check record-is-as-before diff -r "$d/before" "$d/limited"

# what deidentify keeps is shown
printf 'x 1 4000 8\nx.dat 16 1/uV\n# muscle: biceps\n# site: Dr Jones room\n' >"$d/x.hea"
printf '1234567812345678' >"$d/x.dat"
check deidentify "$nemg" deidentify "$d/x.hea" "$d/y.hea"
cp "$d/out" "$d/shown"
check deidentify-shows-what-it-keeps grep -q 'muscle biceps, site Dr Jones room' "$d/shown"

# a reader that went away before anything is written: quiet, and the status of SIGPIPE
mkfifo "$d/gone"
deserted() {
    {
        read -r _ <"$d/gone"
        "$@" 2>"$d/deserted" || echo $? >"$d/status"
    } | {
        exec <&-
        echo gone >"$d/gone"
    }
    [ ! -s "$d/deserted" ] && [ "$(cat "$d/status")" = 141 ]
}
check deserted-text deserted "$nemg" help
check deserted-json deserted "$nemg" version --json
refuses full-disk 1 'standard output' sh -c "'$nemg' help >/dev/full"

finish
