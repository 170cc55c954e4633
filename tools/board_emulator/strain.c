#include "strain.h"

#include <math.h>
#include <stdlib.h>

void strain_init(struct strain *strain, uint64_t seed) {
    double *zero = calloc(1, sizeof *zero);
    if (!zero) abort();
    *strain = (struct strain){.counts = zero, .points = 1, .point_ns = 1.0};
    strain->random = (seed + 1) * 0x9E3779B97F4A7C15u;
    if (!strain->random) strain->random = 1;
}

void strain_play(struct strain *strain, double *counts, size_t points, double point_ns, uint64_t now_ns) {
    free(strain->counts);
    strain->counts = counts;
    strain->points = points;
    strain->point_ns = point_ns;
    strain->first_ns = now_ns;
}

double strain_level(const struct strain *strain, uint64_t now_ns) {
    double at = (double)(now_ns - strain->first_ns) / strain->point_ns;
    if (at >= (double)(strain->points - 1)) return strain->counts[strain->points - 1];
    size_t before = (size_t)at;
    double share = at - (double)before;
    return (1.0 - share) * strain->counts[before] + share * strain->counts[before + 1];
}

// Uniform in (0, 1). xorshift64*: S. Vigna, "An experimental exploration of Marsaglia's xorshift generators".
static double uniform(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return ((double)(*state * 0x2545F4914F6CDD1Du >> 11) + 0.5) / 9007199254740992.0;
}

// Box and Muller, 1958.
static double normal(uint64_t *state) {
    double radius = sqrt(-2.0 * log(uniform(state)));
    return radius * cos(2.0 * M_PI * uniform(state));
}

double strain_measure(void *context, uint64_t now_ns) {
    struct strain *strain = context;
    double level = strain_level(strain, now_ns);
    return strain->noise_counts > 0.0 ? level + strain->noise_counts * normal(&strain->random) : level;
}
