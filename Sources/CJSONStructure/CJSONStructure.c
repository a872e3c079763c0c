// Clang's vector extensions, which every architecture has: what they become is up to the target. On
// x86 there are copies for newer processors, chosen at run time.
//
// Source: the bit masks of 64 bytes, and what they say of quotes and backslashes, are those of
// G. Langdale, D. Lemire: "Parsing Gigabytes of JSON per Second", VLDB Journal 28 (2019). What is done
// with them here is different: no index is written, names are looked for as the brackets go by.

#include "CJSONStructure.h"

#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))

typedef uint8_t byte_vector __attribute__((ext_vector_type(64), aligned(1)));
typedef _Bool bit_vector __attribute__((ext_vector_type(64)));

/// Bit n is the parity of the bits 0 to n of a word.
typedef uint64_t prefix_xor(uint64_t);

/// One bit for each of 64 bytes, the first one lowest.
typedef struct {
  uint64_t quotes, backslashes, opening, closing, colons;
} block;

/// What is asked for.
typedef struct {
  const uint8_t *text;
  size_t count;
  const qrrot_json_name *wanted;
  const uint8_t *names;
  size_t *values;
} search;

/// What one block hands to the next.
typedef struct {
  /// All ones inside a string.
  uint64_t in_string;
  /// 1 if the first byte is escaped.
  uint64_t escaped;
} carry;

#define BITS(condition)                                                                            \
  ({                                                                                               \
    bit_vector bits_ = __builtin_convertvector(condition, bit_vector);                             \
    uint64_t word_;                                                                                \
    memcpy(&word_, &bits_, sizeof word_);                                                          \
    word_;                                                                                         \
  })

/// The bytes behind an odd number of backslashes.
INLINE uint64_t find_escaped(uint64_t backslashes, carry *carry) {
  const uint64_t even = 0x5555555555555555;
  backslashes &= ~carry->escaped;
  uint64_t follows = backslashes << 1 | carry->escaped;
  uint64_t odd_starts = backslashes & ~even & ~follows;
  uint64_t sum;
  carry->escaped = __builtin_add_overflow(odd_starts, backslashes, &sum);
  return (even ^ (sum << 1)) & follows;
}

/// Reads 64 bytes; `last[i]` becomes where the last byte of the wanted name `i` stands.
INLINE void load(block *block, uint64_t *last, const uint8_t *bytes, const qrrot_json_name *wanted,
                 size_t wanted_count) {
  byte_vector v;
  memcpy(&v, bytes, sizeof v);
  // `{` and `[`, and `}` and `]`, differ in this bit alone.
  byte_vector bracket = v | 0x20;
  block->quotes = BITS(v == '"');
  block->backslashes = BITS(v == '\\');
  block->opening = BITS(bracket == '{');
  block->closing = BITS(bracket == '}');
  if (wanted_count == 0) return;
  block->colons = BITS(v == ':');
  for (size_t index = 0; index < wanted_count; index += 1) {
    byte_vector letter = wanted[index].last;
    last[index] = BITS(v == letter);
  }
}

/// Reads the 64 bytes from `at` on, as if blanks followed the text, and leaves out what is in strings;
/// quotes are those that open or close.
INLINE void next_block(block *block, uint64_t *last, const uint8_t *text, size_t count, size_t at,
                       carry *carry, const qrrot_json_name *wanted, size_t wanted_count,
                       prefix_xor prefix_xor) {
  size_t left = count - at;
  if (left >= 64) {
    load(block, last, text + at, wanted, wanted_count);
  } else if (count >= 64) {
    // The last 64 bytes of the text, moved down by those that have been looked at.
    load(block, last, text + (count - 64), wanted, wanted_count);
    unsigned shift = (unsigned)(64 - left);
    block->quotes >>= shift;
    block->backslashes >>= shift;
    block->opening >>= shift;
    block->closing >>= shift;
    if (wanted_count > 0) block->colons >>= shift;
    for (size_t index = 0; index < wanted_count; index += 1) last[index] >>= shift;
  } else {
    uint8_t padded[64];
    memset(padded, ' ', sizeof padded);
    memcpy(padded, text + at, left);
    load(block, last, padded, wanted, wanted_count);
  }
  if (__builtin_expect((block->backslashes | carry->escaped) != 0, 0)) {
    block->quotes &= ~find_escaped(block->backslashes, carry);
  }
  uint64_t strings = prefix_xor(block->quotes) ^ carry->in_string;
  carry->in_string = (uint64_t)((int64_t)strings >> 63);
  block->opening &= ~strings;
  block->closing &= ~strings;
  if (wanted_count > 0) block->colons &= ~strings;
}

/// The eight bytes in front of `at`, the nearest one highest; zeros in front of the text.
INLINE uint64_t word_before(const uint8_t *text, size_t count, size_t at) {
  uint64_t word = 0;
  if (at >= 8) {
    memcpy(&word, text + at - 8, 8);
  } else if (count >= 8) {
    memcpy(&word, text, 8);
    word <<= 8 * (8 - at);
  } else {
    for (size_t index = 0; index < at; index += 1) word = word >> 8 | (uint64_t)text[index] << 56;
  }
  return word;
}

/// Whether the name in front of the colon at `colon` is `name`.
INLINE bool is_name(const search *search, size_t colon, const qrrot_json_name *name) {
  if ((word_before(search->text, search->count, colon) & name->mask) != name->tail) return false;
  if (name->count <= 6) return true;
  if (colon < (size_t)name->count + 2) return false;
  const uint8_t *first = search->text + (colon - 1 - name->count);
  return first[-1] == '"' && memcmp(first, search->names + name->offset, name->count) == 0;
}

/// Whether there is a backslash between a closing quote in front of `colon` and its opening one.
static bool has_backslash_before(const search *search, size_t colon, size_t start) {
  size_t index = colon - 1;
  while (index > start + 1) {
    index -= 1;
    if (search->text[index] == '\\') return true;
    // An escaped quote has a backslash in front.
    if (search->text[index] == '"') return search->text[index - 1] == '\\';
  }
  return false;
}

/// Whether one of the names in front of `colons`, bits of the block at `at`, has a backslash.
static bool has_backslash(const search *search, const block *block, size_t at, uint64_t colons,
                          size_t start) {
  while (colons) {
    uint64_t bit = colons & -colons;
    colons &= colons - 1;
    // The two quotes in front of a colon are those of the name; they may be in the block before.
    uint64_t below = block->quotes & (bit - 1);
    if (below & (below - 1)) {
      int closing = 63 - __builtin_clzll(below);
      int opening = 63 - __builtin_clzll(below ^ (uint64_t)1 << closing);
      uint64_t inside = ((uint64_t)1 << (closing - opening)) - 1;
      if (block->backslashes >> opening & inside) return true;
    } else if (has_backslash_before(search, at + (size_t)__builtin_ctzll(bit), start)) {
      return true;
    }
  }
  return false;
}

/// Follows the brackets of a block from `depth` on; returns the bits of it at depth 1, and in `end` the
/// bit of the bracket with which the depth becomes 0, or 0.
INLINE uint64_t at_depth_1(const block *block, size_t *depth, uint64_t *end,
                           prefix_xor prefix_xor) {
  uint64_t brackets = block->opening | block->closing;
  // Most often there is nothing deeper than 2: then opening and closing brackets take turns.
  uint64_t odd = prefix_xor(brackets);
  *end = 0;
  if (*depth <= 2) {
    uint64_t inside = *depth == 1 ? odd : ~odd;
    uint64_t surprise = block->opening ^ (brackets & inside);
    if (surprise == 0) {
      *depth = 1 + (inside >> 63);
      return ~inside;
    }
    surprise &= -surprise;
    if (block->closing & surprise) {
      // A closing bracket at depth 1.
      *end = surprise;
      return ~inside & (surprise - 1);
    }
  } else if (*depth > (size_t)__builtin_popcountll(block->closing) + 1) {
    *depth += (size_t)__builtin_popcountll(block->opening);
    *depth -= (size_t)__builtin_popcountll(block->closing);
    return 0;
  }
  uint64_t outside = *depth == 1 ? ~(uint64_t)0 : 0;
  while (brackets) {
    uint64_t bit = brackets & -brackets;
    brackets &= brackets - 1;
    // The bits from this bracket on are flipped where depth 1 is left or reached.
    if (block->opening & bit) {
      if (*depth == 1) outside ^= -bit;
      *depth += 1;
    } else {
      *depth -= 1;
      if (*depth == 1) outside ^= -bit;
      if (*depth == 0) {
        *end = bit;
        return outside & (bit - 1);
      }
    }
  }
  return outside;
}

INLINE qrrot_json_object find_members(const search *search, size_t start, size_t wanted_count,
                                      prefix_xor prefix_xor) {
  carry carry = {0, 0};
  uint64_t backslashes = 0, quotes_before = 0;
  uint64_t last[QRROT_JSON_NAMES_MAX] = {0}, last_before[QRROT_JSON_NAMES_MAX] = {0};
  size_t depth = 1;
  for (size_t at = start + 1; at < search->count; at += 64) {
    block block;
    next_block(&block, last, search->text, search->count, at, &carry, search->wanted, wanted_count,
               prefix_xor);
    uint64_t end;
    uint64_t colons = block.colons & at_depth_1(&block, &depth, &end, prefix_xor);
    backslashes |= block.backslashes;
    if (__builtin_expect(backslashes != 0, 0) && has_backslash(search, &block, at, colons, start)) {
      return (qrrot_json_object){0, 1};
    }
    for (size_t index = 0; index < wanted_count; index += 1) {
      const qrrot_json_name *name = &search->wanted[index];
      // The colons behind a string with the right last byte and the right length.
      uint64_t found = colons & (last[index] << 2 | last_before[index] >> 62);
      unsigned reach = name->reach;
      found &= block.quotes << reach | quotes_before >> 1 >> (63 - reach);
      last_before[index] = last[index];
      while (found) {
        size_t colon = at + (size_t)__builtin_ctzll(found);
        found &= found - 1;
        if (is_name(search, colon, name)) search->values[index] = colon + 1;
      }
    }
    if (end) return (qrrot_json_object){at + (size_t)__builtin_ctzll(end) + 1, 0};
    quotes_before = block.quotes;
  }
  return (qrrot_json_object){search->count, 0};
}

INLINE size_t container_end(const uint8_t *text, size_t count, size_t start,
                            prefix_xor prefix_xor) {
  carry carry = {0, 0};
  size_t depth = 0;
  for (size_t at = start; at < count; at += 64) {
    block block;
    next_block(&block, NULL, text, count, at, &carry, NULL, 0, prefix_xor);
    size_t closing = (size_t)__builtin_popcountll(block.closing);
    if (depth > closing) {
      depth += (size_t)__builtin_popcountll(block.opening);
      depth -= closing;
      continue;
    }
    uint64_t brackets = block.opening | block.closing;
    while (brackets) {
      uint64_t bit = brackets & -brackets;
      brackets &= brackets - 1;
      if (block.opening & bit) {
        depth += 1;
      } else if (depth <= 1) {
        return at + (size_t)__builtin_ctzll(bit) + 1;
      } else {
        depth -= 1;
      }
    }
  }
  return count;
}

/// One and two names have copies of their own, in which the loops over the names are unrolled.
INLINE qrrot_json_object find_members_of(const search *search, size_t start, size_t wanted_count,
                                         prefix_xor prefix_xor) {
  if (wanted_count == 1) return find_members(search, start, 1, prefix_xor);
  if (wanted_count == 2) return find_members(search, start, 2, prefix_xor);
  return find_members(search, start, wanted_count, prefix_xor);
}

/// The functions for one kind of processor.
#define VARIANT(suffix, attributes, prefix_xor)                                                    \
  attributes static qrrot_json_object find_members_##suffix(const search *search, size_t start,    \
                                                            size_t wanted_count) {                 \
    return find_members_of(search, start, wanted_count, prefix_xor);                               \
  }                                                                                                \
  attributes static size_t container_end_##suffix(const uint8_t *text, size_t count,               \
                                                  size_t start) {                                  \
    return container_end(text, count, start, prefix_xor);                                          \
  }

INLINE uint64_t prefix_xor_portable(uint64_t bits) {
  bits ^= bits << 1;
  bits ^= bits << 2;
  bits ^= bits << 4;
  bits ^= bits << 8;
  bits ^= bits << 16;
  bits ^= bits << 32;
  return bits;
}

VARIANT(portable, , prefix_xor_portable)

#if defined(__x86_64__)

#define AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt,pclmul")))
#define AVX512 __attribute__((target("avx512bw,avx512vl,avx2,bmi,bmi2,popcnt,pclmul")))

/// A product without carries with a word of ones.
static inline __attribute__((always_inline, target("pclmul"))) uint64_t
prefix_xor_pclmul(uint64_t bits) {
  __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)bits), _mm_set1_epi8(-1), 0);
  return (uint64_t)_mm_cvtsi128_si64(product);
}

VARIANT(avx2, AVX2, prefix_xor_pclmul)
VARIANT(avx512, AVX512, prefix_xor_pclmul)

#define HAS_AVX512                                                                                 \
  (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&                     \
   __builtin_cpu_supports("pclmul"))
#define HAS_AVX2                                                                                   \
  (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&                             \
   __builtin_cpu_supports("pclmul"))

#define DISPATCH(name, ...)                                                                        \
  (HAS_AVX512 ? name##_avx512(__VA_ARGS__)                                                         \
   : HAS_AVX2 ? name##_avx2(__VA_ARGS__)                                                           \
              : name##_portable(__VA_ARGS__))

#else
#define DISPATCH(name, ...) name##_portable(__VA_ARGS__)
#endif

void qrrot_json_name_init(qrrot_json_name *name, const uint8_t *names, uint32_t offset,
                          uint32_t count) {
  uint64_t tail = (uint64_t)'"' << 56;
  uint64_t mask = (uint64_t)0xFF << 56;
  for (uint32_t index = 0; index < 7 && index <= count; index += 1) {
    uint8_t byte = index == count ? '"' : names[offset + count - 1 - index];
    tail |= (uint64_t)byte << (48 - 8 * index);
    mask |= (uint64_t)0xFF << (48 - 8 * index);
  }
  *name = (qrrot_json_name){.tail = tail,
                            .mask = mask,
                            .offset = offset,
                            .count = count,
                            .last = count > 0 ? names[offset + count - 1] : '"',
                            // Of long names only the closing quote is looked for.
                            .reach = count < 62 ? (uint8_t)(count + 2) : 1};
}

qrrot_json_object qrrot_json_find_members(const uint8_t *text, size_t count, size_t start,
                                          const qrrot_json_name *wanted, size_t wanted_count,
                                          const uint8_t *names, size_t *values) {
  search search = {text, count, wanted, names, values};
  return DISPATCH(find_members, &search, start, wanted_count);
}

size_t qrrot_json_container_end(const uint8_t *text, size_t count, size_t start) {
  return DISPATCH(container_end, text, count, start);
}
