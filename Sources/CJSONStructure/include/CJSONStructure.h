// The structure of JSON texts, 64 bytes at a time: what Swift has no vectors for that are as quick.
#ifndef CJSONSTRUCTURE_H
#define CJSONSTRUCTURE_H

#include <stddef.h>
#include <stdint.h>

/// How many names can be looked for at once.
enum { QRROT_JSON_NAMES_MAX = 8 };

/// A member name to look for: `count` bytes from `offset` on in the names that are passed along. It
/// holds no quote, backslash or control character.
typedef struct {
  /// The last bytes of the name in quotes, up to eight, the last one highest; zeros below.
  uint64_t tail;
  /// Which bits of `tail` count.
  uint64_t mask;
  uint32_t offset;
  uint32_t count;
  /// The last byte; a quote if there is none.
  uint8_t last;
  /// How far in front of the colon the opening quote is; 1 if it is too far.
  uint8_t reach;
} qrrot_json_name;

/// What `qrrot_json_find_members` says.
typedef struct {
  /// The offset behind the object's closing bracket.
  size_t end;
  /// 1 if a name of the object is written with an escape: then nothing is said about the members.
  int has_escaped_name;
} qrrot_json_object;

/// Prepares `name` for the bytes at `names + offset`.
void qrrot_json_name_init(qrrot_json_name *name, const uint8_t *names, uint32_t offset,
                          uint32_t count);

/// Looks for members of the object at `start` of a valid, compact JSON text of `count` bytes.
///
/// `values[i]`, which the caller has set to 0, becomes the offset of the value of the last member that is
/// named `wanted[i]`, if there is one. Nothing is read outside of the text, even if it is not valid.
qrrot_json_object qrrot_json_find_members(const uint8_t *text, size_t count, size_t start,
                                          const qrrot_json_name *wanted, size_t wanted_count,
                                          const uint8_t *names, size_t *values);

/// The offset behind the bracket that closes the one at `start`; `count` if there is none.
size_t qrrot_json_container_end(const uint8_t *text, size_t count, size_t start);

#endif
