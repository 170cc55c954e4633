/* The conversation with the host: obeys its commands, says who the board is and what ails it. */
#ifndef LINK_H
#define LINK_H

void link_power_up(void);

/* Take what the host has sent, say what is due. */
void link_update(void);

#endif
