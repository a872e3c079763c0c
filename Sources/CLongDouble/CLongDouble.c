#include "CLongDouble.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Redis' rules for a number: all of the text is one, it does not begin with a blank, and it is neither
// "not a number" nor out of range.
static int parse(const void *text, size_t count, long double *value) {
  char copy[512];
  if (count == 0 || count >= sizeof copy || text == NULL) return 0;
  memcpy(copy, text, count);
  copy[count] = 0;
  if (isspace((unsigned char)copy[0])) return 0;
  char *end = NULL;
  errno = 0;
  *value = strtold(copy, &end);
  if ((size_t)(end - copy) != count) return 0;
  if (errno == ERANGE && (*value == HUGE_VALL || *value == -HUGE_VALL || *value == 0)) return 0;
  if (errno == EINVAL || isnan(*value)) return 0;
  return 1;
}

long qrrot_add_long_double(const void *a, size_t a_count, const void *b, size_t b_count, void *output,
                           size_t output_count) {
  long double left, right;
  if (!parse(a, a_count, &left) || !parse(b, b_count, &right)) return QRROT_LONG_DOUBLE_INVALID;
  long double sum = left + right;
  if (isnan(sum) || isinf(sum)) return QRROT_LONG_DOUBLE_NOT_FINITE;
  char *text = output;
  int length = snprintf(text, output_count, "%.17Lf", sum);
  if (length < 0 || (size_t)length >= output_count) return QRROT_LONG_DOUBLE_INVALID;
  if (strchr(text, '.') != NULL) {
    while (length > 0 && text[length - 1] == '0') length--;
    if (length > 0 && text[length - 1] == '.') length--;
  }
  if (length == 2 && text[0] == '-' && text[1] == '0') {
    text[0] = '0';
    length = 1;
  }
  return length;
}
