/* The converters: when one is ready, and how it is read. Timing and pulses: AVIA Semiconductor, HX711
 * datasheet, "Serial Interface" and Fig. 2. */
#ifndef HX711_H
#define HX711_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"

/* Start all converters anew: nobody knows what a reset of the processor interrupted. */
void hx711_power_up(void);

/* Start some converters anew; their next conversion comes after about four periods. */
void hx711_power_cycle(uint8_t channels);

/* Converters with a conversion that has not been read.
 * ticks: [ticks] when DOUT of the last of them fell. */
uint8_t hx711_ready(uint32_t *ticks);

/* Whether any conversion that has not been read is so old, [ticks]. It is overwritten by the next one, and a
 * read into which that falls is torn without always showing it. */
bool hx711_any_aged(uint32_t from_ticks, uint32_t to_ticks);

/* Read converters whose clock lines these are, all at once: 24 bits and the pulses that set the next gain.
 * counts: [counts] sign extended, of these channels only.
 * Returns the torn ones: their DOUT is low after the last pulse, so it was not the last one for them.
 * Such a converter is ready again only when DOUT has been high meanwhile. */
uint8_t hx711_read(uint8_t channels, int32_t counts[CHANNELS]);

/* Called by the HAL, from an interrupt or with interrupts out, when DOUT of a watched converter changes. */
void hx711_dout_changed(uint8_t levels, uint32_t ticks);

#endif
