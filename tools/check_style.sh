#!/bin/sh
# check_style.sh: what no formatter sees: tabs, blanks at line ends, a missing last line feed,
# invisible characters, sizes of files, subjects of commits. Prints each finding; 1 if any.
set -eu
cd "$(dirname "$0")/.."
bad=0

files=$(git ls-files --cached --others --exclude-standard)
for file in $files; do
    case $file in
    *.png | *.jpg | *.bmp | *.gz | *.bin | tests/fuzz/corpus/*) continue ;;
    esac
    [ -s "$file" ] || continue
    case $file in
    Makefile) ;;
    *) grep -nH "$(printf '\t')" "$file" && bad=1 ;;
    esac
    grep -nHE ' +$' "$file" && bad=1
    if [ -n "$(tail -c 1 "$file")" ]; then
        echo "$file: no line feed at its end"
        bad=1
    fi
    # zero width, direction and no-break characters, as UTF-8
    if LC_ALL=C grep -nHP '\xE2\x80[\x8B-\x8F\xAA-\xAE]|\xE2\x81[\xA0-\xAF]|\xEF\xBB\xBF|\xC2\xA0' "$file"; then
        bad=1
    fi
    case $file in
    src/*.c) limit=800 ;;
    src/*.h) limit=250 ;;
    *) limit=0 ;;
    esac
    n=$(wc -l <"$file")
    if [ "$limit" != 0 ] && [ "$n" -gt "$limit" ]; then
        echo "$file: $n lines, at most $limit wanted"
        bad=1
    fi
done

# file stems are unique in the whole of src
stems=$(echo "$files" | sed -n 's|^src/.*/\([^/]*\)\.c$|\1|p' | sort | uniq -d)
if [ -n "$stems" ]; then
    echo "two files of one name: $stems"
    bad=1
fi

# the newest subjects: "area: what it does", at most 72 characters, no full stop, then an empty line
subjects=$(git log -n 3 --format=%s 2>/dev/null || true)
wrong=$(echo "$subjects" | grep -vE '^([a-z0-9_.-]+(, [a-z0-9_.-]+)*: .{1,}|)$' || true)
wrong="$wrong$(echo "$subjects" | grep -E '^.{73,}$|\.$' || true)"
if [ -n "$wrong" ]; then
    echo "commit subjects, wanted \"area: what it does\": $wrong"
    bad=1
fi
exit "$bad"
