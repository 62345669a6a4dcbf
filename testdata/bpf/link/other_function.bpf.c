// SPDX-License-Identifier: MIT
/* Calls a function of library.bpf.c with another number of arguments. */
#include "bpf.h"

struct __sk_buff;

int hidden_step(int number, int factor);

SEC("socket")
int calls_wrongly(struct __sk_buff *packet)
{
	return hidden_step(1, 2);
}
