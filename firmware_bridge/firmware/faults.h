/* What the board says about itself: each fault once when it begins and once when it ends, and all that last
 * again to a host that asks who is there. */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdbool.h>
#include <stdint.h>

void faults_power_up(void);

/* A converter does not answer; `flag` is the WIRE_SAMPLE_FLAG_* of its last failure. */
void faults_begin_silent(uint8_t channel, uint8_t flag);
void faults_end_silent(uint8_t channel);

/* The line does not take the samples, or takes them again. */
void faults_set_overflow(bool active, uint16_t overflow_total);

/* Say all that lasts once more. */
void faults_repeat(void);

/* Send one fault that is due, if the line has room. */
void faults_send(void);

/* A command was corrupt or unknown: happened, so it is not kept. */
void faults_send_bad_command(void);

#endif
