/* Whether a disturbed plate has come to rest, and at what level. */

#include "kernel.h"

#include <math.h>

static const double PI = 3.14159265358979323846;

/* [Hz] slowest rack resonance (measured 5-20 Hz). A sine of standard deviation s and frequency f leaves at
   most s * sqrt(2) / (pi * f * T) in the mean over T seconds. */
static const double RINGING_HZ = 5.0;

/* [1] of that bound is what is left on average over phases. */
static const double RINGING_SHARE = 0.5;

/* [g] ripple within a hop that never counts as a hand on the plate. */
static const double RIPPLE_SLACK_G = 1.5;

/* [1] A hand makes a plate ripple more than so many times what the rack's motion explains. */
static const double CALM_RIPPLES = 5.0;

/* [1] of a change that a plate may ripple besides: goods that were moved swing. */
static const double RIPPLE_SHARE = 0.004;

/* [g/s, 1/s] A level that moves slower, or by less of its change, is at rest; ... */
static const double SLOPE_G_PER_S = 3.0, SLOPE_SHARE_PER_S = 0.01;

/* [sigma] ... and so is one whose slope is no more than its noise makes. */
static const double SLOPE_SIGMAS = 3.0;

/* [g, 1] A level known so well, or to that share of its change, is decided on at once, ... */
static const double SURE_G = 0.8, SURE_SHARE = 0.004;

/* [g, 1] ... and one known no better than that at the longest run. */
static const double TOLERABLE_G = 4.0, TOLERABLE_SHARE = 0.02;

/* [g] Least noise of a hop mean that a slope is held against. */
static const double NOISE_FLOOR_G = 0.2;

/* Sums over the last hops of a trail, newest first. Distances are from the newest mean: sums over them lose
   no digits to the load. */
struct sums {
    double apart_g, squares_g2;
    double moment_g;  /* [g hop] distances times how far back they are */
    double spread_g;
    double excess_g;  /* largest ripple beyond what the rack explains */
};

static void add(struct sums *sums, const struct trail *trail, int64_t back)
{
    const double apart_g = trail->mean_g[-back * trail->stride] - trail->mean_g[0];
    const double spread_g = trail->spread_g[-back * trail->stride];
    const double explained_g = CALM_RIPPLES * trail->loudness[-back] * trail->ripple_g;
    sums->apart_g += apart_g;
    sums->squares_g2 += apart_g * apart_g;
    sums->moment_g += apart_g * (double)back;
    sums->spread_g += spread_g;
    sums->excess_g = fmax(sums->excess_g, spread_g - explained_g);
}

/* Whether so many last hops are level enough; `rest` gets their mean and its standard error. */
static bool is_level(const struct rest_search *search, const struct trail *trail, const struct sums *sums,
                     int64_t last_hops, struct rest *rest)
{
    const double hops = (double)last_hops, hop_s = search->hop_s;
    const bool last_try = last_hops == search->longest;

    const double offset_g = sums->apart_g / hops;
    const double variance_g2 = fmax(sums->squares_g2 - sums->apart_g * offset_g, 0.0) / (hops - 1.0);
    const double scatter_g = fmax(sqrt(variance_g2), 0.5 * trail->noise_g);
    const double ringing_g =
        sums->spread_g * (RINGING_SHARE * sqrt(2.0) / (PI * RINGING_HZ * hops * hop_s) / hops);
    rest->mean_g = trail->mean_g[0] + offset_g;
    rest->sigma_g = sqrt(scatter_g * scatter_g / hops + ringing_g * ringing_g);
    rest->hops = last_hops;

    const double change_g = fabs(trail->mean_g[0] - trail->level_g + offset_g);
    const double sure_g = fmax(last_try ? fmax(SURE_G, TOLERABLE_G) : SURE_G,
                               (last_try ? fmax(SURE_SHARE, TOLERABLE_SHARE) : SURE_SHARE) * change_g);
    if (!(rest->sigma_g <= sure_g))
        return false;

    const double moments = hops * (hops * hops - 1.0) / 12.0; /* squared distances from the middle, summed */
    const double lever_g = (hops - 1.0) / 2.0 * sums->apart_g - sums->moment_g;
    const double slope_g_per_s = fabs(lever_g) * (1.0 / (moments * hop_s));
    const double steep_g_per_s = fmax(SLOPE_SHARE_PER_S * change_g, SLOPE_G_PER_S);
    const double noise_g_per_s = SLOPE_SIGMAS / (hop_s * sqrt(moments)) * fmax(trail->noise_g, NOISE_FLOOR_G);
    return slope_g_per_s <= fmax(steep_g_per_s, noise_g_per_s);
}

struct rest find_rest(const struct rest_search *search, const struct trail *trail)
{
    const struct rest none = {.hops = 0};
    const int64_t hops = trail->hops < search->longest ? trail->hops : search->longest;
    const double away_g = fabs(trail->mean_g[0] - trail->level_g);
    const double slack_g = RIPPLE_SLACK_G + RIPPLE_SHARE * away_g;
    struct sums sums = {.excess_g = -INFINITY};
    struct rest rest = none;

    for (int64_t back = 0; back < hops && !rest.hops; back++) {
        const int64_t length = back + 1;
        add(&sums, trail, back);
        if (sums.excess_g > slack_g)
            return none;
        /* Every other length will do. */
        const bool tried = length >= search->shortest && (length - search->shortest) % 2 == 0;
        if ((tried || length == search->longest) && !is_level(search, trail, &sums, length, &rest))
            rest = none;
    }
    if (!rest.hops)
        return none;
    for (int64_t back = rest.hops; back < hops; back++)
        add(&sums, trail, back);
    const double mean_g = sums.apart_g / (double)hops;
    rest.swing_g = sqrt(fmax(sums.squares_g2 / (double)hops - mean_g * mean_g, 0.0));
    return rest;
}

double push_g(const struct trail *trail, int64_t hops)
{
    double apart_g = 0.0;
    hops = trail->hops < hops ? trail->hops : hops;
    for (int64_t back = 0; back < hops; back++)
        apart_g += trail->mean_g[-back * trail->stride] - trail->mean_g[0];
    return hops ? trail->mean_g[0] - trail->level_g + apart_g / (double)hops : 0.0;
}
