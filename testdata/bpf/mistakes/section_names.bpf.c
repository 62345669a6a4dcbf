// SPDX-License-Identifier: MIT
/* Sections whose names say no kind of program, some of them as libbpf took them before 1.0, and some that leave their target open. */
#include "bpf.h"

#define PROGRAM(name, section)                                                                                                     \
	SEC("?" section)                                                                                                           \
	int name(void *context)                                                                                                    \
	{                                                                                                                          \
		return 0;                                                                                                          \
	}

PROGRAM(cgroup_connect, "cgroup/connect")
PROGRAM(cgroup_getsockopt_x, "cgroup/getsockopt/x")
PROGRAM(classifier_ingress, "classifier/ingress")
PROGRAM(prog, "prog")
PROGRAM(sk_lookup_a, "sk_lookup/a")
PROGRAM(socket1, "socket1")
PROGRAM(tc_prog_a, "tc/prog_a")
PROGRAM(xdp_prog1, "xdp-prog1")
PROGRAM(xdp_devmap_x, "xdp_devmap/x")
PROGRAM(fentry, "fentry")
PROGRAM(lsm_s, "lsm.s")
PROGRAM(raw_tp, "raw_tp")

char LICENSE[] SEC("license") = "Dual MIT/GPL";
