#include "strain.h"

#include <stdlib.h>

void strain_init(struct strain *strain, uint64_t seed) {
    double *zero = calloc(1, sizeof *zero);
    if (!zero) abort();
    *strain = (struct strain){.counts = zero, .points = 1, .point_ns = 1.0};
    noise_init(&strain->noise, seed);
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

double strain_measure(void *context, uint64_t now_ns) {
    struct strain *strain = context;
    double level = strain_level(strain, now_ns);
    return strain->noise_counts > 0.0 ? level + strain->noise_counts * noise_normal(&strain->noise) : level;
}
