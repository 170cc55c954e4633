#include "link.h"

#include <string.h>

#include "block.h"
#include "config.h"
#include "faults.h"
#include "frame.h"
#include "hal.h"
#include "identity.h"
#include "pace.h"
#include "wire.h"

#define BYTES_A_CALL 16 /* what one call takes, so that sampling never waits for a flood */
/* [B] on the line for the longest answer, and still for a block: talk never costs samples. */
#define TALK_ROOM_BYTES (WIRE_IDENTITY_BYTES + FRAME_OVERHEAD_BYTES + BLOCK_FRAME_BYTES)
#define COMMAND_BYTES (WIRE_BLINK_BYTES + WIRE_CRC_BYTES) /* the longest */
#define BLINK_HALF_MS 125

static const uint8_t firmware_version[3] = {0, 1, 0};

static uint8_t command[COMMAND_BYTES];
static struct frame_receiver receiver;
static bool identity_due;
static uint8_t said_rate_hz;
static bool blinking;
static uint32_t blink_since, blink_ticks; /* [ticks] */

void link_power_up(void) {
    frame_begin(&receiver, command, COMMAND_BYTES);
    identity_due = true;
    said_rate_hz = 0;
    blinking = false;
}

/* Once the rate is known: at power-up, when asked, and when the rate has become another one. */
static void say_identity(void) {
    const uint8_t rate_hz = pace_rate_hz();
    if (rate_hz == 0 || !(identity_due || rate_hz != said_rate_hz)) {
        return;
    }
    struct wire_identity identity = {
        .protocol_version = WIRE_PROTOCOL_VERSION,
        .boot_count = identity_boot_count(),
        .build_hash = {(BUILD_HASH >> 24) & 0xFF, (BUILD_HASH >> 16) & 0xFF, (BUILD_HASH >> 8) & 0xFF,
                       BUILD_HASH & 0xFF},
        .channels = CHANNELS,
        .rate_hz = rate_hz,
        .tick_hz = HAL_TICK_HZ,
    };
    memcpy(identity.board_id, identity_board_id(), sizeof identity.board_id);
    memcpy(identity.firmware_version, firmware_version, sizeof firmware_version);
    uint8_t payload[WIRE_IDENTITY_BYTES + WIRE_CRC_BYTES];
    wire_put_identity(payload, &identity);
    if (frame_send(payload, WIRE_IDENTITY_BYTES)) {
        identity_due = false;
        said_rate_hz = rate_hz;
        faults_repeat();
    }
}

static void obey(void) {
    struct wire_blink blink;
    if (receiver.fault == FRAME_INTACT && receiver.bytes == 1 && command[0] == WIRE_IDENTIFY_REQUEST_ID) {
        identity_due = true;
        say_identity();
    } else if (receiver.fault == FRAME_INTACT && receiver.bytes == 1 && command[0] == WIRE_START_ID) {
        block_stream(true);
    } else if (receiver.fault == FRAME_INTACT && receiver.bytes == 1 && command[0] == WIRE_STOP_ID) {
        block_stream(false);
    } else if (receiver.fault == FRAME_INTACT && wire_get_blink(&blink, command, receiver.bytes)) {
        blinking = blink.duration_ms > 0;
        blink_since = hal_ticks();
        blink_ticks = blink.duration_ms * (HAL_TICK_HZ / 1000);
    } else {
        faults_send_bad_command();
    }
}

static void blink(void) {
    const uint32_t elapsed_ticks = hal_ticks() - blink_since;
    blinking = blinking && elapsed_ticks < blink_ticks;
    hal_light(blinking && elapsed_ticks / (BLINK_HALF_MS * (HAL_TICK_HZ / 1000)) % 2 == 0);
}

static bool may_talk(void) {
    return hal_send_room() >= TALK_ROOM_BYTES;
}

void link_update(void) {
    uint8_t byte;
    for (uint8_t at = 0; at < BYTES_A_CALL && may_talk() && hal_received(&byte); at++) {
        if (frame_receive(&receiver, byte)) {
            obey();
        }
    }
    if (may_talk()) {
        say_identity();
    }
    if (may_talk() && said_rate_hz != 0) { /* who speaks comes first */
        faults_send();
    }
    blink();
}
