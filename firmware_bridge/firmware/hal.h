/* All that the firmware asks of a microcontroller. Another one needs another hal_*.c, nothing else.
 * No function waits longer than its comment says. `channels` and levels: bit i is converter i. */
#ifndef HAL_H
#define HAL_H

#include <stdbool.h>
#include <stdint.h>

#define HAL_TICK_HZ 250000ul /* [Hz] of hal_ticks */

enum hal_reset_cause { HAL_RESET_WATCHDOG = 1, HAL_RESET_BROWN_OUT = 2 };

/* Set up everything, start the watchdog (at least 0.25 s) and allow interrupts. */
void hal_power_up(void);

/* What made the processor start, as hal_reset_cause bits. */
uint8_t hal_reset_cause(void);

/* The main loop is alive: hold the watchdog off. */
void hal_alive(void);

/* Nothing is left to do: sleep until something comes in. Takes up to 4 ms; none if something has come in since
 * the last call. */
void hal_rest(void);

/* [ticks] since power-up, modulo 2^32. */
uint32_t hal_ticks(void);

/* Keep interrupts out until hal_unlock is given what this returned. May be nested. */
uint8_t hal_lock(void);
void hal_unlock(uint8_t was);

/* [B] that hal_send takes without waiting; at least 192 when all has been sent. */
uint16_t hal_send_room(void);
void hal_send(uint8_t byte);

/* Take one byte that came from the host; false when there is none. */
bool hal_received(uint8_t *byte);

/* Level of each converter's DOUT. */
uint8_t hal_dout(void);

/* One pulse on the clock lines of these converters; returns the levels of DOUT just before its end.
 * High and low for at least 0.2 us each, high for at most 50 us whatever interrupts come (HX711, T3 and T4). */
uint8_t hal_pulse(uint8_t channels);

/* Clock lines of these converters high for more than 60 us and low again: they start anew. Takes 0.1 ms. */
void hal_power_cycle(uint8_t channels);

/* From now on call hx711_dout_changed whenever DOUT of these converters changes. */
void hal_watch_dout(uint8_t channels);

void hal_light(bool on);

/* Memory that survives power cuts, HAL_MEMORY_BYTES of it. Writing takes up to 5 ms. */
#define HAL_MEMORY_BYTES 1024
uint8_t hal_memory_read(uint16_t address);
void hal_memory_write(uint16_t address, uint8_t byte);

/* A byte with at least one bit that nobody can foretell, and that differs between boards.
 * Takes up to 20 ms; called only while a board without an id makes its own. */
uint8_t hal_noise(uint8_t index);

#endif
