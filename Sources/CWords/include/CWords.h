// Where words end, 16 bytes at a time: what Swift has no vectors for that are as quick.
#ifndef CWORDS_H
#define CWORDS_H

#include <stdint.h>
#include <string.h>

/// A vector of clang's: what it becomes is up to the target.
typedef uint8_t qrrot_word_bytes __attribute__((ext_vector_type(16), aligned(1)));
typedef _Bool qrrot_word_bits __attribute__((ext_vector_type(16)));

/// Which of 16 bytes are below `limit`, `first` or `second`: one bit for each, the first one lowest.
static inline uint32_t qrrot_word_marks(const uint8_t *bytes, uint8_t limit, uint8_t first,
                                        uint8_t second) {
  qrrot_word_bytes v;
  memcpy(&v, bytes, sizeof v);
  qrrot_word_bits marks =
      __builtin_convertvector((v < limit) | (v == first) | (v == second), qrrot_word_bits);
  uint16_t bits;
  memcpy(&bits, &marks, sizeof bits);
  return bits;
}

#endif
