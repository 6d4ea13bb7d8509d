#!/bin/sh
# lint.sh: the checks of the sources. One line per check; "ok NAME" or "FAILED NAME" with what was
# found above it. Configures build-clang/ for clang-tidy (compile_commands.json). 1 if any failed.
# shellcheck disable=SC2317 # the functions are called through run()
set -u
cd "$(dirname "$0")/.." || exit 1
failed=0

run() {
    name=$1
    shift
    if out=$("$@" 2>&1); then
        echo "ok lint/$name"
    else
        printf '%s\n' "$out"
        echo "FAILED lint/$name"
        failed=1
    fi
}

sources() {
    git ls-files --cached --others --exclude-standard -- 'src/*.[ch]' 'tests/*.[ch]' 'bench/*.[ch]' 'tools/*.[ch]'
}

layers() {
    # shellcheck disable=SC2046 # one word per file
    awk -f tools/check_layers.awk $(git ls-files --cached --others --exclude-standard -- 'src/*.[ch]')
}

format() {
    sources | xargs clang-format-14 --dry-run -Werror
}

# Each header compiles alone.
headers() {
    bad=0
    for header in $(git ls-files --cached --others --exclude-standard -- 'src/*.h'); do
        echo "#include \"${header#src/}\"" |
            gcc -std=c17 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror -fsyntax-only -Isrc -x c - || bad=1
    done
    return "$bad"
}

tidy() {
    cmake --preset clang || return 1
    git ls-files --cached --others --exclude-standard -- 'src/*.c' |
        xargs -n 4 -P "$(nproc)" clang-tidy-14 --quiet -p build-clang 2>&1 |
        grep -vE '^[0-9]+ warnings? (generated|treated)|^Suppressed|^Use -header-filter' | grep . && return 1
    return 0
}

shell() {
    git ls-files --cached --others --exclude-standard -- '*.sh' .ci/run | xargs shellcheck -x -P SCRIPTDIR -e SC1091
}

run layers layers
run style tools/check_style.sh
run format format
run headers headers
run shell shell
[ "${1-}" = quick ] || run tidy tidy
exit $failed
