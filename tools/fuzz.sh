#!/bin/sh
# fuzz.sh [TARGET...]: the fuzz targets under libFuzzer with the address and undefined behaviour
# sanitizers, SECONDS_EACH=600 each (all targets if none is named). What crashes one is written to
# build-fuzz/findings/; what is new in coverage stays in build-fuzz/corpus/.
set -eu
cd "$(dirname "$0")/.."
seconds=${SECONDS_EACH:-600}
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz >/dev/null
failed=0
for file in tests/fuzz/*/fuzz_*.c; do
    target=${file##*/fuzz_}
    target=${target%.c}
    case " ${*:-$target} " in
    *" $target "*) ;;
    *) continue ;;
    esac
    mkdir -p "build-fuzz/corpus/$target" build-fuzz/findings
    # ends by itself: libFuzzer's exit status is not 0 for a finding
    if build-fuzz/tests/fuzz_"$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 -print_final_stats=1 \
        -artifact_prefix="build-fuzz/findings/$target-" "build-fuzz/corpus/$target" "tests/fuzz/corpus/$target" \
        >"build-fuzz/findings/$target.log" 2>&1; then
        echo "ok $target: $(sed -n 's/^stat::number_of_executed_units: *//p' "build-fuzz/findings/$target.log") runs in $seconds s"
    else
        tail -n 40 "build-fuzz/findings/$target.log"
        echo "FAILED $target"
        failed=1
    fi
done
exit $failed
