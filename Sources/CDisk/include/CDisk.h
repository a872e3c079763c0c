// What the store asks of the system's files and Swift has no name for.
#ifndef CDISK_H
#define CDISK_H

#include <stdint.h>

/// Takes room on the disk for a part of a file without changing the file's length.
///
/// Returns 0, or -1 with errno set: where the system or the file system can't, too.
int qrrot_reserve(int descriptor, int64_t offset, int64_t length);

#endif
