#!/bin/sh
# test_recordings.sh: info, convert and deidentify from the outside: round trips, parts, what is
# removed, what is refused.
# shellcheck disable=SC2317 # functions are called through check and refuses
# shellcheck source=tests/e2e/support.sh
. "$(dirname "$0")/support.sh"
d=$scratch

# Two seconds of a saw tooth at 4 kHz with a clipped stretch, as text in millivolts.
awk 'BEGIN { print "time (s),EMG (mV)"
    for (i = 0; i < 8000; i++) { v = (i * 37 % 2001 - 1000) / 1000; if (v > 0.9) v = 0.9; printf "%.5f,%.4f\n", i / 4000, v } }' \
    >"$d/a.csv"

info() {
    "$nemg" info --json --quiet "$@" >"$d/info.json"
}

convert() {
    "$nemg" convert --quiet "$@"
}

check info-text info "$d/a.csv"
check_json text-facts '.schema == 1 and .recordings[0].format == "text" and .recordings[0].channels[0].rate_hz == 4000 and .recordings[0].channels[0].unit == "uV"' "$d/info.json"
check_json text-measures '.recordings[0].channels[0] | .max == 900 and .rms > 400 and .rms < 700 and .mains_50 < 0.5' "$d/info.json"

# around through all formats and back
check text-to-wfdb convert "$d/a.csv" "$d/b.hea"
check wfdb-to-edf convert "$d/b.hea" "$d/c.edf"
check edf-to-bdf convert "$d/c.edf" "$d/d.bdf"
check bdf-to-wav convert "$d/d.bdf" "$d/e.wav"
check wav-to-text convert "$d/e.wav" "$d/f.csv"
check info-all info "$d/a.csv" "$d/b.hea" "$d/c.edf" "$d/d.bdf" "$d/e.wav" "$d/f.csv"
info "$d/a.csv" /dev/null 2>/dev/null
check_json others-go-on '(.recordings | length) == 1 and .rejected[0].file == "/dev/null"' "$d/info.json"
info "$d/a.csv" "$d/b.hea" "$d/c.edf" "$d/d.bdf" "$d/e.wav" "$d/f.csv"
check_json same-length '[.recordings[].channels[0].n_samples] | unique == [8000]' "$d/info.json"
check_json same-unit '[.recordings[].channels[0].unit] | unique == ["uV"]' "$d/info.json"
check_json same-values '[.recordings[].channels[0].max] | (max - min) < 0.1' "$d/info.json"
check_json nothing-repaired '[.recordings[].repairs[]] == []' "$d/info.json"

# a record with a name in it, and annotations of another program
sed -n '2s/.*/&/p' "$d/b.hea" >"$d/line"
printf 'x 1 4000 8000 12:34:56 30/04/2019\n%s\n# patient: Jane Doe\n# diagnosis: secret\n# muscle: biceps\n' \
    "$(cat "$d/line")" >"$d/x.hea"
printf '\012\130\003\374fib\000\000\000' >"$d/x.atr"
check info-record info "$d/x.hea"
check_json record-facts '.recordings[0] | .patient == "Jane Doe" and .muscle == "biceps" and .annotations.labels.fib == 1 and .start_time == "2019-04-30T12:34:56"' "$d/info.json"
check part convert "$d/x.hea" "$d/part.edf" --from 0 --to 0.5 --channel 1
check info-part info "$d/part.edf"
check_json part-facts '.recordings[0] | .channels[0].n_samples == 2000 and .annotations.n == 1' "$d/info.json"
for out in y.hea y.edf; do
    check "deidentify-$out" "$nemg" deidentify "$d/x.hea" "$d/$out" --patient P1 --json
    check_json "removed-$out" '.removed == ["patient", "start time", "note \"diagnosis\""] and .kept.labels == ["fib"]' "$d/out"
    check "info-$out" info "$d/$out"
    check_json "kept-$out" '.recordings[0] | .patient == "P1" and .muscle == "biceps" and .annotations.labels.fib == 1 and .start_time != "2019-04-30T12:34:56"' "$d/info.json"
done
if grep -aqE 'Jane|secret|2019|30-APR' "$d"/y.*; then
    failed names-are-gone "$(grep -alE 'Jane|secret|2019|30-APR' "$d"/y.*)"
else
    ok names-are-gone
fi

# raw numbers
printf '\001\000\002\000\003\000\004\000' >"$d/r.bin"
check raw info "$d/r.bin" --dtype int16 --rate 23437.5 --unit mV --gain 0.5
check_json raw-facts '.recordings[0].channels[0] | .rate_hz == 23437.5 and .max == 8000' "$d/info.json"
refuses raw-without-rate 2 'give --rate' "$nemg" info "$d/r.bin" --dtype int16 --unit counts
refuses raw-without-unit 2 'unit' "$nemg" info "$d/r.bin" --dtype int16 --rate 1000
refuses wrong-type 2 'int17' "$nemg" info "$d/r.bin" --dtype int17 --rate 1000
refuses wrong-unit 2 'ohm' "$nemg" info "$d/r.bin" --unit ohm

refuses not-there 1 'nowhere' "$nemg" info "$d/nowhere.edf"
refuses a-folder 1 'is a folder' "$nemg" info "$d"
printf '\003\000(C) CED 87S' >"$d/x.smr"
refuses spike2 1 'Spike2' "$nemg" info "$d/x.smr"
head -c 300 "$d/c.edf" >"$d/short.edf"
refuses short-edf 1 'ends within its header' "$nemg" info "$d/short.edf"
printf '1,5\n2,6\n3,7\n' >"$d/comma.csv"
refuses comma 2 'decimal-comma' "$nemg" info "$d/comma.csv" --rate 100
refuses no-format 2 'wanted wfdb' "$nemg" convert "$d/a.csv" "$d/z.xyz"
refuses no-part 2 'nothing from' "$nemg" convert "$d/a.csv" "$d/z.edf" --from 99
refuses no-channel 2 'no channel 3' "$nemg" convert "$d/a.csv" "$d/z.edf" --channel 3
cp "$d/r.bin" "$d/r.dat"
refuses onto-its-samples 2 'another file' "$nemg" convert "$d/r.dat" "$d/r.hea" --dtype int16 --rate 1000 --unit counts --to 0.002
check samples-are-whole cmp "$d/r.bin" "$d/r.dat"
refuses convert-onto-itself 2 'another file' "$nemg" convert "$d/c.edf" "$d/./c.edf" --to 1
refuses other-spelling 2 'another file' "$nemg" deidentify "$d/c.edf" "$d/./c.edf"
refuses onto-itself 2 'another file' "$nemg" deidentify "$d/c.edf" "$d/c.edf"
if ls "$d"/z.* >/dev/null 2>&1; then failed nothing-left "a file of a refused conversion"; else ok nothing-left; fi
# a pipe would be waited for without end
mkfifo "$d/pipe.dat" "$d/pipe.csv" "$d/annotated.atr"
printf 'p 1 4000 8\npipe.dat 16 1/uV\n' >"$d/pipe.hea"
printf 'p 1 4000 8\nb.dat 16 1/uV\n' >"$d/annotated.hea"
for name in pipe.csv pipe.hea annotated.hea; do
    refuses "pipe-$name" 1 'is a pipe or a device' timeout -s KILL 60 "$nemg" info "$d/$name" --quiet
done

finish
