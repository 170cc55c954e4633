#include "hx711.h"

#include "hal.h"

#define BITS 24
#define GAIN_PULSES (GAIN == 128 ? 1 : GAIN == 32 ? 2 : 3)

/* Shared with the interrupt. */
static volatile uint8_t watched;   /* converters that are not being read */
static volatile uint8_t seen_high; /* since the last read or fall, so that a low level means a new conversion */
static volatile uint8_t fallen;    /* since the last read */
static volatile uint32_t last_fallen_ticks;          /* [ticks] when the latest of these did first */
static volatile uint32_t conversion_ticks[CHANNELS]; /* [ticks] when each did last */

void hx711_dout_changed(uint8_t levels, uint32_t ticks) {
    const uint8_t fell = watched & seen_high & (uint8_t)~levels;
    seen_high = (uint8_t)((seen_high & ~fell) | (levels & watched));
    for (uint8_t channel = 0; channel < CHANNELS; channel++) {
        if (fell >> channel & 1) {
            conversion_ticks[channel] = ticks;
        }
    }
    if (fell & (uint8_t)~fallen) {
        fallen |= fell;
        last_fallen_ticks = ticks;
    }
}

static void leave(uint8_t channels) {
    const uint8_t was = hal_lock();
    watched &= (uint8_t)~channels;
    seen_high &= (uint8_t)~channels;
    fallen &= (uint8_t)~channels;
    hal_watch_dout(watched);
    hal_unlock(was);
}

static void watch(uint8_t channels, uint8_t busy) {
    const uint8_t was = hal_lock();
    watched |= channels;
    seen_high |= busy;
    hal_watch_dout(watched);
    hx711_dout_changed(hal_dout(), hal_ticks()); /* an edge while nobody watched */
    hal_unlock(was);
}

void hx711_power_up(void) {
    watched = seen_high = fallen = 0;
    hx711_power_cycle(ALL_CHANNELS);
}

void hx711_power_cycle(uint8_t channels) {
    leave(channels);
    hal_power_cycle(channels);
    watch(channels, 0);
}

uint8_t hx711_ready(uint32_t *ticks) {
    const uint8_t was = hal_lock();
    /* High again: the conversion was overwritten and the next one is not there yet (75 us, measured at
     * github.com/olkal/HX711_ADC, issue 81). */
    const uint8_t ready = fallen & (uint8_t)~hal_dout();
    *ticks = last_fallen_ticks;
    hal_unlock(was);
    return ready;
}

bool hx711_any_aged(uint32_t from_ticks, uint32_t to_ticks) {
    bool any = false;
    const uint8_t was = hal_lock();
    const uint32_t now = hal_ticks();
    for (uint8_t channel = 0; channel < CHANNELS; channel++) {
        const uint32_t age_ticks = now - conversion_ticks[channel];
        any = any || (fallen >> channel & 1 && age_ticks >= from_ticks && age_ticks < to_ticks);
    }
    hal_unlock(was);
    return any;
}

static int32_t gather(const uint8_t levels[BITS], uint8_t channel) {
    const uint8_t mask = (uint8_t)(1u << channel);
    uint32_t bits = levels[0] & mask ? 0xFF : 0; /* the sign, extended */
    for (uint8_t at = 0; at < BITS; at++) {
        bits = bits << 1 | (levels[at] & mask ? 1 : 0);
    }
    return (int32_t)bits;
}

uint8_t hx711_read(uint8_t channels, int32_t counts[CHANNELS]) {
    uint8_t levels[BITS];
    leave(channels);
    for (uint8_t at = 0; at < BITS; at++) {
        levels[at] = hal_pulse(channels);
    }
    for (uint8_t pulse = 0; pulse < GAIN_PULSES; pulse++) {
        hal_pulse(channels);
    }
    const uint8_t busy = hal_dout() & channels;
    watch(channels, busy);
    for (uint8_t channel = 0; channel < CHANNELS; channel++) {
        if (channels >> channel & 1) {
            counts[channel] = gather(levels, channel);
        }
    }
    return channels & (uint8_t)~busy;
}
