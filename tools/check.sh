#!/bin/sh
# check.sh: everything that must hold: the checks of the sources, all tests with gcc, the quick
# ones with clang under the address and undefined behaviour sanitizers, those with threads under
# the thread sanitizer. Closes with one line that counts them.
set -u
cd "$(dirname "$0")/.." || exit 1
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
passed=0 failed=0 skipped=0

say() {
    echo "== $*"
}

# Builds a preset; a failure is one failed check.
build() {
    if cmake --preset "$1" >"$results/build.log" 2>&1 && cmake --build --preset "$1" >>"$results/build.log" 2>&1; then
        passed=$((passed + 1))
        echo "ok build/$1"
    else
        grep -E 'error|warning|FAILED|not found' "$results/build.log" || tail -30 "$results/build.log"
        echo "FAILED build/$1"
        failed=$((failed + 1))
        return 1
    fi
}

# Runs a preset's tests and counts them: a test program of cmocka counts each of its tests.
run_tests() {
    # by default ctest keeps 1 KiB of what a passing test says, and so loses its count
    ctest --preset "$1" --test-output-size-passed 1000000 --test-output-size-failed 1000000 \
        --output-junit "$results/$1.xml" >"$results/$1.log" 2>&1
    status=$?
    counts=$(awk -f tools/count_tests.awk "$results/$1.xml")
    # shellcheck disable=SC2086 # three words
    set -- "$1" $counts
    passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
    if [ "$status" != 0 ] && [ "$3" = 0 ]; then
        failed=$((failed + 1))
    fi
    if [ "$status" != 0 ]; then
        cat "$results/$1.log"
    fi
    grep -hE '^(skipped|SKIPPED [a-z-]+): ' "$results/$1.xml" | sort | uniq -c | sed 's/^ *\([0-9]*\) /  \1 x /'
    echo "tests/$1: $2 passed, $3 failed, $4 skipped"
}

say "gcc, all tests"
if build release; then
    run_tests release
    say "checks of the sources"
    tools/lint.sh >"$results/lint.log"
    cat "$results/lint.log"
    passed=$((passed + $(grep -c '^ok ' "$results/lint.log")))
    failed=$((failed + $(grep -c '^FAILED ' "$results/lint.log")))
fi
say "clang"
build clang
say "address and undefined behaviour sanitizers, quick tests"
build asan && run_tests asan
say "thread sanitizer, tests with threads"
build tsan && run_tests tsan

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
