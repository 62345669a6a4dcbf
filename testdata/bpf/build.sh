#!/bin/sh
# Builds the objects of this directory and of link/, as bpf/build.sh does those of the scheduler. elf_sample keeps what this
# would strip: its own source says how it is built.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
for source in "$here"/*.bpf.c "$here"/link/*.bpf.c "$here"/sections/*.bpf.c "$here"/mistakes/*.bpf.c "$here"/rejections/*.bpf.c; do
    unset BPF_INCLUDES
    case $source in
    */elf_sample.bpf.c | */old_gcc.bpf.c) continue ;;
    */big_*.bpf.c) target=bpfeb ;;
    # Written with the headers of libbpf and the kernel (libbpf-dev, linux-libc-dev).
    */usdt.bpf.c) target=bpfel BPF_INCLUDES="-isystem /usr/include -isystem /usr/include/$(gcc -print-multiarch) -D__TARGET_ARCH_x86" ;;
    *) target=bpfel ;;
    esac
    BPF_TARGET=$target BPF_INCLUDES=${BPF_INCLUDES:-} "$here/../../bpf/build.sh" "$source"
done
"${LLVM_OBJCOPY:-llvm-objcopy-19}" --remove-section=.BTF --remove-section=.BTF.ext "$here/no_btf.bpf.o"
