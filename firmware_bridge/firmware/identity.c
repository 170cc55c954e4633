#include "identity.h"

#include <stdbool.h>
#include <string.h>

#include "crc16.h"
#include "hal.h"
#include "wire.h"

/* The id, sealed with a CRC, stands in two places far from each other. */
#define ID_BYTES (BOARD_ID_BYTES + WIRE_CRC_BYTES)
static const uint16_t id_addresses[] = {0, HAL_MEMORY_BYTES - ID_BYTES};

/* Boot counts, each sealed, take turns: a cell bears 100,000 writes (ATmega328P datasheet), 64 slots bear
 * 6.4 million power-ups. Count n stands in slot n modulo SLOTS, so the newest is the one furthest ahead. */
#define SLOTS 64
#define SLOT_BYTES (2 + WIRE_CRC_BYTES)
#define SLOTS_ADDRESS 64

#define NOISE_BYTES 96 /* at least one unforeseeable bit each; 64 are needed */

static uint8_t board_id[ID_BYTES];
static uint16_t boot_count;

const uint8_t *identity_board_id(void) {
    return board_id;
}

uint16_t identity_boot_count(void) {
    return boot_count;
}

static uint16_t crc_of(const uint8_t *bytes, uint8_t length) {
    uint16_t crc = WIRE_CRC_INIT;
    for (uint8_t at = 0; at < length; at++) {
        crc = crc16_add(crc, bytes[at]);
    }
    return crc;
}

static void seal(uint8_t *bytes, uint8_t length) {
    const uint16_t crc = crc_of(bytes, length);
    bytes[length] = (uint8_t)(crc >> 8);
    bytes[length + 1] = (uint8_t)crc;
}

static bool load(uint16_t address, uint8_t *bytes, uint8_t length) {
    for (uint8_t at = 0; at < length; at++) {
        bytes[at] = hal_memory_read((uint16_t)(address + at));
    }
    return crc_of(bytes, length) == 0;
}

/* Write what differs. */
static void store(uint16_t address, const uint8_t *bytes, uint8_t length) {
    for (uint8_t at = 0; at < length; at++) {
        if (hal_memory_read((uint16_t)(address + at)) != bytes[at]) {
            hal_memory_write((uint16_t)(address + at), bytes[at]);
        }
    }
}

/* The step of FNV-1a, 64 bit (Fowler, Noll, Vo; draft-eastlake-fnv), carries upwards only; so the upper half is
 * folded back. Each step can be undone: nothing unforeseeable gets lost. */
static void make_id(void) {
    uint64_t hash = 0xCBF29CE484222325u;
    for (uint8_t at = 0; at < NOISE_BYTES; at++) {
        hash = (hash ^ hal_noise(at)) * 0x100000001B3u;
        hash ^= hash >> 32;
        hal_alive();
    }
    memcpy(board_id, &hash, BOARD_ID_BYTES);
    seal(board_id, BOARD_ID_BYTES);
}

static void load_id(void) {
    if (!load(id_addresses[0], board_id, ID_BYTES) && !load(id_addresses[1], board_id, ID_BYTES)) {
        make_id();
    }
    store(id_addresses[0], board_id, ID_BYTES);
    store(id_addresses[1], board_id, ID_BYTES);
}

static uint16_t slot_address(uint16_t count) {
    return (uint16_t)(SLOTS_ADDRESS + count % SLOTS * SLOT_BYTES);
}

static void count_boot(void) {
    uint8_t slot[SLOT_BYTES];
    bool any = false;
    boot_count = 0;
    for (uint16_t at = 0; at < SLOTS; at++) {
        if (!load(slot_address(at), slot, SLOT_BYTES)) {
            continue;
        }
        const uint16_t count = (uint16_t)(slot[0] | slot[1] << 8);
        if (!any || (int16_t)(count - boot_count) > 0) {
            boot_count = count;
            any = true;
        }
    }
    boot_count++;
    slot[0] = (uint8_t)boot_count;
    slot[1] = (uint8_t)(boot_count >> 8);
    seal(slot, 2);
    store(slot_address(boot_count), slot, SLOT_BYTES);
}

void identity_power_up(void) {
    load_id();
    count_boot();
}
