#include "board.h"

#include "block.h"
#include "faults.h"
#include "hal.h"
#include "identity.h"
#include "link.h"
#include "sampler.h"

void board_power_up(void) {
    hal_power_up();
    identity_power_up();
    faults_power_up();
    block_power_up();
    link_power_up();
    sampler_power_up();
}

void board_update(void) {
    struct row row;
    hal_alive();
    if (sampler_update(&row)) {
        block_add(&row);
    }
    link_update();
}
