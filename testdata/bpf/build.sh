#!/bin/sh
# Builds the objects of this directory, as bpf/build.sh does those of the scheduler.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
"$here/../../bpf/build.sh" "$here"/*.bpf.c
"${LLVM_OBJCOPY:-llvm-objcopy-19}" --remove-section=.BTF --remove-section=.BTF.ext "$here/no_btf.bpf.o"
