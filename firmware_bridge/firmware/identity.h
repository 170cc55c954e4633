/* Who this board is: an id that it makes once and keeps for ever, and how often it has been powered up. */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <stdint.h>

#define BOARD_ID_BYTES 8

/* Read both from memory, mend what a power cut has torn, count this power-up. Makes an id when there is none,
 * which takes two seconds. */
void identity_power_up(void);

const uint8_t *identity_board_id(void);
uint16_t identity_boot_count(void);

#endif
