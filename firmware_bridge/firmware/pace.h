/* How fast the converters are: measured, because their oscillators are their own and the RATE pin is not wired
 * to the processor. */
#ifndef PACE_H
#define PACE_H

#include <stdbool.h>
#include <stdint.h>

void pace_power_up(uint32_t now);

/* Forget the period; the rate is believed until another one is measured. */
void pace_measure_anew(uint32_t now);

/* Learn from a row that was ready at these ticks.
 * regular: all converters that rows wait for were in time. */
void pace_add(uint32_t row_ticks, bool regular, uint32_t now);

/* [ticks] between rows; 0 while it is not known. */
uint32_t pace_period_ticks(void);

/* [Hz] 10 or 80, whichever is nearer; 0 until it is known for the first time. */
uint8_t pace_rate_hz(void);

#endif
