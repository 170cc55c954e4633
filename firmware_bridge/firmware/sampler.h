/* From conversions to rows of all channels: waits for every converter that answers, and for no other. */
#ifndef SAMPLER_H
#define SAMPLER_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"

/* One reading of every channel. */
struct row {
    uint32_t ticks;           /* [ticks] when the last converter was ready */
    uint32_t period_ticks;    /* [ticks] between rows, measured */
    uint8_t flags;            /* WIRE_SAMPLE_FLAG_*, of any channel */
    int32_t counts[CHANNELS]; /* [counts] WIRE_COUNTS_MIN: a failed read */
};

void sampler_power_up(void);

/* Read what is ready. True when that completes a row. */
bool sampler_update(struct row *row);

#endif
