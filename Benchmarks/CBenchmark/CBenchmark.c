#define _GNU_SOURCE

#include "CBenchmark.h"

#include <stddef.h>
#include <sys/resource.h>

#if defined(__GLIBC__)

#include <errno.h>
#include <malloc.h>

// The program's own malloc family goes before the C library's: the loader resolves all calls to
// these, also those of the Swift runtime. They count and pass on.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static __thread int64_t count;

void *malloc(size_t size) {
  count++;
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count++;
  return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
  count++;
  return __libc_realloc(memory, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
  count++;
  void *made = __libc_memalign(alignment, size);
  if (made == NULL) return ENOMEM;
  *memory = made;
  return 0;
}

void *aligned_alloc(size_t alignment, size_t size) {
  count++;
  return __libc_memalign(alignment, size);
}

int64_t benchmark_allocation_count(void) { return count; }

int64_t benchmark_heap_bytes(void) {
  struct mallinfo2 info = mallinfo2();
  return (int64_t)(info.uordblks + info.hblkhd);
}

#else

int64_t benchmark_allocation_count(void) { return -1; }
int64_t benchmark_heap_bytes(void) { return -1; }

#endif

int64_t benchmark_involuntary_switches(void) {
  struct rusage usage;
#if defined(RUSAGE_THREAD)
  getrusage(RUSAGE_THREAD, &usage);
#else
  getrusage(RUSAGE_SELF, &usage);
#endif
  return usage.ru_nivcsw;
}
