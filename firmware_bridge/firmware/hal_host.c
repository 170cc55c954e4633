#include "hal_host.h"

#include <string.h>

#include "config.h"
#include "hx711.h"

uint32_t host_ticks;
uint8_t host_reset_cause;
uint16_t host_send_room = UINT16_MAX;
uint8_t host_memory[HAL_MEMORY_BYTES];
uint32_t host_memory_writes;
uint32_t host_memory_writes_max = UINT32_MAX;
uint8_t host_noise;
bool host_light;
uint32_t host_lives;

static uint8_t sent[HOST_LINE_BYTES], received[HOST_LINE_BYTES];
static uint32_t sent_bytes, received_head, received_tail;
static uint8_t watched, levels;
static void (*clock_changed)(uint8_t channels, bool high);
static uint8_t (*dout)(void);

void host_connect(void (*clock)(uint8_t channels, bool high), uint8_t (*read_dout)(void)) {
    clock_changed = clock;
    dout = read_dout;
}

void host_dout_changed(void) {
    const uint8_t now = hal_dout();
    const uint8_t changed = now ^ levels;
    levels = now;
    if (changed & watched) {
        hx711_dout_changed(now, host_ticks);
    }
}

void host_receive(const uint8_t *bytes, uint32_t length) {
    memcpy(received, bytes, length);
    received_tail = 0;
    received_head = length;
}

uint32_t host_take_sent(uint8_t *bytes) {
    const uint32_t length = sent_bytes;
    memcpy(bytes, sent, length);
    sent_bytes = 0;
    return length;
}

void hal_power_up(void) {
    sent_bytes = received_head = received_tail = 0;
    watched = 0;
    host_light = false;
}

uint8_t hal_reset_cause(void) {
    return host_reset_cause;
}

void hal_alive(void) {
    host_lives++;
}

uint32_t hal_ticks(void) {
    return host_ticks;
}

uint8_t hal_lock(void) {
    return 0;
}

void hal_unlock(uint8_t was) {
    (void)was;
}

uint16_t hal_send_room(void) {
    const uint32_t left = HOST_LINE_BYTES - sent_bytes;
    return left < host_send_room ? (uint16_t)left : host_send_room;
}

void hal_send(uint8_t byte) {
    sent[sent_bytes++] = byte;
    host_send_room--;
}

bool hal_received(uint8_t *byte) {
    if (received_tail == received_head) {
        return false;
    }
    *byte = received[received_tail++];
    return true;
}

uint8_t hal_dout(void) {
    return dout ? dout() & ALL_CHANNELS : ALL_CHANNELS;
}

static void set_clock(uint8_t channels, bool high) {
    if (clock_changed) {
        clock_changed(SEPARATE_CLOCKS || !channels ? channels : ALL_CHANNELS, high);
    }
}

uint8_t hal_pulse(uint8_t channels) {
    set_clock(channels, true);
    const uint8_t now = hal_dout();
    set_clock(channels, false);
    return now;
}

void hal_power_cycle(uint8_t channels) {
    set_clock(channels, true);
    host_ticks += 20; /* 80 us */
    set_clock(channels, false);
}

void hal_watch_dout(uint8_t channels) {
    watched = channels;
    levels = hal_dout();
}

void hal_light(bool on) {
    host_light = on;
}

uint8_t hal_memory_read(uint16_t address) {
    return host_memory[address % HAL_MEMORY_BYTES];
}

void hal_memory_write(uint16_t address, uint8_t byte) {
    if (host_memory_writes < host_memory_writes_max) {
        host_memory_writes++;
        host_memory[address % HAL_MEMORY_BYTES] = byte;
    }
}

uint8_t hal_noise(uint8_t index) {
    return (uint8_t)(host_noise + index);
}
