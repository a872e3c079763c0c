// What the store asks of the processor and Swift has no name for.
#ifndef CPROCESSOR_H
#define CPROCESSOR_H

/// The number of the processor that this thread runs on now, or -1 where the system does not tell.
///
/// It may have changed by the time it is looked at, so it is good for a guess only.
int qrrot_processor_number(void);

/// Asks for the cache line at an address, which need not be readable, before it is used.
static inline void qrrot_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

#endif
