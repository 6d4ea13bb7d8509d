#!/bin/sh
# emulate.sh PROCESSOR COMMAND...: runs programs of build/tests on a processor that this machine need not have.
# Bochs, which emulates one instruction by instruction, starts a Debian kernel with the programs, the libraries
# that they want and busybox in its memory; what they print is printed. 1: a command failed, or the machine.
#
#   PROCESSOR   avx512 (Skylake-X), vnni (Ice Lake), bf16 (Sapphire Rapids without AMX), amx (Sapphire Rapids)
#   COMMAND     a line for a shell: 'TEST=plans* unit_test_net'
#   MINUTES=120 in the environment: how long the machine may run
#
# The first run takes some minutes more: Bochs 3.0 comes as source from Debian's next release and is built in
# build-emulator/, and the kernel is this release's (tools/setup.sh emulator installs what that wants).
set -eu
cd "$(dirname "$0")/../.."
tools=$PWD/tools/emulator
work=$PWD/build-emulator
mkdir -p "$work"

stop() {
    echo "emulate: $*" >&2
    exit 1
}

# apt-get with lists and settings of its own: the source packages of Debian 13, from wherever this machine has
# Debian from. What is fetched is held against the archive's signature.
trixie() {
    # shellcheck disable=SC2016 # apt-get's own $(...)
    mirror=$(apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
        awk '$1 == "Debian" && $2 == "main" && $3 !~ /security/ {print $3; exit}')
    [ -n "$mirror" ] || stop "this machine's apt knows no mirror of Debian"
    mkdir -p "$work/apt/lists/partial" "$work/apt/archives/partial"
    echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$work/apt/list"
    apt-get -q -o Dir::State::Lists="$work/apt/lists" -o Dir::Cache="$work/apt" \
        -o Dir::Etc::SourceList="$work/apt/list" -o Dir::Etc::SourceParts=/dev/null "$@"
}

# Bochs without screen, sound, network or debugger, mended where it is wrong or where the kernel wants more.
build_bochs() {
    rm -rf "$work/source"
    mkdir -p "$work/source"
    cd "$work/source"
    trixie update
    trixie source --download-only --tar-only bochs
    tar xf bochs_*.orig.tar.*
    cd bochs-*/
    patch -p1 <"$tools/bochs.patch"
    # AMX's products of 8 bits never take a byte as signed
    sed -i -E 's/Bit32s\(([xy]byte\[[0-3]\])\)/Bit32s(Bit8s(\1))/' cpu/avx/amx.cc
    # VCVTNE2PS2BF16 reads its first operand behind its end
    sed -i 's/bfloat16(op1\.vmm32u(n));/bfloat16(op1.vmm32u(n - DWORD_ELEMENTS(len)));/' cpu/avx/avx512_bf16.cc
    ./configure --with-nogui --enable-x86-64 --enable-cpu-level=6 --enable-all-optimizations --enable-avx \
        --enable-evex --enable-amx --enable-pci --disable-docbook CXXFLAGS=-O2 CFLAGS=-O2
    make -j"$(nproc)"
    mv bochs "$work/bochs"
    cd "$work"
    rm -rf source
}

# The smaller of Debian's kernels.
fetch_kernel() {
    package=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image-/ {print $2; exit}')
    [ -n "$package" ] || stop "apt knows no linux-image-cloud-amd64"
    rm -rf "$work/kernel"
    mkdir "$work/kernel"
    cd "$work/kernel"
    apt-get -q download "$package"
    dpkg-deb --fsys-tarfile ./*.deb | tar x --wildcards './boot/vmlinuz*'
    mv boot/vmlinuz* "$work/vmlinuz"
    cd "$work"
    rm -rf kernel
}

once() {
    if ! [ -e "$work/$1" ]; then
        echo "emulate: making $work/$1" >&2
        ("$2") >"$work/log" 2>&1 || {
            tail -20 "$work/log" >&2
            stop "no $1: see $work/log"
        }
    fi
}

# A file, and the libraries that it is linked with, where they lie here.
take() {
    for file in "$1" $(ldd "$1" 2>/dev/null | awk '$2 == "=>" {print $3} $1 ~ "^/" {print $1}'); do
        mkdir -p "$root$(dirname "$file")"
        [ -e "$root$file" ] || cp -L "$file" "$root$file"
    done
}

# A disk to boot from. The tests find their data by the path of the sources.
make_image() {
    root=$machine/root disk=$machine/disk
    mkdir -p "$root/bin" "$root/proc" "$root/sys" "$root/dev" "$root/tmp" "$disk"
    cp /bin/busybox "$root/bin/busybox"
    cp "$tools/init.sh" "$root/init"
    chmod 755 "$root/init"
    for command in "$@"; do
        printf '%s\n' "$command" >>"$root/commands"
        for word in $command; do
            if [ -x "$PWD/build/tests/$word" ]; then
                take "$PWD/build/tests/$word"
                found=1
            fi
        done
    done
    [ -n "${found-}" ] || stop "none of the commands names a program of build/tests"
    echo "$PWD/build/tests" >"$root/place"
    mkdir -p "$root$PWD/tests"
    cp -r tests/golden "$root$PWD/tests"
    (cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) >"$disk/initrd.gz"
    cp "$work/vmlinuz" "$disk/vmlinuz"
    cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$disk"
    # clearcpuid=580, FSRM: with it but without ERMS, as Bochs starts, Linux 6.1 copies wrongly.
    # no5lvl: its BIOS cannot shut down with pages of five levels.
    cat >"$disk/isolinux.cfg" <<CFG
default nemg
label nemg
  kernel vmlinuz
  append initrd=initrd.gz console=ttyS0 quiet panic=1 nosmp mitigations=off nokaslr no5lvl clearcpuid=580 tsc=reliable no_timer_check random.trust_cpu=on audit=0 nowatchdog
CFG
    xorriso -as mkisofs -quiet -o "$machine/disk.iso" -b isolinux.bin -c boot.cat -no-emul-boot \
        -boot-load-size 4 -boot-info-table "$disk" 2>"$machine/xorriso.log" || stop "no disk: see $machine/xorriso.log"
    rm -rf "$root" "$disk"
}

# ips: how fast its clock goes. The tests do not look at it.
configure() {
    cat >"$machine/bochsrc" <<RC
megs: 2048
cpu: model=$1, count=1, ips=100000000, reset_on_triple_fault=0
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/vgabios/vgabios.bin
boot: cdrom
ata0-master: type=cdrom, path=$machine/disk.iso, status=inserted
com1: enabled=1, mode=file, dev=$machine/serial
display_library: nogui
panic: action=fatal
error: action=ignore
info: action=ignore
RC
}

case ${1-} in
avx512) model=corei7_skylake_x ;;
vnni) model=corei7_icelake_u ;;
bf16) model='sapphire_rapids, exclude_features="amx amx_int8 amx_bf16"' ;;
amx) model=sapphire_rapids ;;
*) stop "the first word is '${1-}', wanted avx512, vnni, bf16 or amx" ;;
esac
processor=$1
shift
[ $# -gt 0 ] || stop "wanted a command, such as unit_test_net"

tools/setup.sh emulator
once bochs build_bochs
once vmlinuz fetch_kernel
machine=$(mktemp -d "$work/$processor-XXXXXX")
bochs=''
trap '[ -z "$bochs" ] || kill "$bochs" 2>/dev/null || true; rm -rf "$machine"' EXIT
trap 'exit 1' HUP INT TERM
make_image "$@"
configure "$model"
: >"$machine/serial"
timeout "${MINUTES:-120}m" "$work/bochs" -q -f "$machine/bochsrc" -log "$machine/bochs.log" </dev/null >"$machine/bochs.out" 2>&1 &
bochs=$!
# without what the kernel says
tail -n +1 -f --pid="$bochs" -s 1 "$machine/serial" | sed -u -e 's/\r$//' -e '/^\[ *[0-9.]*\] /d'
# status 1 is its way of ending when the machine is switched off
wait "$bochs" || true
if ! grep -q '^emulated: all ran' "$machine/serial"; then
    tail -5 "$machine/bochs.log" >&2
    stop "the machine stopped before all had run"
fi
! grep -q '^emulated: FAILED' "$machine/serial"
