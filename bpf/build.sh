#!/bin/sh
# Builds SOURCE.bpf.o beside each SOURCE.bpf.c given; without arguments, the programs of this directory.
# Same compiler, same bytes, from any directory: no path of the machine goes into an object.
# Needs clang-19 and llvm-19 (CLANG and LLVM_STRIP name others). Little-endian, unless BPF_TARGET is bpfeb. Without the system's headers, unless
# BPF_INCLUDES says where they are.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || set -- "$here"/*.bpf.c

for source in "$@"; do
    (
        cd "$(dirname "$source")"
        file=$(basename "$source")
        object=${file%.c}.o
        "${CLANG:-clang-19}" -target "${BPF_TARGET:-bpfel}" -mcpu=v3 -O2 -g -std=gnu17 -Wall -Wextra -Wno-unused-parameter -Werror \
            -nostdinc ${BPF_INCLUDES:-} -iquote "$here" \
            -fdebug-compilation-dir=. -ffile-prefix-map="$here/=" -ffile-prefix-map=./= \
            -c "$file" -o "$object"
        "${LLVM_STRIP:-llvm-strip-19}" --strip-debug "$object"
    )
done
