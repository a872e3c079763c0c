// zlib (https://zlib.net), for reading gzip. The two calls that are macros there have names here, since
// Swift does not see macros with arguments.

#ifndef QRROT_CZLIB_SHIM_H
#define QRROT_CZLIB_SHIM_H

#include <zlib.h>

/// Begins to read gzip data, and nothing else.
static inline int qrrot_inflate_begin(z_stream *stream) {
  // 15 bits of window, the most there is; 16 says that the format is gzip.
  return inflateInit2(stream, 15 + 16);
}

#endif
