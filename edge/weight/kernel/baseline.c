/* The resting level and noise of every plate, tracked only while nothing happens. */

#include "kernel.h"

#include <math.h>

/* [g] Least ripple within a hop: below a 20 kg cell's own resolution it is chance. */
static const double RIPPLE_FLOOR_G = 0.3;

/* [1] An epoch off its level counts as noise up to so many times its own variance, beyond as drift. */
static const double WANDER_MAX = 4.0;

/* [epochs] A new level is averaged so long before it is only followed. */
static const int64_t YOUNG_EPOCHS = 4;

/* [g, sigma, hops] A calm plate whose last two epochs are both off its level by so much, and by so many standard
   errors of their mean, has another level: a mean over a second tells what no single hop of a loud plate can.
   So many hops count as one: neither ringing nor slow swings are new noise with every hop. */
static const double SHIFT_G = 6.0, SHIFT_SIGMAS = 5.0, SHIFT_HOPS = 5.0;

/* Whether the epoch that waited and the newest agree that the plate has another level. */
static bool is_shifted(const struct baseline *b, int64_t p, double newest_g, double newest_g2)
{
    const double before_g = b->waiting_g[p] - b->level_g[p], now_g = newest_g - b->level_g[p];
    const double independent = fmax(2.0 * (double)b->epoch_hops / SHIFT_HOPS, 1.0);
    const double error_g = sqrt((b->waiting_g2[p] + newest_g2) / 2.0 / independent);
    return fmin(fabs(before_g), fabs(now_g)) > SHIFT_G && before_g * now_g > 0.0 &&
           fabs(before_g + now_g) / 2.0 > SHIFT_SIGMAS * error_g;
}

/* Move level and noise of a plate to the epoch that waited. */
static void follow(struct baseline *b, int64_t p)
{
    const double mean_g = b->waiting_g[p], square_g2 = b->waiting_g2[p];
    const double level_g = isnan(b->level_g[p]) ? mean_g : b->level_g[p];
    const double innovation_g = mean_g - level_g;
    double fade;
    if (b->age[p] < YOUNG_EPOCHS) {
        fade = 0.5;
        b->level_g[p] = level_g + 1.0 / ((double)b->age[p] + 1.0) * innovation_g;
    } else {
        fade = b->epoch_s / b->noise_s;
        const double step_g = b->epoch_s / b->baseline_s * innovation_g;
        const double bounded_g = fmin(fmax(step_g, -b->drift_g), b->drift_g);
        const double corrected_g = fmin(fmax(b->corrected_g[p] + bounded_g, -b->cap_g), b->cap_g);
        b->level_g[p] = level_g + (corrected_g - b->corrected_g[p]);
        b->corrected_g[p] = corrected_g;
    }
    /* What the level may not follow is no noise: else the noise would grow with it, and hide it. */
    const double wander_g2 = fmin(innovation_g * innovation_g, WANDER_MAX * square_g2);
    const double noise_g = b->noise_g[p], ripple_g = b->ripple_g[p];
    const double variance_g2 = noise_g * noise_g + fade * (square_g2 + wander_g2 - noise_g * noise_g);
    b->noise_g[p] = fmax(sqrt(variance_g2), b->noise_floor_g);
    b->ripple_g[p] = fmax(ripple_g + fade * (b->waiting_ripple_g[p] - ripple_g), RIPPLE_FLOOR_G);
    b->age[p]++;
}

void baseline_update(struct baseline *b, const double *mean_g, const double *spread_g, const bool *calm)
{
    const double hops = (double)b->epoch_hops;
    for (int64_t p = 0; p < b->plates; p++) {
        const bool use = b->trusted[p] && calm[p];
        if (use)
            follow(b, p);
        b->trusted[p] = calm[p];
        double sum_g = 0.0, ripple_g = 0.0, squares_g2 = 0.0;
        for (int64_t hop = 0; hop < b->epoch_hops; hop++) {
            sum_g += mean_g[hop * b->plates + p];
            ripple_g += spread_g[hop * b->plates + p];
        }
        const double centre_g = sum_g / hops;
        for (int64_t hop = 0; hop < b->epoch_hops; hop++) {
            const double apart_g = mean_g[hop * b->plates + p] - centre_g;
            squares_g2 += apart_g * apart_g;
        }
        b->shifted[p] = use && is_shifted(b, p, centre_g, squares_g2 / hops);
        b->waiting_g[p] = centre_g;
        b->waiting_g2[p] = squares_g2 / hops;
        b->waiting_ripple_g[p] = ripple_g / hops;
    }
}
