/* A microcontroller on a PC, for tests: time, pins, line and memory are set from outside. */
#ifndef HAL_HOST_H
#define HAL_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "hal.h"

#define HOST_LINE_BYTES 65536

extern uint32_t host_ticks;            /* what hal_ticks returns */
extern uint8_t host_reset_cause;
extern uint16_t host_send_room;        /* [B] sinks with every byte sent */
extern uint8_t host_memory[HAL_MEMORY_BYTES];
extern uint32_t host_memory_writes;    /* so far */
extern uint32_t host_memory_writes_max; /* then the power is gone: nothing is written any more */
extern uint8_t host_noise;             /* what hal_noise returns, plus its index */
extern bool host_light;
extern uint32_t host_lives;            /* times that hal_alive was called */

/* What stands for the converters: `clock` hears every edge of the clock lines of `channels`. */
void host_connect(void (*clock)(uint8_t channels, bool high), uint8_t (*dout)(void));

/* A level of DOUT has changed: interrupt the core if it watches that converter. */
void host_dout_changed(void);

/* Bytes from the host computer; those that the board has sent since the last call. */
void host_receive(const uint8_t *bytes, uint32_t length);
uint32_t host_take_sent(uint8_t *bytes);

#endif
