#include "sampler.h"

#include <string.h>

#include "faults.h"
#include "hal.h"
#include "hx711.h"
#include "pace.h"
#include "wire.h"

#define MEASURING_TIMEOUT_TICKS (HAL_TICK_HZ / 5) /* two periods of 10 Hz */
#define SETTLING_READS 4 /* before a converter that was silent is believed again */
#define SILENT_READS 5 /* failures in a row before nobody waits for a converter: it has had time to settle */
#define POWER_CYCLE_TICKS (2 * HAL_TICK_HZ) /* between attempts to wake a silent converter */

static uint8_t waited;             /* converters that a row waits for */
static uint8_t have, torn;         /* read for the row in the making */
static int32_t counts[CHANNELS];   /* [counts] of that row */
static uint32_t ready_ticks;       /* [ticks] of its last conversion */
static uint32_t row_ticks;         /* [ticks] of the row before */
static uint8_t failures[CHANNELS]; /* [reads] in a row, of a waited converter */
static uint8_t successes[CHANNELS]; /* [reads] in a row, of a silent one */
static uint32_t power_cycle_ticks; /* [ticks] of the last attempt */

void sampler_power_up(void) {
    const uint32_t now = hal_ticks();
    waited = ALL_CHANNELS;
    have = torn = 0;
    memset(failures, 0, sizeof failures);
    memset(successes, 0, sizeof successes);
    row_ticks = power_cycle_ticks = now;
    pace_power_up(now);
    hx711_power_up();
}

static uint32_t timeout_ticks(void) {
    const uint32_t period_ticks = pace_period_ticks();
    return period_ticks ? period_ticks * 3 / 2 : MEASURING_TIMEOUT_TICKS;
}

/* Decide whether a converter is waited for, by how its reads have gone. */
static void judge(uint8_t channel, bool good, uint8_t flag) {
    const uint8_t mask = (uint8_t)(1u << channel);
    if (good) {
        failures[channel] = 0;
        if (!(waited & mask) && ++successes[channel] == SETTLING_READS) {
            waited |= mask;
            faults_end_silent(channel);
        }
    } else {
        successes[channel] = 0;
        if (waited & mask && ++failures[channel] == SILENT_READS) {
            failures[channel] = 0;
            waited &= (uint8_t)~mask;
            faults_begin_silent(channel, flag);
        }
    }
}

static void fill(struct row *row) {
    row->flags = 0;
    for (uint8_t channel = 0; channel < CHANNELS; channel++) {
        const uint8_t mask = (uint8_t)(1u << channel);
        const bool good = (have & (uint8_t)~torn & mask) != 0;
        const uint8_t flag = torn & mask ? WIRE_SAMPLE_FLAG_DESYNC : WIRE_SAMPLE_FLAG_TIMEOUT;
        judge(channel, good, flag);
        const bool valid = good && waited & mask;
        row->counts[channel] = valid ? counts[channel] : WIRE_COUNTS_MIN;
        row->flags |= valid ? 0 : flag;
    }
}

/* Date the row; a read so late that conversions have passed meanwhile is of the latest one. */
static void date(struct row *row, uint32_t now) {
    const uint32_t period_ticks = row->period_ticks;
    if (!have) {
        row->ticks = period_ticks ? row_ticks + period_ticks : now;
        return;
    }
    row->ticks = ready_ticks;
    if (period_ticks && now - ready_ticks >= period_ticks) {
        row->ticks += (now - ready_ticks) / period_ticks * period_ticks;
    }
}

/* After a time when nobody answered, whoever does first sets the pace: it may be another one now. */
static void begin_anew(uint32_t now) {
    for (uint8_t channel = 0; channel < CHANNELS; channel++) {
        if (have >> channel & 1) {
            faults_end_silent(channel);
        }
    }
    waited = have;
    pace_measure_anew(now);
}

/* True when the row counts: while the period is measured, rows are only for that. */
static bool finish(struct row *row) {
    const uint32_t now = hal_ticks();
    if (!waited && have) {
        begin_anew(now);
    }
    const bool regular = waited && (have & (uint8_t)~torn & waited) == waited;
    row->period_ticks = pace_period_ticks();
    fill(row);
    date(row, now);
    row_ticks = row->ticks;
    pace_add(row->ticks, regular, now);
    have = torn = 0;
    return row->period_ticks != 0;
}

/* Converters on clock lines where nobody answers. */
static uint8_t dead(void) {
    uint8_t alive = waited;
    for (uint8_t channel = 0; channel < CHANNELS; channel++) {
        if (successes[channel]) {
            alive |= (uint8_t)(1u << channel);
        }
    }
    return SEPARATE_CLOCKS ? ALL_CHANNELS & (uint8_t)~alive : alive ? 0 : ALL_CHANNELS;
}

static void wake_dead(uint32_t now) {
    if (now - power_cycle_ticks > POWER_CYCLE_TICKS) {
        power_cycle_ticks = now;
        if (dead()) {
            hx711_power_cycle(dead());
        }
    }
}

/* What to read now. On one clock line all are read or none; on lines of its own, each as soon as it is ready.
 * A converter that waits low without having been high was torn before: reading brings it back into step. */
static uint8_t to_read(uint8_t ready, bool due) {
    const uint8_t low = (uint8_t)~hal_dout() & ALL_CHANNELS;
    if (SEPARATE_CLOCKS) {
        return due ? ready | (low & (uint8_t)~have) : ready;
    }
    return due && low ? ALL_CHANNELS : 0;
}

/* A converter whose oscillator is faster than the slowest's finishes its next conversion now and then just
 * while it waits to be read with the others: then wait a little. Oscillators may differ by a sixteenth. */
static bool about_to_be_overwritten(void) {
    const uint32_t period_ticks = pace_period_ticks();
    return hx711_any_aged(period_ticks - period_ticks / 16, period_ticks + period_ticks / 16);
}

bool sampler_update(struct row *row) {
    uint32_t ticks;
    const uint32_t now = hal_ticks();
    const uint8_t ready = hx711_ready(&ticks);
    const bool complete = waited && ((have | ready) & waited) == waited;
    const bool due = complete || now - row_ticks > timeout_ticks();
    if (about_to_be_overwritten()) {
        return false;
    }
    const uint8_t channels = to_read(ready, due);
    if (channels) {
        torn = (torn & (uint8_t)~channels) | hx711_read(channels, counts);
    }
    if (channels & ready) {
        have |= ready;
        ready_ticks = ticks;
    }
    wake_dead(now);
    return due && finish(row);
}
