/* From rows to numbered blocks on the line. */
#ifndef BLOCK_H
#define BLOCK_H

#include <stdbool.h>
#include "sampler.h"

void block_power_up(void);

/* Send blocks from now on, or no more; rows are numbered all the same. */
void block_stream(bool on);

/* Number a row and send the block that it fills. Rows that must have come between it and the one before
 * have numbers too, and count as dropped. */
void block_add(const struct row *row);

#endif
