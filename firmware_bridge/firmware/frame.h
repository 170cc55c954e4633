/* Frames on the wire, as in firmware_bridge/framing.py: 0x00 | COBS( payload | CRC ) | 0x00. */
#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "cobs.h"
#include "wire.h"

/* [B] on the wire around a payload: two delimiters, CRC, and one byte of COBS. */
#define FRAME_OVERHEAD_BYTES (WIRE_CRC_BYTES + 3)

/* Send a payload; its array must have WIRE_CRC_BYTES to spare, which are overwritten.
 * False, and nothing sent, when the line has no room for all of it. */
bool frame_send(uint8_t *payload, uint8_t bytes);

/* Why bytes between two delimiters are not a frame. */
enum frame_fault { FRAME_INTACT, FRAME_OVERSIZED, FRAME_COBS, FRAME_TOO_SHORT, FRAME_CRC };

/* Cuts a stream into payloads, one byte at a time. What precedes the first delimiter is ignored. */
struct frame_receiver {
    uint8_t *payload;  /* the first `capacity` bytes of the frame; longer ones are checked, not kept */
    uint8_t capacity;
    uint8_t bytes;     /* [B] of the payload, kept or not, when a frame has ended */
    enum frame_fault fault;
    /* inner state */
    struct cobs_decoder cobs;
    uint16_t crc;
    uint8_t sealed_bytes;
    uint16_t encoded_bytes;
    bool skipping; /* until the next delimiter */
};

void frame_begin(struct frame_receiver *receiver, uint8_t *payload, uint8_t capacity);

/* Take one byte from the line. True when it ends a frame, intact or not: see `fault`, then `bytes`. */
bool frame_receive(struct frame_receiver *receiver, uint8_t byte);

#endif
