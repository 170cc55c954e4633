#include "hx711.h"

#include <math.h>
#include <string.h>

#define NEVER_NS UINT64_MAX

#define DATA_BITS 24
#define PULSES_MIN 25  // "Serial Interface", Table 3: 25 to 27 pulses choose channel and gain
#define PULSES_MAX 27

#define POWER_DOWN_NS 60000    // Fig. 3: SCK high for longer than 60 us
#define SCK_PHASE_MIN_NS 200   // Fig. 2, T3 and T4: SCK high or low for at least 0.2 us
#define SETTLING_CONVERSIONS 4 // Table 2, "Output settling time": 400 ms at 10 SPS, 50 ms at 80 SPS

// Not in the data sheet: how long DOUT is high while data that nobody read are replaced. 26 us were measured
// on the CS1237, a chip of the same interface (JulianWeidinger/CS1237_ADC_Library, issue 2).
#define UPDATE_NS 26000

#define TORN_PULSE 12  // the pulse of a read that is lost or doubled

void hx711_init(struct hx711 *chip, hx711_input input, void *input_context) {
    memset(chip, 0, sizeof *chip);
    chip->input = input;
    chip->input_context = input_context;
    hx711_set_oscillator(chip, 80, 0.0);
}

void hx711_set_oscillator(struct hx711 *chip, unsigned samples_per_s, double fast_ppm) {
    chip->period_ns = 1e9 / samples_per_s / (1.0 + fast_ppm * 1e-6);
}

// Table 2: after a reset and after a change of input or gain, the conversion at the end of the settling time is
// the first with data.
static void settle(struct hx711 *chip) {
    chip->has_data = false;
    chip->settling = SETTLING_CONVERSIONS - 1;
}

static void restart(struct hx711 *chip, uint64_t now_ns) {
    chip->powered = true;
    chip->pulses = 0;
    chip->gain = HX711_A_128;  // "Reset and Power-Down"
    chip->update_end_ns = 0;
    chip->conversion_end_ns = (double)now_ns + chip->period_ns;
    settle(chip);
}

void hx711_power_on(struct hx711 *chip, uint64_t now_ns) {
    chip->sck_edge_ns = now_ns;
    restart(chip, now_ns);
}

static void power_down(struct hx711 *chip) {
    chip->powered = false;
    chip->has_data = false;
    chip->tally.power_downs++;
}

// Channel B has no load cell on our boards: it measures nothing.
static uint32_t digitise(const struct hx711 *chip, uint64_t now_ns) {
    static const double share[] = {[HX711_A_128] = 1.0, [HX711_B_32] = 0.0, [HX711_A_64] = 0.5};
    double counts = round(share[chip->gain] * chip->input(chip->input_context, now_ns));
    // "Output Data Rate and Format": beyond the range the output stays at its ends.
    counts = fmin(fmax(counts, HX711_COUNTS_MIN), HX711_COUNTS_MAX);
    return (uint32_t)(int32_t)counts & 0xFFFFFF;
}

// What the pulses since the latest conversion ask for.
static enum hx711_gain chosen_gain(const struct hx711 *chip) {
    if (chip->pulses < PULSES_MIN) return chip->gain;
    return (enum hx711_gain)((chip->pulses < PULSES_MAX ? chip->pulses : PULSES_MAX) - PULSES_MIN);
}

static void end_conversion(struct hx711 *chip, uint64_t now_ns) {
    enum hx711_gain gain = chosen_gain(chip);
    if (gain != chip->gain) {
        chip->gain = gain;
        settle(chip);
        chip->settling++;  // this conversion has only just begun to see the new input
    }
    if (chip->settling) {
        chip->settling--;
    } else {
        if (chip->has_data && chip->pulses < PULSES_MIN) {
            chip->tally.overwritten += chip->pulses == 0;
            chip->tally.torn += chip->pulses > 0;
            chip->update_end_ns = now_ns + UPDATE_NS;
        }
        chip->data = digitise(chip, now_ns);
        chip->has_data = true;
        chip->tally.conversions++;
    }
    chip->pulses = 0;
    chip->conversion_end_ns += chip->period_ns;
}

uint64_t hx711_next_event_ns(const struct hx711 *chip) {
    if (!chip->powered) return NEVER_NS;
    uint64_t next_ns = (uint64_t)ceil(chip->conversion_end_ns);
    if (chip->sck && chip->sck_edge_ns + POWER_DOWN_NS < next_ns) next_ns = chip->sck_edge_ns + POWER_DOWN_NS;
    if (chip->update_end_ns && chip->update_end_ns < next_ns) next_ns = chip->update_end_ns;
    return next_ns;
}

void hx711_advance(struct hx711 *chip, uint64_t now_ns) {
    for (uint64_t at_ns; (at_ns = hx711_next_event_ns(chip)) <= now_ns;) {
        if (chip->sck && at_ns == chip->sck_edge_ns + POWER_DOWN_NS)
            power_down(chip);
        else if (at_ns == chip->update_end_ns)
            chip->update_end_ns = 0;
        else
            end_conversion(chip, at_ns);
    }
}

static void count_pulse(struct hx711 *chip) {
    if (chip->tear != HX711_INTACT && chip->has_data && chip->pulses + 1 == TORN_PULSE) {
        chip->pulses += chip->tear == HX711_PULSE_EXTRA ? 2 : 0;
        chip->tear = HX711_INTACT;
    } else {
        chip->pulses++;
    }
}

void hx711_clock(struct hx711 *chip, bool level, uint64_t now_ns) {
    hx711_advance(chip, now_ns);
    if (level == chip->sck) return;
    chip->tally.hasty_edges += now_ns - chip->sck_edge_ns < SCK_PHASE_MIN_NS;
    chip->sck = level;
    chip->sck_edge_ns = now_ns;
    if (!chip->powered) {
        if (!level) restart(chip, now_ns);
    } else if (level) {
        unsigned before = chip->pulses;
        count_pulse(chip);
        chip->tally.reads += chip->has_data && before < PULSES_MIN && chip->pulses >= PULSES_MIN;
    }
}

bool hx711_dout(const struct hx711 *chip) {
    if (!chip->powered || !chip->has_data || chip->update_end_ns) return true;
    if (chip->pulses == 0) return false;
    if (chip->pulses > DATA_BITS) return true;
    return chip->data >> (DATA_BITS - chip->pulses) & 1;
}
