#include "board.h"

int main(void) {
    board_power_up();
    for (;;) {
        board_update();
    }
}
