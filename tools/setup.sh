#!/bin/sh
# setup.sh build|check|browser|bench|emulator: installs the Debian packages that building (or checking, the
# tests in a browser, measuring, emulated processors) want and that are missing. Quick when nothing is missing.
set -eu

build="gcc libc6-dev make cmake ninja-build libdnnl-dev libjansson-dev libturbojpeg0-dev
libpng-dev libsnappy-dev zlib1g-dev libmd-dev libcairo2-dev librandom123-dev libcmocka-dev
libkissfft-dev libsamplerate0-dev libsndfile1-dev libmicrohttpd-dev libsqlite3-dev libseccomp-dev
fonts-dejavu-core"
check="git curl clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev llvm-14 shellcheck jq"

browser="chromium chromium-driver python3-selenium" # 400 MB
emulator="g++ patch xz-utils busybox-static cpio isolinux syslinux-common xorriso bochsbios vgabios" # 20 MB
bench="python3 python3-venv g++" # g++: what torch.compile calls

wanted=$build
[ "${1-build}" = check ] && wanted="$build $check"
[ "${1-build}" = bench ] && wanted="$build $bench"
[ "${1-build}" = browser ] && wanted=$browser
[ "${1-build}" = emulator ] && wanted="$build $emulator"

missing=""
for package in $wanted; do
    case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true) in
    *" installed") ;;
    *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "setup: these Debian packages, or what your system calls them, are wanted:$missing" >&2
    exit 1
fi
as_root=""
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "setup: as root: apt-get install$missing" >&2
        exit 1
    fi
    as_root=sudo
fi
echo "setup: installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # words are wanted
if ! { $as_root apt-get -q update && $as_root apt-get -q install -y --no-install-recommends $missing; } >"$log" 2>&1; then
    cat "$log" >&2
    echo "setup: the packages could not be installed:$missing" >&2
    exit 1
fi
