#include "faults.h"

#include "config.h"
#include "frame.h"
#include "hal.h"
#include "wire.h"

enum { WATCHDOG_RESET, BROWN_OUT_RESET, TRANSMIT_OVERFLOW, FIRST_SILENT, PLACES = FIRST_SILENT + CHANNELS };

static struct {
    bool active, due;
    uint16_t detail;
} faults[PLACES];

static void set(uint8_t place, bool active, uint16_t detail) {
    if (faults[place].active != active) {
        faults[place].active = active;
        faults[place].due = true;
    }
    faults[place].detail = detail;
}

void faults_power_up(void) {
    const uint8_t cause = hal_reset_cause();
    for (uint8_t place = 0; place < PLACES; place++) {
        faults[place].active = faults[place].due = false;
    }
    set(WATCHDOG_RESET, (cause & HAL_RESET_WATCHDOG) != 0, 0);
    set(BROWN_OUT_RESET, (cause & HAL_RESET_BROWN_OUT) != 0, 0);
}

void faults_begin_silent(uint8_t channel, uint8_t flag) {
    set((uint8_t)(FIRST_SILENT + channel), true, flag);
}

void faults_end_silent(uint8_t channel) {
    set((uint8_t)(FIRST_SILENT + channel), false, 0);
}

void faults_set_overflow(bool active, uint16_t overflow_total) {
    set(TRANSMIT_OVERFLOW, active, overflow_total);
}

void faults_repeat(void) {
    for (uint8_t place = 0; place < PLACES; place++) {
        faults[place].due |= faults[place].active;
    }
}

static bool send(uint8_t code, uint8_t channel, bool active, uint16_t detail) {
    const struct wire_board_fault fault = {code, channel, active, detail};
    uint8_t payload[WIRE_BOARD_FAULT_BYTES + WIRE_CRC_BYTES];
    wire_put_board_fault(payload, &fault);
    return frame_send(payload, WIRE_BOARD_FAULT_BYTES);
}

void faults_send(void) {
    static const uint8_t codes[FIRST_SILENT] = {
        WIRE_BOARD_FAULT_CODE_WATCHDOG_RESET,
        WIRE_BOARD_FAULT_CODE_BROWN_OUT_RESET,
        WIRE_BOARD_FAULT_CODE_TRANSMIT_OVERFLOW,
    };
    for (uint8_t place = 0; place < PLACES; place++) {
        if (!faults[place].due) {
            continue;
        }
        const bool silent = place >= FIRST_SILENT;
        const uint8_t code = silent ? WIRE_BOARD_FAULT_CODE_CHANNEL_SILENT : codes[place];
        const uint8_t channel = silent ? (uint8_t)(place - FIRST_SILENT) : WIRE_NO_CHANNEL;
        faults[place].due = !send(code, channel, faults[place].active, faults[place].detail);
        return;
    }
}

void faults_send_bad_command(void) {
    send(WIRE_BOARD_FAULT_CODE_BAD_COMMAND, WIRE_NO_CHANNEL, true, 0);
}
