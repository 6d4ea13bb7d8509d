#!/bin/sh
# compare_recordings.sh: the table of docs/simulator.md that holds simulated recordings of voluntary
# units against real ones: noise floor, kurtosis of the base line, slopes of the spectrum.
#
# usage: tools/compare_recordings.sh FOLDER_OF_REAL_RECORDINGS
#
# Wants build/nemg and build/measure_noise (make), and what of needle-emg-543xpjycj9/,
# physionet_emgdb/, emglab_R00108/ and n2001/ is in the folder; what is not there is left out.
set -eu
cd "$(dirname "$0")/.."
if [ $# != 1 ] || [ ! -d "$1" ]; then
    echo "usage: tools/compare_recordings.sh FOLDER_OF_REAL_RECORDINGS" >&2
    exit 2
fi
real=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

line() { # NAME RECORDING...
    if [ -e "$2" ]; then
        build/measure_noise "$@"
    fi
}

echo '| recordings | n | floor (uV) | kurtosis | base line, to 1 kHz | above | all, to 1 kHz | above | RMS / floor |'
echo '|---|---|---|---|---|---|---|---|---|'
for lab in a b; do
    build/nemg simulate --out "$scratch/$lab" --laboratory $lab --patients 24 --sites 3 --seconds 5 --seed 11 \
        --classes muap_normal,muap_neurogenic,muap_myopathic,single_unit --quiet >/dev/null
    line "simulated, laboratory $lab" "$scratch/$lab"/*/*.hea
done
line "needle-emg 543xpjycj9" "$real"/needle-emg-543xpjycj9/*.hea
line "PhysioNet emgdb" "$real"/physionet_emgdb/*.hea
line "EMGLAB R00108" "$real"/emglab_R00108/*.hea
for file in "$real"/n2001/*.bin; do # 16-bit numbers, gain unknown
    [ -e "$file" ] && build/nemg convert "$file" "$scratch/n2001_$(basename "$file" .bin).hea" --quiet \
        --rate 23437.5 --dtype int16 --unit counts >/dev/null
done
line "N2001" "$scratch"/n2001_*.hea
