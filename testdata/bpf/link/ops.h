/* SPDX-License-Identifier: MIT */
/* As much of struct tcp_congestion_ops as is used; loaders find the members by name. */
#pragma once
#include "bpf.h"

struct sock;

struct tcp_congestion_ops {
	u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, u32 ack, u32 acked);
	u32 (*undo_cwnd)(struct sock *sk);
	char name[16];
};
