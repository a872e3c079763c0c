#define _GNU_SOURCE

#include "CProcessor.h"

#if defined(__linux__)
#include <sched.h>

// Some nanoseconds: the C library reads it from memory that the kernel keeps up to date.
int qrrot_processor_number(void) { return sched_getcpu(); }

#else

int qrrot_processor_number(void) { return -1; }

#endif
