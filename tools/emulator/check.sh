#!/bin/sh
# check.sh [PROCESSOR...]: the built tests of the network engine on emulated processors (emulate.sh), by default on
# all of them. Closes with "N passed, N failed". COMMANDS in the environment, one a line, run in place of these.
set -u
cd "$(dirname "$0")/../.." || exit 1
[ $# -gt 0 ] || set -- avx512 vnni bf16 amx
log=$(mktemp)
trap 'rm -f "$log"' EXIT
all='instructions
unit_test_net
unit_test_predict
property_test_narrow
TEST=backends_agree* property_test_backends
TEST=bfloat16_trains* property_test_backends
property_test_watched
property_test_mixed_precision
TEST=one_small_picture* golden_test_inception_v4'
# what VNNI changes
int8='instructions
TEST=*8_bits* property_test_narrow
TEST=*saturate* property_test_narrow'
passed=0 failed=0
for processor in "$@"; do
    echo "== $processor"
    commands=$all
    [ "$processor" = vnni ] && commands=$int8
    IFS='
'
    # shellcheck disable=SC2086 # one word a line
    set -f -- ${COMMANDS-$commands}
    unset IFS
    if ! tools/emulator/emulate.sh "$processor" "$@" >"$log"; then
        failed=$((failed + 1))
    fi
    grep -vE '^\[ (RUN|  *OK)|^\[=' "$log"
    passed=$((passed + $(grep -c '^\[       OK \]' "$log")))
    failed=$((failed + $(grep '^\[  FAILED  \] [a-z]' "$log" | sort -u | wc -l)))
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
