/* Consistent Overhead Byte Stuffing (Cheshire and Baker, IEEE/ACM Transactions on Networking 7(2), 1999):
 * bytes without a zero among them, so that a zero can part frames. */
#ifndef COBS_H
#define COBS_H

#include <stdbool.h>
#include <stdint.h>

/* Encode up to 254 bytes; `put` takes each byte of the result, at most one more than went in. */
void cobs_encode(const uint8_t *bytes, uint8_t length, void (*put)(uint8_t));

/* A run of `code - 1` bytes without zero, and whether a zero follows it. Zero it to begin. */
struct cobs_decoder {
    uint8_t run_left;     /* [B] until the next code */
    bool zero_follows;    /* a zero belongs before the next run, if there is one */
};

/* Take one byte, never zero. True when that completes a byte of the original, which it writes. */
bool cobs_decode(struct cobs_decoder *decoder, uint8_t encoded, uint8_t *original);

/* Whether the bytes so far can be all. */
bool cobs_complete(const struct cobs_decoder *decoder);

#endif
