#include "sampler.h"

#include "faults.h"
#include "hal.h"
#include "hx711.h"
#include "wire.h"

#define MS (HAL_TICK_HZ / 1000)
#define FRACTION 16 /* the period is kept in fractions of a tick */
#define RATE_LIMIT_TICKS (HAL_TICK_HZ / 28) /* geometric mean of 10 and 80 Hz */
#define MEASURED_INTERVALS 4 /* as many conversions as a converter needs to settle after power-up */
#define MEASURING_TIMEOUT_TICKS (200 * MS) /* two periods of 10 Hz */
#define MEASURING_TICKS (2500 * MS) /* then RATE_HZ is believed; a host waits 3 s for an identity */
#define SETTLING_READS 4 /* before a converter that was silent is believed again */
#define SILENT_READS 5 /* failures in a row before nobody waits for a converter any more: it has had time to settle */
#define ODD_INTERVALS 16 /* in a row: the period is another one now */
#define POWER_CYCLE_TICKS (2000 * MS) /* between attempts to wake a silent converter */

static uint8_t waited;                      /* converters that a row waits for */
static uint8_t have, torn;                  /* read for the row in the making */
static int32_t counts[CHANNELS];            /* [counts] of that row */
static uint32_t ready_ticks;                /* [ticks] of its last conversion */
static uint32_t row_ticks;                  /* [ticks] of the row before */
static uint8_t failures[CHANNELS];          /* [reads] in a row, of a waited converter */
static uint8_t successes[CHANNELS];         /* [reads] in a row, of a silent one */
static uint32_t power_cycle_ticks;          /* [ticks] of the last attempt */
static uint32_t period_fractions;           /* [ticks / FRACTION] 0 while it is measured */
static uint8_t intervals, odd_intervals;    /* good ones while measuring; bad ones since */
static uint32_t measuring_since, first_ticks; /* [ticks] */
static uint8_t rate_hz;

static void measure_anew(uint32_t now) {
    period_fractions = 0;
    intervals = odd_intervals = 0;
    measuring_since = now;
}

void sampler_power_up(void) {
    const uint32_t now = hal_ticks();
    waited = ALL_CHANNELS;
    have = torn = 0;
    for (uint8_t channel = 0; channel < CHANNELS; channel++) {
        failures[channel] = successes[channel] = 0;
    }
    row_ticks = power_cycle_ticks = now;
    rate_hz = 0;
    measure_anew(now);
    hx711_power_up();
}

uint8_t sampler_rate_hz(void) {
    return rate_hz;
}

static uint32_t timeout_ticks(void) {
    return period_fractions ? period_fractions / FRACTION * 3 / 2 : MEASURING_TIMEOUT_TICKS;
}

static void believe_period(uint32_t period_ticks) {
    period_fractions = period_ticks * FRACTION;
    odd_intervals = 0;
    rate_hz = period_ticks < RATE_LIMIT_TICKS ? 80 : 10;
}

static void measure(bool regular, uint32_t now) {
    if (!regular) {
        intervals = 0;
    } else if (intervals++ == 0) {
        first_ticks = row_ticks;
    } else if (intervals > MEASURED_INTERVALS) {
        believe_period((row_ticks - first_ticks) / MEASURED_INTERVALS);
    }
    if (!period_fractions && now - measuring_since > MEASURING_TICKS) {
        believe_period(HAL_TICK_HZ / RATE_HZ);
    }
}

static void follow(uint32_t interval_ticks, uint32_t now) {
    const uint32_t period_ticks = period_fractions / FRACTION;
    if (interval_ticks * 4 > period_ticks * 3 && interval_ticks * 4 < period_ticks * 5) {
        odd_intervals = 0;
        period_fractions += (uint32_t)((int32_t)(interval_ticks * FRACTION - period_fractions) / 32);
    } else if (++odd_intervals == ODD_INTERVALS) {
        measure_anew(now);
    }
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
    const uint32_t period_ticks = period_fractions / FRACTION;
    row->period_ticks = period_ticks;
    if (!have) {
        row->ticks = period_ticks ? row_ticks + period_ticks : now;
        return;
    }
    row->ticks = ready_ticks;
    if (period_ticks && now - ready_ticks >= period_ticks) {
        row->ticks += (now - ready_ticks) / period_ticks * period_ticks;
    }
}

static bool finish(struct row *row) {
    const uint32_t now = hal_ticks();
    const bool measured = period_fractions != 0;
    const bool regular = waited && (have & (uint8_t)~torn & waited) == waited;
    fill(row);
    date(row, now);
    const uint32_t interval_ticks = row->ticks - row_ticks;
    row_ticks = row->ticks;
    if (!measured) {
        measure(regular, now);
    } else if (have) {
        follow(interval_ticks, now);
    }
    have = torn = 0;
    return measured && period_fractions;
}

/* Converters on clock lines where nobody answers. */
static uint8_t dead(void) {
    uint8_t alive = waited;
    for (uint8_t channel = 0; channel < CHANNELS; channel++) {
        alive |= successes[channel] ? (uint8_t)(1u << channel) : 0;
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
        return due ? ready | low : ready;
    }
    return due && low ? ALL_CHANNELS : 0;
}

/* A converter whose oscillator is faster than the slowest's finishes its next conversion now and then just
 * while it waits to be read with the others: then wait a little. Oscillators may differ by a sixteenth. */
static bool about_to_be_overwritten(uint8_t ready) {
    const uint32_t period_ticks = period_fractions / FRACTION;
    return hx711_any_aged(ready, period_ticks - period_ticks / 16, period_ticks + period_ticks / 16);
}

bool sampler_update(struct row *row) {
    uint32_t ticks;
    const uint32_t now = hal_ticks();
    const uint8_t ready = hx711_ready(&ticks);
    const bool complete = waited && ((have | ready) & waited) == waited;
    const bool due = complete || now - row_ticks > timeout_ticks();
    if (about_to_be_overwritten(ready)) {
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
