// Pseudo-random numbers. Equal seeds give equal sequences.
#ifndef STEELYARD_NOISE_H
#define STEELYARD_NOISE_H

#include <stdint.h>

struct noise {
    uint64_t state;  // never 0
};

void noise_init(struct noise *noise, uint64_t seed);

// Uniform in (0, 1).
double noise_uniform(struct noise *noise);

// Normal with mean 0 and standard deviation 1.
double noise_normal(struct noise *noise);

#endif
