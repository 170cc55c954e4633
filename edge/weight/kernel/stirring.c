/* Which calm plates stand out: off their level, or rippling more than their whole rack does. */

#include "kernel.h"

#include <math.h>

/* [1] Ripple beyond so many times what the rack's motion explains is a hand's, however level the mean. */
static const double ONSET_RIPPLES = 6.0;

/* [g] Ripple that never counts as a hand on a calm plate. Both are above what a plate at rest may show
   (rest.c), or it would stir and rest in turns. */
static const double ONSET_RIPPLE_G = 2.0;

/* [plates] Fewer have no middle that one hand alone could not move. */
static const int64_t RACK_PLATES = 3;

bool stands_out(const struct baseline *b, double onset_sigmas, int64_t p, double mean_g, double spread_g,
                bool valid, double loudness)
{
    const double off_g = sqrt(loudness) * (onset_sigmas * b->noise_g[p]);
    const double ripple_g = loudness * (ONSET_RIPPLES * b->ripple_g[p]) + ONSET_RIPPLE_G;
    /* Without branches, so that a whole rack is compared at once. */
    const int above = (fabs(mean_g - b->level_g[p]) > off_g) | (spread_g > ripple_g) | !valid;
    return above & (fabs(b->level_g[p]) < INFINITY); /* without a level there is nothing to compare with */
}

bool any_stands_out(const struct baseline *b, double onset_sigmas, const double *mean_g, const double *spread_g,
                    const bool *valid)
{
    int found = 0;
    for (int64_t p = 0; p < b->plates; p++)
        found |= stands_out(b, onset_sigmas, p, mean_g[p], spread_g[p], valid[p], 1.0);
    return found;
}

/* The element that `rank` others are not above; reorders (Hoare's selection). */
static double selected(double *values, int64_t count, int64_t rank)
{
    int64_t low = 0, high = count - 1;
    while (low < high) {
        const double pivot = values[rank];
        int64_t i = low, j = high;
        while (i <= j) {
            while (values[i] < pivot)
                i++;
            while (pivot < values[j])
                j--;
            if (i <= j) {
                const double swapped = values[i];
                values[i++] = values[j];
                values[j--] = swapped;
            }
        }
        if (j < rank)
            low = i;
        if (rank < i)
            high = j;
    }
    return values[rank];
}

double rack_loudness(const struct baseline *b, const double *spread_g, double *scratch)
{
    if (b->plates < RACK_PLATES)
        return 1.0;
    for (int64_t p = 0; p < b->plates; p++)
        scratch[p] = spread_g[p] / b->ripple_g[p];
    return fmax(selected(scratch, b->plates, b->plates / 2), 1.0);
}
