#include "frame.h"

#include "crc16.h"
#include "hal.h"

static uint8_t *append_crc(uint8_t *payload, uint8_t bytes) {
    uint16_t crc = WIRE_CRC_INIT;
    for (uint8_t at = 0; at < bytes; at++) {
        crc = crc16_add(crc, payload[at]);
    }
    payload[bytes] = (uint8_t)(crc >> 8);
    payload[bytes + 1] = (uint8_t)crc;
    return payload;
}

bool frame_send(uint8_t *payload, uint8_t bytes) {
    if (hal_send_room() < (uint16_t)bytes + FRAME_OVERHEAD_BYTES) {
        return false;
    }
    hal_send(0);
    cobs_encode(append_crc(payload, bytes), (uint8_t)(bytes + WIRE_CRC_BYTES), hal_send);
    hal_send(0);
    return true;
}

static void restart(struct frame_receiver *receiver) {
    receiver->cobs = (struct cobs_decoder){0, false};
    receiver->crc = WIRE_CRC_INIT;
    receiver->sealed_bytes = 0;
    receiver->encoded_bytes = 0;
    receiver->skipping = false;
}

void frame_begin(struct frame_receiver *receiver, uint8_t *payload, uint8_t capacity) {
    receiver->payload = payload;
    receiver->capacity = capacity;
    restart(receiver);
    receiver->skipping = true;
}

static enum frame_fault judge(const struct frame_receiver *receiver) {
    if (!cobs_complete(&receiver->cobs) || receiver->sealed_bytes == 0) {
        return FRAME_COBS;
    }
    if (receiver->sealed_bytes <= WIRE_CRC_BYTES) {
        return FRAME_TOO_SHORT;
    }
    return receiver->crc == 0 ? FRAME_INTACT : FRAME_CRC;
}

static bool end_frame(struct frame_receiver *receiver) {
    const bool anything = !receiver->skipping && receiver->encoded_bytes > 0;
    if (anything) {
        receiver->fault = judge(receiver);
        receiver->bytes = (uint8_t)(receiver->sealed_bytes - WIRE_CRC_BYTES);
    }
    restart(receiver);
    return anything;
}

bool frame_receive(struct frame_receiver *receiver, uint8_t byte) {
    if (byte == 0) {
        return end_frame(receiver);
    }
    if (receiver->skipping) {
        return false;
    }
    if (++receiver->encoded_bytes > WIRE_MAX_ENCODED_BYTES) {
        receiver->fault = FRAME_OVERSIZED;
        receiver->skipping = true;
        return true;
    }
    uint8_t original;
    if (cobs_decode(&receiver->cobs, byte, &original)) {
        if (receiver->sealed_bytes < receiver->capacity) {
            receiver->payload[receiver->sealed_bytes] = original;
        }
        receiver->sealed_bytes++; /* at most WIRE_MAX_ENCODED_BYTES - 1 */
        receiver->crc = crc16_add(receiver->crc, original);
    }
    return false;
}
