// SPDX-License-Identifier: MIT
/* Defines what library.bpf.c defines: the two cannot be linked. */
#include "counters.h"

NO_INLINE int scale(int number, const struct sample *sample)
{
	return sample ? number : 1;
}
