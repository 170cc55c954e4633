/* The whole board, from power-up on. */
#ifndef BOARD_H
#define BOARD_H

void board_power_up(void);

/* One turn of the main loop; takes less than 2 ms, so that no conversion is missed. */
void board_update(void);

#endif
