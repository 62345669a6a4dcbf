// SPDX-License-Identifier: MIT
/* Has another licence than the other files. */
#include "bpf.h"

char LICENSE[] SEC("license") = "GPL v2";
