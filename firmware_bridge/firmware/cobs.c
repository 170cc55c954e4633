#include "cobs.h"

#define LONGEST_RUN 254

void cobs_encode(const uint8_t *bytes, uint8_t length, void (*put)(uint8_t)) {
    uint8_t at = 0;
    for (;;) {
        uint8_t end = at;
        while (end < length && bytes[end] != 0) {
            end++;
        }
        put((uint8_t)(end - at + 1));
        for (; at < end; at++) {
            put(bytes[at]);
        }
        if (at >= length) {
            return;
        }
        at++; /* the zero; one at the very end leaves an empty run */
    }
}

bool cobs_decode(struct cobs_decoder *decoder, uint8_t encoded, uint8_t *original) {
    if (decoder->run_left > 0) {
        decoder->run_left--;
        *original = encoded;
        return true;
    }
    const bool zero_before = decoder->zero_follows;
    decoder->run_left = (uint8_t)(encoded - 1);
    decoder->zero_follows = encoded != LONGEST_RUN + 1;
    *original = 0;
    return zero_before;
}

bool cobs_complete(const struct cobs_decoder *decoder) {
    return decoder->run_left == 0;
}
