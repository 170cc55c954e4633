#include "crc16.h"

/* Eight steps of the shift register at once: because the polynomial is x^16 + x^12 + x^5 + 1, the byte that
 * is shifted out, folded once onto itself (x^12 feeds back within eight steps), enters at bits 0, 5 and 12. */
uint16_t crc16_add(uint16_t crc, uint8_t byte) {
    uint8_t out = (uint8_t)(crc >> 8) ^ byte;
    out ^= out >> 4;
    crc = (uint16_t)(crc << 8);
    return crc ^ out ^ (uint16_t)((uint16_t)out << 5) ^ (uint16_t)((uint16_t)out << 12);
}
