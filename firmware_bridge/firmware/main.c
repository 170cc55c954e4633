#include "board.h"
#include "hal.h"

int main(void) {
    board_power_up();
    for (;;) {
        board_update();
        hal_rest();
    }
}
