// An HX711 load-cell converter as its pins show it: what its clock input sees in, the level of DOUT out.
//
// No simulator, no clock, no I/O: time is an argument, in nanoseconds, and never runs backwards. Figures
// are those of Avia Semiconductor's HX711 data sheet; its figures and tables are named where they are used.
//
//     DOUT  ‾‾‾‾\__________/d23\/d22\ ... \/d0\/‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾\_____
//     SCK   ______________/1\__/2\__ ... _/24\_/25\(_/26\_/27\)_________________
//                ready          shifting out         done, until the next conversion ends
#ifndef STEELYARD_HX711_H
#define STEELYARD_HX711_H

#include <stdbool.h>
#include <stdint.h>

#define HX711_COUNTS_MIN (-(1 << 23))
#define HX711_COUNTS_MAX ((1 << 23) - 1)

// What the converter measures, in counts at channel A and gain 128, at a time; it may lie beyond the range.
typedef double (*hx711_input)(void *context, uint64_t now_ns);

enum hx711_gain { HX711_A_128, HX711_B_32, HX711_A_64 };  // in order of their pulses: 25, 26, 27

// A wrong number of clock edges in one read, as a glitch on a long SCK wire makes it.
enum hx711_tear { HX711_PULSE_MISSING = -1, HX711_INTACT = 0, HX711_PULSE_EXTRA = 1 };

// What happened since the chip was made; 32 bits each.
struct hx711_tally {
    uint32_t conversions;  // that ended with data
    uint32_t reads;        // with all 24 bits and a gain pulse
    uint32_t overwritten;  // conversions that nobody began to read
    uint32_t torn;         // reads into which the next conversion fell
    uint32_t power_downs;  // SCK was high for too long
    uint32_t hasty_edges;  // SCK was high or low for less than the data sheet allows
};

struct hx711 {
    hx711_input input;
    void *input_context;
    struct hx711_tally tally;
    enum hx711_tear tear;  // of the next read

    double period_ns;  // of one conversion, by this chip's own oscillator
    unsigned settling; // conversions that still end without data
    enum hx711_gain gain;
    bool powered, has_data, sck;
    uint64_t sck_edge_ns;
    double conversion_end_ns;
    uint64_t update_end_ns;  // DOUT is high until then, because the data are being replaced
    uint32_t data;           // 24 bits
    unsigned pulses;         // since the latest conversion ended
};

// A chip without power supply; `hx711_power_on` is next.
void hx711_init(struct hx711 *chip, hx711_input input, void *input_context);

// Strap the rate to 10 or 80 samples a second; the on-chip oscillator runs fast by so many millionths.
// Applies from the next conversion on.
void hx711_set_oscillator(struct hx711 *chip, unsigned samples_per_s, double fast_ppm);

// The supply comes (back): reset, channel A, gain 128, settling.
void hx711_power_on(struct hx711 *chip, uint64_t now_ns);

// The level of PD_SCK from now on.
void hx711_clock(struct hx711 *chip, bool level, uint64_t now_ns);

// When something next happens of itself: the latest moment for `hx711_advance`.
uint64_t hx711_next_event_ns(const struct hx711 *chip);

// Let everything happen that is due by now.
void hx711_advance(struct hx711 *chip, uint64_t now_ns);

// The level of DOUT, as of the latest call.
bool hx711_dout(const struct hx711 *chip);

#endif
