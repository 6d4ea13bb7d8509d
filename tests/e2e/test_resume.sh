#!/bin/sh
# test_resume.sh: a run that was stopped ends with the same bytes as one that was not.
# shellcheck disable=SC2317 # functions are called through check and refuses
# shellcheck source=tests/e2e/support.sh
. "$(dirname "$0")/support.sh"
make_set || failed set "could not be made"
steps=120

# RUN [more options], in place of this process
become_train() {
    run=$1
    shift
    # a shell has its background commands ignore Ctrl-C
    exec env --default-signal=INT "$nemg" train --dataset "$scratch/set" --run "$run" --model resnet18 --width 0.125 --image-size 75 \
        --batch 8 --steps $steps --save-every 10 --validate-every 10 --threads 1 --quiet --dtype float32 "$@"
}

train() {
    (become_train "$@")
}

wait_for() { # FILE: up to a minute
    i=0
    while [ ! -e "$1" ] && [ $i -lt 600 ]; do
        sleep 0.1
        i=$((i + 1))
    done
}

same_run() { # NAME RUN: its weights, checkpoint and curve are the uninterrupted run's, in $whole
    for file in model.ckpt-$steps.data-00000-of-00001 model.ckpt-$steps.index \
        model/weights.data-00000-of-00001 model/weights.index; do
        if ! same_files "$whole/$file" "$2/$file"; then
            failed "$1" "$file differs"
            return
        fi
    done
    cut -d, -f1-8,10,11 "$whole/history.csv" >"$scratch/a"
    cut -d, -f1-8,10,11 "$2/history.csv" >"$scratch/b"
    if same_files "$scratch/a" "$scratch/b"; then ok "$1"; else failed "$1" "history.csv differs"; fi
}

whole=$scratch/whole
check whole-run train "$whole"

for signal in INT TERM; do
    become_train "$scratch/$signal" >/dev/null 2>"$scratch/err" &
    pid=$!
    wait_for "$scratch/$signal/model.ckpt-10.index"
    if [ $signal = INT ]; then
        # while it runs, nobody else may work in its folder
        refuses busy-run 1 "process $pid" train "$scratch/$signal"
    fi
    kill -s $signal $pid
    wait $pid
    status=$?
    if [ $status = 75 ]; then ok "stops-on-$signal"; else failed "stops-on-$signal" "status $status: $(cat "$scratch/err")"; fi
    check "resumes-after-$signal" train "$scratch/$signal"
    same_run "same-bytes-after-$signal" "$scratch/$signal"
done

become_train "$scratch/killed" >/dev/null 2>&1 &
pid=$!
wait_for "$scratch/killed/model.ckpt-20.index"
kill -KILL $pid
wait $pid 2>/dev/null
check resumes-after-kill train "$scratch/killed"
same_run same-bytes-after-kill "$scratch/killed"

check other-loader-threads train "$scratch/loaders" --loader-threads 5
same_run same-bytes-with-other-loader-threads "$scratch/loaders"

refuses other-options 2 'another --seed' train "$scratch/whole" --seed 5
refuses other-dtype 2 'another --dtype' train "$scratch/whole" --dtype bfloat16
check finished-run-stays train "$scratch/whole"
train "$scratch/whole" --json >"$scratch/json" 2>/dev/null
check_json finished-run-reports ".steps == $steps and .final.loss > 0 and .final.validation.accuracy > 0" "$scratch/json"
# in bfloat16
whole=$scratch/narrow
train "$whole" --dtype bfloat16 --json >"$scratch/json" 2>/dev/null
check_json trains-in-bfloat16 '.number_type == "bfloat16" and .final.loss > 0' "$scratch/json"
check_json model-says-bfloat16 '.training.number_type == "bfloat16" and .training.args.dtype == "bfloat16"' \
    "$whole/model/model.json"
become_train "$scratch/narrow-stopped" --dtype bfloat16 >/dev/null 2>"$scratch/err" &
pid=$!
wait_for "$scratch/narrow-stopped/model.ckpt-10.index"
kill -s INT $pid
wait $pid
refuses resumes-not-in-float32 2 'another --dtype' train "$scratch/narrow-stopped" --dtype float32
check resumes-in-bfloat16 train "$scratch/narrow-stopped" --dtype bfloat16
same_run same-bytes-in-bfloat16 "$scratch/narrow-stopped"
# a checkpoint cut short is told, not used
cp -r "$scratch/whole" "$scratch/cut"
truncate -s 1000 "$scratch/cut/model.ckpt-$steps.data-00000-of-00001"
sed -i 's/"step": 120/"step": 119/' "$scratch/cut/model.ckpt-$steps.json"
refuses cut-checkpoint 1 'model.ckpt-120' train "$scratch/cut"
finish
