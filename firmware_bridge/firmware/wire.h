/* Written by `python -m firmware_bridge.wire_header` from firmware_bridge/wire.py. Do not edit. */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stdint.h>

#define WIRE_BAUD (115200) /* [Bd] speed of the line */
#define WIRE_PROTOCOL_VERSION (1) /* first field of Identity */
#define WIRE_MAX_CHANNELS (16) /* [channels] of one board */
#define WIRE_COUNTS_MIN (-8388608) /* [counts] lower end of the range, or a failed read */
#define WIRE_COUNTS_MAX (8388607) /* [counts] upper end of the range */
#define WIRE_NO_CHANNEL (255) /* BoardFault.channel of the whole board */
#define WIRE_CRC_INIT (65535) /* CRC-16/IBM-3740 */
#define WIRE_CRC_BYTES (2) /* [B] after the payload, high byte first */
#define WIRE_MAX_PAYLOAD_BYTES (252) /* [B] in one frame */
#define WIRE_MAX_ENCODED_BYTES (255) /* [B] between two delimiters */

/* What went wrong while one sample was taken, on any channel. */
enum sample_flag {
    WIRE_SAMPLE_FLAG_DESYNC = 1,
    WIRE_SAMPLE_FLAG_TIMEOUT = 2,
    WIRE_SAMPLE_FLAG_OVERRUN = 4,
};

/* What a board can say about itself. */
enum board_fault_code {
    WIRE_BOARD_FAULT_CODE_WATCHDOG_RESET = 1,
    WIRE_BOARD_FAULT_CODE_BROWN_OUT_RESET = 2,
    WIRE_BOARD_FAULT_CODE_CHANNEL_SILENT = 3,
    WIRE_BOARD_FAULT_CODE_TRANSMIT_OVERFLOW = 4,
    WIRE_BOARD_FAULT_CODE_BAD_COMMAND = 5,
};

/* For each message with fields:
 * `wire_put_*` writes id and scalar fields; returns the byte after them.
 * `wire_get_*` reads them; false when id or length is another message's. */

/* Who the board is; sent at power-up and as the answer to `IdentifyRequest`. */
#define WIRE_IDENTITY_ID 0x01
#define WIRE_IDENTITY_BYTES 26 /* [B] id and scalar fields */
struct wire_identity {
    uint8_t protocol_version; /* PROTOCOL_VERSION of the board */
    uint8_t board_id[8]; /* unique and unchanging; written as 16 hex digits */
    uint16_t boot_count; /* power-ups so far, modulo 65536; tells a restart */
    uint8_t firmware_version[3]; /* major, minor, patch */
    uint8_t build_hash[4]; /* first bytes of the source tree's hash */
    uint8_t channels; /* 1 to MAX_CHANNELS */
    uint16_t rate_hz; /* [Hz] nominal samples per second and channel */
    uint32_t tick_hz; /* [Hz] nominal rate of mcu_ticks */
};
uint8_t *wire_put_identity(uint8_t *payload, const struct wire_identity *message);
bool wire_get_identity(struct wire_identity *message, const uint8_t *payload, uint8_t bytes);

/* Consecutive samples of all channels. */
#define WIRE_SAMPLE_BLOCK_ID 0x02
#define WIRE_SAMPLE_BLOCK_BYTES 11 /* [B] id and scalar fields */
#define WIRE_SAMPLE_BLOCK_PAYLOAD_BYTES(samples, channels) (11 + (samples) * 1ul + (samples) * 3ul * (channels))
struct wire_sample_block {
    uint16_t sequence; /* number of the first sample since power-up, modulo 65536 */
    uint32_t mcu_ticks; /* [ticks] when the first sample was ready, modulo 2^32 */
    uint16_t overflow_total; /* [samples] dropped unsent by the board since power-up, modulo 65536 */
    uint8_t channels; /* columns of counts */
    uint8_t samples; /* rows of counts, at least 1 */
    /* then, not copied: uint8_t flags[]: SampleFlag bits of each sample */
    /* then, not copied: uint8_t counts[]: [counts] 24-bit two's complement, [samples, channels] */
};
uint8_t *wire_put_sample_block(uint8_t *payload, const struct wire_sample_block *message);
bool wire_get_sample_block(struct wire_sample_block *message, const uint8_t *payload, uint8_t bytes);

/* A fault of the board began or ended. */
#define WIRE_BOARD_FAULT_ID 0x03
#define WIRE_BOARD_FAULT_BYTES 8 /* [B] id and scalar fields */
struct wire_board_fault {
    uint8_t code; /* BoardFaultCode */
    uint8_t channel; /* from 0, or NO_CHANNEL */
    uint8_t active; /* 1: began, or happened; 0: ended */
    uint32_t detail; /* a number that belongs to the code, for the log */
};
uint8_t *wire_put_board_fault(uint8_t *payload, const struct wire_board_fault *message);
bool wire_get_board_fault(struct wire_board_fault *message, const uint8_t *payload, uint8_t bytes);

/* Asks for `Identity`. */
#define WIRE_IDENTIFY_REQUEST_ID 0x81
#define WIRE_IDENTIFY_REQUEST_BYTES 1 /* [B] id and scalar fields */

/* Send sample blocks from now on. Changes nothing on a board that already does. */
#define WIRE_START_ID 0x82
#define WIRE_START_BYTES 1 /* [B] id and scalar fields */

/* Send no more sample blocks; sampling and numbering go on. */
#define WIRE_STOP_ID 0x83
#define WIRE_STOP_BYTES 1 /* [B] id and scalar fields */

/* Blink the board's light, so that a person finds it. */
#define WIRE_BLINK_ID 0x84
#define WIRE_BLINK_BYTES 3 /* [B] id and scalar fields */
struct wire_blink {
    uint16_t duration_ms; /* [ms] 0 ends it */
};
uint8_t *wire_put_blink(uint8_t *payload, const struct wire_blink *message);
bool wire_get_blink(struct wire_blink *message, const uint8_t *payload, uint8_t bytes);

#endif
