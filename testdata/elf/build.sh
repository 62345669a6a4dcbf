#!/bin/sh
# Builds the programs and the library of this directory: gcc, gcc-aarch64-linux-gnu with libc6-dev-arm64-cross, xz-utils,
# systemtap-sdt-dev. Beside each it writes what readelf says of it, against which the tests compare.
set -eu
cd "$(dirname "$0")"

sdt=$(mktemp -d)
trap 'rm -rf "$sdt"' EXIT
# Only sys/sdt.h, so that the cross compiler sees its own other headers.
mkdir "$sdt/sys"
cp /usr/include/x86_64-linux-gnu/sys/sdt.h /usr/include/x86_64-linux-gnu/sys/sdt-config.h "$sdt/sys"

flags="-O2 -Wall -I$sdt -ffile-prefix-map=$PWD=. -fno-asynchronous-unwind-tables -Wl,--build-id=none"

gcc $flags -fPIE -pie probes.c second.c -o probes.pie
gcc $flags -fno-pie -no-pie probes.c second.c -o probes.fixed
gcc $flags -fPIC -shared -Wl,--version-script=versions.map versions.c -o libversions.so
aarch64-linux-gnu-gcc $flags -Wl,-z,max-page-size=4096 -DWITHOUT_IFUNC -fPIE -pie probes.c second.c -o probes.arm64

strip -o probes.stripped probes.pie

# Mini debug information as distributions add it: the function symbols that .dynsym does not have, compressed by xz.
nm --format=posix --defined-only probes.pie | awk '$2 == "T" || $2 == "t" || $2 == "W" { print $1 }' >"$sdt/keep"
objcopy -S --remove-section .gdb_index --remove-section .comment --keep-symbols="$sdt/keep" --only-keep-debug probes.pie "$sdt/mini"
xz --stdout "$sdt/mini" >"$sdt/mini.xz"
objcopy --add-section .gnu_debugdata="$sdt/mini.xz" probes.stripped probes.minidebug

for file in probes.pie probes.fixed probes.stripped probes.minidebug probes.arm64 libversions.so; do
	readelf --wide --notes --symbols "$file" >"$file.readelf.txt"
done

# The ways of xz: one block; many, under another checksum and other contexts; nothing but literals; what cannot be compressed; a filter.
text=probes.arm64.readelf.txt
mkdir -p xz
openssl enc -aes-128-ctr -nosalt -K 00 -iv 00 -in "$text" -out xz/stored.bin 2>/dev/null
xz --stdout "$text" >xz/default.xz
xz --stdout --block-size=4096 --check=crc32 --lzma2=preset=9e,lc=1,lp=3,pb=1 "$text" >xz/blocks.xz
xz --stdout --check=none --lzma2=dict=4KiB,nice=2,mode=fast,lc=0,lp=0,pb=4 "$text" >xz/literals.xz
xz --stdout --check=sha256 xz/stored.bin >xz/stored.xz
xz --stdout --delta --lzma2 "$text" >xz/delta.xz
