#define _GNU_SOURCE
#include "CDisk.h"

#include <errno.h>
#include <fcntl.h>

int qrrot_reserve(int descriptor, int64_t offset, int64_t length) {
#ifdef __linux__
  return fallocate(descriptor, FALLOC_FL_KEEP_SIZE, offset, length);
#else
  // What Darwin has takes room and promises nothing.
  (void)descriptor;
  (void)offset;
  (void)length;
  errno = ENOTSUP;
  return -1;
#endif
}
