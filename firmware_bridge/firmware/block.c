#include "block.h"

#include <string.h>

#include "faults.h"
#include "frame.h"
#include "pace.h"
#include "wire.h"

#define FLAGS_AT WIRE_SAMPLE_BLOCK_BYTES
#define COUNTS_AT (FLAGS_AT + BLOCK_SAMPLES_MAX)

/* Rows are laid down as in a full block; a shorter one closes the gap after its flags. */
static uint8_t payload[BLOCK_PAYLOAD_BYTES + WIRE_CRC_BYTES];
static struct wire_sample_block block; /* in the making */
static uint16_t next_sequence;
static uint32_t last_ticks; /* [ticks] of the row before */
static bool any_row;
static bool streaming;

typedef char block_fits_a_frame[BLOCK_PAYLOAD_BYTES <= WIRE_MAX_PAYLOAD_BYTES ? 1 : -1];

void block_power_up(void) {
    memset(&block, 0, sizeof block);
    block.channels = CHANNELS;
    next_sequence = 0;
    any_row = streaming = false;
}

void block_stream(bool on) {
    streaming = on;
}

static void drop(uint16_t rows) {
    block.overflow_total += rows;
}

static void flush(void) {
    if (block.samples == 0) {
        return;
    }
    if (streaming) {
        const uint8_t count_bytes = (uint8_t)(3 * CHANNELS * block.samples);
        wire_put_sample_block(payload, &block);
        memmove(payload + FLAGS_AT + block.samples, payload + COUNTS_AT, count_bytes);
        const bool sent = frame_send(payload, (uint8_t)(FLAGS_AT + block.samples + count_bytes));
        if (!sent) {
            drop(block.samples);
        }
        faults_set_overflow(!sent, block.overflow_total);
    }
    block.samples = 0;
}

/* [rows] that have passed unread between the row before and this one. */
static uint16_t missed_before(const struct row *row) {
    const uint32_t steps = (row->ticks - last_ticks + row->period_ticks / 2) / row->period_ticks;
    return any_row && steps > 1 ? (uint16_t)(steps - 1) : 0;
}

/* Rows of a block are evenly spaced: only the first one's ticks are told. Another converter may set the pace. */
static bool is_even(const struct row *row) {
    const uint32_t off_ticks = row->ticks - last_ticks - row->period_ticks; /* below 0: near 2^32 */
    const uint32_t slack_ticks = row->period_ticks / 8;
    return off_ticks + slack_ticks < 2 * slack_ticks;
}

void block_add(const struct row *row) {
    const uint16_t missed = missed_before(row);
    uint8_t flags = row->flags;
    if (!is_even(row)) {
        flush();
    }
    if (missed) {
        flags |= WIRE_SAMPLE_FLAG_OVERRUN;
        next_sequence += missed;
        drop(missed);
    }
    if (block.samples == 0) {
        block.sequence = next_sequence;
        block.mcu_ticks = row->ticks;
    }
    payload[FLAGS_AT + block.samples] = flags;
    uint8_t *at = payload + COUNTS_AT + 3 * CHANNELS * block.samples;
    for (uint8_t channel = 0; channel < CHANNELS; channel++) {
        const uint32_t bits = (uint32_t)row->counts[channel];
        *at++ = (uint8_t)bits;
        *at++ = (uint8_t)(bits >> 8);
        *at++ = (uint8_t)(bits >> 16);
    }
    block.samples++;
    next_sequence++;
    last_ticks = row->ticks;
    any_row = true;
    if (block.samples == (pace_rate_hz() >= 80 ? BLOCK_SAMPLES_MAX : 1)) {
        flush();
    }
}
