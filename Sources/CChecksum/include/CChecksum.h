/// CRC-32C by the processor's own instruction, which Swift has no way to name.
///
/// The portable form is in Swift (Sources/QrrotStore/Checksum), and so is the choice between the two.
#ifndef CCHECKSUM_H
#define CCHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether this processor has the instruction; the same answer every time.
bool cchecksum_has_crc32c(void);

/// Goes on with a CRC-32C register over `count` bytes and returns the register, inverted neither
/// before nor after. Only where `cchecksum_has_crc32c()`: elsewhere it returns `state` as it is.
uint32_t cchecksum_crc32c(uint32_t state, const void *bytes, size_t count);

#endif
