#include "pace.h"

#include "config.h"
#include "hal.h"

#define MS (HAL_TICK_HZ / 1000)
#define RATE_LIMIT_TICKS (HAL_TICK_HZ / 28) /* geometric mean of 10 and 80 Hz */
#define MEASURED_INTERVALS 4 /* as many conversions as a converter needs to settle after power-up */
#define MEASURING_TICKS (2500 * MS) /* then RATE_HZ is believed; a host waits 3 s for an identity */
#define ODD_INTERVALS 16 /* in a row: the period is another one now */
#define FRACTION 16 /* the period is kept in fractions of a tick */
#define MEMORY 32 /* [rows] over which the period is averaged */

static uint32_t period_fractions; /* [ticks / FRACTION] 0 while it is measured */
static uint8_t rate_hz;
static uint8_t intervals;     /* good ones while measuring */
static uint8_t odd_intervals; /* bad ones since, in a row */
static uint32_t measuring_since, first_ticks, last_ticks; /* [ticks] */

void pace_power_up(uint32_t now) {
    rate_hz = 0;
    last_ticks = now;
    pace_measure_anew(now);
}

void pace_measure_anew(uint32_t now) {
    period_fractions = 0;
    intervals = odd_intervals = 0;
    measuring_since = now;
}

uint32_t pace_period_ticks(void) {
    return period_fractions / FRACTION;
}

uint8_t pace_rate_hz(void) {
    return rate_hz;
}

static void believe(uint32_t period_ticks) {
    period_fractions = period_ticks * FRACTION;
    rate_hz = period_ticks < RATE_LIMIT_TICKS ? 80 : 10;
}

static void measure(uint32_t row_ticks, bool regular, uint32_t now) {
    if (!regular) {
        intervals = 0;
    } else if (intervals++ == 0) {
        first_ticks = row_ticks;
    } else if (intervals > MEASURED_INTERVALS) {
        believe((row_ticks - first_ticks) / MEASURED_INTERVALS);
    }
    if (!period_fractions && now - measuring_since > MEASURING_TICKS) {
        believe(HAL_TICK_HZ / RATE_HZ);
    }
}

static void follow(uint32_t interval_ticks, uint32_t now) {
    const uint32_t period_ticks = pace_period_ticks();
    if (interval_ticks * 4 > period_ticks * 3 && interval_ticks * 4 < period_ticks * 5) {
        odd_intervals = 0;
        period_fractions += (uint32_t)((int32_t)(interval_ticks * FRACTION - period_fractions) / MEMORY);
    } else if (++odd_intervals == ODD_INTERVALS) {
        pace_measure_anew(now);
    }
}

void pace_add(uint32_t row_ticks, bool regular, uint32_t now) {
    if (period_fractions) {
        follow(row_ticks - last_ticks, now);
    } else {
        measure(row_ticks, regular, now);
    }
    last_ticks = row_ticks;
}
