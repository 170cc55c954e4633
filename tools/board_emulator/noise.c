#include "noise.h"

#include <math.h>

void noise_init(struct noise *noise, uint64_t seed) {
    noise->state = (seed + 1) * 0x9E3779B97F4A7C15u;
    if (!noise->state) noise->state = 1;
}

// xorshift64*: S. Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled".
double noise_uniform(struct noise *noise) {
    noise->state ^= noise->state >> 12;
    noise->state ^= noise->state << 25;
    noise->state ^= noise->state >> 27;
    return ((double)(noise->state * 0x2545F4914F6CDD1Du >> 11) + 0.5) / 9007199254740992.0;
}

// G. E. P. Box and M. E. Muller, "A note on the generation of random normal deviates", 1958.
double noise_normal(struct noise *noise) {
    double radius = sqrt(-2.0 * log(noise_uniform(noise)));
    return radius * cos(2.0 * M_PI * noise_uniform(noise));
}
