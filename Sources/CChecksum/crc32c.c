#include "CChecksum.h"

#include <string.h>

#if defined(__x86_64__)

#include <nmmintrin.h>

bool cchecksum_has_crc32c(void) { return __builtin_cpu_supports("sse4.2") != 0; }

#define TARGET __attribute__((target("sse4.2")))
#define STEP_8(state, word) ((uint32_t)_mm_crc32_u64((state), (word)))
#define STEP_4(state, word) _mm_crc32_u32((state), (word))
#define STEP_1(state, byte) _mm_crc32_u8((state), (byte))

#elif defined(__ARM_FEATURE_CRC32) && defined(__LITTLE_ENDIAN__) ||                                \
    defined(__ARM_FEATURE_CRC32) && defined(__BYTE_ORDER__) &&                                     \
        __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

#include <arm_acle.h>

bool cchecksum_has_crc32c(void) { return true; }

#define TARGET
#define STEP_8(state, word) __crc32cd((state), (word))
#define STEP_4(state, word) __crc32cw((state), (word))
#define STEP_1(state, byte) __crc32cb((state), (byte))

#else

bool cchecksum_has_crc32c(void) { return false; }

#endif

#ifdef STEP_8

TARGET uint32_t cchecksum_crc32c(uint32_t state, const void *bytes, size_t count) {
  const unsigned char *at = bytes;
  while (count >= 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    state = STEP_8(state, word);
    at += 8;
    count -= 8;
  }
  if (count >= 4) {
    uint32_t word;
    memcpy(&word, at, 4);
    state = STEP_4(state, word);
    at += 4;
    count -= 4;
  }
  while (count > 0) {
    state = STEP_1(state, *at);
    at += 1;
    count -= 1;
  }
  return state;
}

#else

uint32_t cchecksum_crc32c(uint32_t state, const void *bytes, size_t count) {
  (void)bytes;
  (void)count;
  return state;
}

#endif
