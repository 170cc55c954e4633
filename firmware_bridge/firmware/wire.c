/* Written by `python -m firmware_bridge.wire_header` from firmware_bridge/wire.py. Do not edit. */
#include "wire.h"

#include <string.h>

/* Little-endian whatever the machine's own order is. */
static uint8_t *put_uint8_t(uint8_t *at, uint8_t value) {
    *at = value;
    return at + 1;
}

static uint8_t *put_uint16_t(uint8_t *at, uint16_t value) {
    return put_uint8_t(put_uint8_t(at, (uint8_t)value), (uint8_t)(value >> 8));
}

static uint8_t *put_uint32_t(uint8_t *at, uint32_t value) {
    return put_uint16_t(put_uint16_t(at, (uint16_t)value), (uint16_t)(value >> 16));
}

static uint8_t *put_bytes(uint8_t *at, const uint8_t *bytes, uint8_t length) {
    memcpy(at, bytes, length);
    return at + length;
}

static const uint8_t *get_uint8_t(const uint8_t *at, uint8_t *value) {
    *value = *at;
    return at + 1;
}

static const uint8_t *get_uint16_t(const uint8_t *at, uint16_t *value) {
    *value = (uint16_t)(at[0] | (uint16_t)at[1] << 8);
    return at + 2;
}

static const uint8_t *get_uint32_t(const uint8_t *at, uint32_t *value) {
    uint16_t low, high;
    at = get_uint16_t(get_uint16_t(at, &low), &high);
    *value = low | (uint32_t)high << 16;
    return at;
}

static const uint8_t *get_bytes(const uint8_t *at, uint8_t *bytes, uint8_t length) {
    memcpy(bytes, at, length);
    return at + length;
}

uint8_t *wire_put_identity(uint8_t *payload, const struct wire_identity *message) {
    uint8_t *at = put_uint8_t(payload, WIRE_IDENTITY_ID);
    at = put_uint8_t(at, message->protocol_version);
    at = put_bytes(at, message->board_id, 8);
    at = put_uint16_t(at, message->boot_count);
    at = put_bytes(at, message->firmware_version, 3);
    at = put_bytes(at, message->build_hash, 4);
    at = put_uint8_t(at, message->channels);
    at = put_uint16_t(at, message->rate_hz);
    at = put_uint32_t(at, message->tick_hz);
    return at;
}

bool wire_get_identity(struct wire_identity *message, const uint8_t *payload, uint8_t bytes) {
    if (bytes < WIRE_IDENTITY_BYTES || payload[0] != WIRE_IDENTITY_ID) {
        return false;
    }
    const uint8_t *at = payload + 1;
    at = get_uint8_t(at, &message->protocol_version);
    at = get_bytes(at, message->board_id, 8);
    at = get_uint16_t(at, &message->boot_count);
    at = get_bytes(at, message->firmware_version, 3);
    at = get_bytes(at, message->build_hash, 4);
    at = get_uint8_t(at, &message->channels);
    at = get_uint16_t(at, &message->rate_hz);
    at = get_uint32_t(at, &message->tick_hz);
    return at == payload + bytes;
}

uint8_t *wire_put_sample_block(uint8_t *payload, const struct wire_sample_block *message) {
    uint8_t *at = put_uint8_t(payload, WIRE_SAMPLE_BLOCK_ID);
    at = put_uint16_t(at, message->sequence);
    at = put_uint32_t(at, message->mcu_ticks);
    at = put_uint16_t(at, message->overflow_total);
    at = put_uint8_t(at, message->channels);
    at = put_uint8_t(at, message->samples);
    return at;
}

bool wire_get_sample_block(struct wire_sample_block *message, const uint8_t *payload, uint8_t bytes) {
    if (bytes < WIRE_SAMPLE_BLOCK_BYTES || payload[0] != WIRE_SAMPLE_BLOCK_ID) {
        return false;
    }
    const uint8_t *at = payload + 1;
    at = get_uint16_t(at, &message->sequence);
    at = get_uint32_t(at, &message->mcu_ticks);
    at = get_uint16_t(at, &message->overflow_total);
    at = get_uint8_t(at, &message->channels);
    at = get_uint8_t(at, &message->samples);
    return bytes == WIRE_SAMPLE_BLOCK_PAYLOAD_BYTES(message->samples, message->channels);
}

uint8_t *wire_put_board_fault(uint8_t *payload, const struct wire_board_fault *message) {
    uint8_t *at = put_uint8_t(payload, WIRE_BOARD_FAULT_ID);
    at = put_uint8_t(at, message->code);
    at = put_uint8_t(at, message->channel);
    at = put_uint8_t(at, message->active);
    at = put_uint32_t(at, message->detail);
    return at;
}

bool wire_get_board_fault(struct wire_board_fault *message, const uint8_t *payload, uint8_t bytes) {
    if (bytes < WIRE_BOARD_FAULT_BYTES || payload[0] != WIRE_BOARD_FAULT_ID) {
        return false;
    }
    const uint8_t *at = payload + 1;
    at = get_uint8_t(at, &message->code);
    at = get_uint8_t(at, &message->channel);
    at = get_uint8_t(at, &message->active);
    at = get_uint32_t(at, &message->detail);
    return at == payload + bytes;
}

uint8_t *wire_put_blink(uint8_t *payload, const struct wire_blink *message) {
    uint8_t *at = put_uint8_t(payload, WIRE_BLINK_ID);
    at = put_uint16_t(at, message->duration_ms);
    return at;
}

bool wire_get_blink(struct wire_blink *message, const uint8_t *payload, uint8_t bytes) {
    if (bytes < WIRE_BLINK_BYTES || payload[0] != WIRE_BLINK_ID) {
        return false;
    }
    const uint8_t *at = payload + 1;
    at = get_uint16_t(at, &message->duration_ms);
    return at == payload + bytes;
}
