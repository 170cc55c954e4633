// The strain of one load cell over time, in converter counts: a waveform that holds its last value, and noise.
#ifndef STEELYARD_STRAIN_H
#define STEELYARD_STRAIN_H

#include <stddef.h>
#include <stdint.h>

#include "noise.h"

struct strain {
    double *counts;  // owned; points of the waveform
    size_t points;   // at least 1
    double point_ns; // time from one point to the next
    uint64_t first_ns;
    double noise_counts;  // standard deviation of white noise
    struct noise noise;
};

// A constant 0 without noise. Equal seeds give equal noise.
void strain_init(struct strain *strain, uint64_t seed);

// From now on this waveform, straight between its points. Takes ownership of `counts`.
void strain_play(struct strain *strain, double *counts, size_t points, double point_ns, uint64_t now_ns);

// The waveform, without noise.
double strain_level(const struct strain *strain, uint64_t now_ns);

// A measurement; an `hx711_input`.
double strain_measure(void *strain, uint64_t now_ns);

#endif
