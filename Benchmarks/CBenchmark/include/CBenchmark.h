// What the C library can tell a benchmark about memory.
#ifndef CBENCHMARK_H
#define CBENCHMARK_H

#include <stdint.h>

/// How many allocations this thread has made; -1 where that is not known (not glibc).
int64_t benchmark_allocation_count(void);

/// The bytes that the process holds from malloc, its own overhead included; -1 where that is not known.
int64_t benchmark_heap_bytes(void);

/// How often the system has taken the processor from this thread (on macOS: from the process).
int64_t benchmark_involuntary_switches(void);

#endif
