/* From rows to numbered blocks on the line. */
#ifndef BLOCK_H
#define BLOCK_H

#include <stdbool.h>

#include "frame.h"
#include "sampler.h"

#define BLOCK_SAMPLES_MAX 8 /* what 80 Hz fills in 0.1 s, the longest that a sample waits for its block */
#define BLOCK_PAYLOAD_BYTES WIRE_SAMPLE_BLOCK_PAYLOAD_BYTES(BLOCK_SAMPLES_MAX, CHANNELS)
#define BLOCK_FRAME_BYTES (BLOCK_PAYLOAD_BYTES + FRAME_OVERHEAD_BYTES)

void block_power_up(void);

/* Send blocks from now on, or no more; rows are numbered all the same. */
void block_stream(bool on);

/* Number a row and send the block that it fills. Rows that must have come between it and the one before
 * have numbers too, and count as dropped. */
void block_add(const struct row *row);

#endif
