#ifndef QRROT_LONG_DOUBLE_H
#define QRROT_LONG_DOUBLE_H

#include <stddef.h>

// Room enough for every text that qrrot_add_long_double writes.
#define QRROT_LONG_DOUBLE_TEXT 5120
// What it returns instead of a length.
#define QRROT_LONG_DOUBLE_INVALID (-1)
#define QRROT_LONG_DOUBLE_NOT_FINITE (-2)

// Adds two numbers given as text, as a `long double`, and writes the sum with at most 17 digits behind
// the point, without zeros at the end. C, because Swift has that type on some processors only.
//
// Returns the length of what was written to `output`; QRROT_LONG_DOUBLE_INVALID if one of the texts is no
// number, QRROT_LONG_DOUBLE_NOT_FINITE if the sum is none.
long qrrot_add_long_double(const void *a, size_t a_count, const void *b, size_t b_count, void *output,
                           size_t output_count);

#endif
