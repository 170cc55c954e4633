// A board: an ATmega328P in simavr that runs real firmware, one to four HX711 with their load cells, an EEPROM
// file and a serial line, all in real time.
//
//     SCK of all cells   PD2            or, with separate clocks, PD2 to PD5
//     DOUT               PC0 to PC3
//     LED                PB5
//     UART0              the pty, 115200 baud
#ifndef STEELYARD_BOARD_H
#define STEELYARD_BOARD_H

#include <simavr/avr_ioport.h>
#include <simavr/sim_avr.h>
#include <stdbool.h>
#include <stdint.h>

#include "hx711.h"
#include "noise.h"
#include "pty_line.h"
#include "strain.h"

#define CELLS_MAX 4

enum stuck { FREE, STUCK_LOW, STUCK_HIGH };

struct cell {
    struct board *board;
    struct hx711 chip;
    struct strain strain;
    unsigned rate_sps;
    double fast_ppm;
    enum stuck stuck;
    avr_irq_t *dout;
};

struct board {
    avr_t *avr;
    struct cell cells[CELLS_MAX];
    unsigned cell_count;
    bool separate_clocks, led;
    avr_irq_t *clocks[CELLS_MAX];  // SCK pins in use
    struct pty_line *line;
    uint8_t received[4096];  // from the host, not yet on the wire into the UART
    size_t received_first, received_end;
    avr_irq_t *uart_input;
    uint8_t *eeprom_file;  // mapped; NULL without a file
    uint8_t *eeprom;       // the simulator's own
    struct noise noise;    // of the watchdog's oscillator
    uint32_t reset_total, watchdog_reset_total;
    avr_cycle_count_t cycles_before_reset;  // a reset may set simavr's own count to 0
    avr_cycle_count_t cycle_at_reset;
    bool was_reset;
};

enum reset_cause { RESET_EXTERNAL, RESET_BROWN_OUT, RESET_POWER_ON };

// Load the firmware and wire everything up. Returns false after saying on stderr what is wrong.
bool board_init(struct board *board, const char *elf, const char *eeprom, uint64_t seed,
                struct pty_line *line);

// [ns] of simulated time since the first power-up.
uint64_t board_now_ns(const struct board *board);

// Run until then; false once the processor has stopped for good.
bool board_run_until(struct board *board, uint64_t until_ns);

// Reset the processor; without supply voltage the cells reset as well.
void board_reset(struct board *board, enum reset_cause cause);

// Let the firmware run away, into an endless loop with interrupts off: what the watchdog is for.
// False when the image has no such loop (every avr-libc image has one after main).
bool board_hang(struct board *board);

// Take over whatever has changed in a cell: level of DOUT, time of its next event.
void cell_changed(struct cell *cell);

#endif
