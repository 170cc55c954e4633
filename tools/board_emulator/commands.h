// What the emulator understands on stdin, one command a line; the answer is one line: `ok ...` or `error ...`.
//
//     load CELL COUNTS              this strain from now on
//     ramp CELL COUNTS MS           to this strain, in a straight line
//     wave CELL HZ COUNTS...        this strain over time, so many points a second; the last one stays
//     noise CELL SD                 white noise, standard deviation in counts
//     rate CELL 10|80               strap the RATE pin
//     drift CELL PPM                the cell's own oscillator runs fast by so much
//     stick CELL low|high           DOUT is stuck; high is how a torn-off cell looks
//     free CELL                     it is not stuck any more
//     tear CELL missing|extra       one clock pulse too few or too many in the next read
//     glitch CELL                   the cell loses power for a moment
//     reset | brownout | power      reset the board: by its button, by low voltage, by switching off and on
//     hang                          the firmware runs away
//     report CELL                   answers `ok NAME NUMBER ...`: hx711_tally, gain_pulses, powered
//     board                         answers `ok resets N watchdog_resets N led 0|1`
//     quit
#ifndef STEELYARD_COMMANDS_H
#define STEELYARD_COMMANDS_H

#include <stdbool.h>
#include <stdio.h>

#include "board.h"

// Obey one line (it is taken apart) and answer it. False when it was `quit`.
bool obey(struct board *board, char *line, FILE *answers);

#endif
