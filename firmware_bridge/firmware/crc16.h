#ifndef CRC16_H
#define CRC16_H

#include <stdint.h>

/* CRC-16/IBM-3740: polynomial 0x1021, not reflected; start with WIRE_CRC_INIT.
 * Over a message and its CRC, high byte first, it is 0. */
uint16_t crc16_add(uint16_t crc, uint8_t byte);

#endif
