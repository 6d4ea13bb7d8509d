#!/bin/sh
# test_features.sh: heads trained on the features of a frozen trunk, which are kept beside the data set.
# shellcheck disable=SC2317 # functions are called through check and refuses
# shellcheck source=tests/e2e/support.sh
. "$(dirname "$0")/support.sh"
make_set || failed set "could not be made"
set=$scratch/set

train() { # RUN [more options]
    run=$1
    shift
    "$nemg" train --dataset "$set" --run "$run" --model resnet18 --width 0.125 --image-size 75 --batch 8 --threads 1 "$@"
}
heads() { # RUN TRUNK [more options]; the exit status is train's, what it said in $scratch/said
    run=$1 trunk=$2
    shift 2
    train "$run" --checkpoint "$scratch/$trunk/model.ckpt-20" --phases heads:40 --save-every 10 "$@" 2>"$scratch/said"
}
same_weights() { # RUN RUN
    same_files "$scratch/$1/model.ckpt-40.data-00000-of-00001" "$scratch/$2/model.ckpt-40.data-00000-of-00001"
}
said() { grep -q "$1" "$scratch/said"; }
n_keys() { find "$set/features" -mindepth 1 -maxdepth 1 | wc -l; }

check trunk train "$scratch/trunk" --steps 20 --quiet
check first-run heads "$scratch/first" trunk
check are-kept test -e "$set/features/$(ls "$set/features")/train-0.index"
check validation-is-kept test -e "$set/features/$(ls "$set/features")/validation-0.index"
kept=$set/features/$(ls "$set/features")/train-0
check tensorflow-reads-them sh -c "'$nemg' checkpoint show '$kept' | grep -q float32"

check second-run heads "$scratch/second" trunk
check second-run-reads said 'features of [0-9]* examples from'
check same-weights same_weights first second

# damaged: said, and made again
truncate -s -10 "$kept.data-00000-of-00001"
check damaged heads "$scratch/third" trunk
check damaged-is-said said 'computed anew'
check damaged-same-weights same_weights first third
check damaged-is-mended heads "$scratch/fourth" trunk
check damaged-is-not-said-again test "$(grep -c 'computed anew' "$scratch/said")" = 0

# another trunk has features of its own
check other-trunk train "$scratch/other" --steps 20 --seed 9 --quiet
check other-run heads "$scratch/fifth" other
check other-key test "$(n_keys)" = 2

# variations: kept one by one; stopped and gone on with, the same bytes
check views heads "$scratch/views" trunk --views 3
check views-are-kept test "$(find "$set/features" -name 'train-[12].index' | wc -l)" = 2
check views-matter test "$(cksum <"$scratch/views/model.ckpt-40.data-00000-of-00001")" != "$(cksum <"$scratch/first/model.ckpt-40.data-00000-of-00001")"
check views-again heads "$scratch/again" trunk --views 3
check views-same-weights same_weights views again
refuses no-views 2 views train "$scratch/x" --views 0

# nowhere to keep them: said, and no harm
rm -r "$set/features"
: >"$set/features"
check not-kept heads "$scratch/sixth" trunk
check not-kept-is-said said 'features are not kept'
check not-kept-same-weights same_weights first sixth
rm "$set/features"
finish
