/* From samples to hops: what is refused, mean and spread of the rest, and the state of every sensor. */

#include "kernel.h"

#include <math.h>

/* [g] A lone sample that differs from both neighbours by more is a misread: no hand moves a plate there and
   back within two samples. */
static const double SPIKE_G = 100.0;

/* [s] Durations are sums of hops, and as exact as those. */
static const double SLACK_S = 1e-9;

/* [s] of each gap that count for a plate with many; one long gap is no habit. */
static const double GAP_COUNTED_S = 0.3;

/* [1, s] A second of readings makes up for half a second without any: a plate that misses more than a third
   of its hops seldom rests for long enough to be weighed, and says so until it was there for twice the
   slack. */
static const double MISSING_FORGIVEN = 0.5, STALE_SLACK_S = 0.25;

/* What a sensor's state is judged by. */
struct hearing {
    bool enough;    /* half of the hop's samples are usable */
    bool absent;    /* half never came */
    bool saturated; /* half are beyond the capacity */
    double loud_g;  /* [g] spread, spikes included: a sensor that is nothing but noise looks like spikes alone */
};

static double balanced_s(double now_s, bool bad, double step_s, double forgiven, double most_s)
{
    const double next_s = now_s + (bad ? step_s : -forgiven * step_s);
    return next_s < 0.0 ? 0.0 : next_s > most_s ? most_s : next_s;
}

static enum sensor_state sensor_state(struct conditioning *c, int64_t plate, struct hearing heard,
                                      bool constant)
{
    int64_t *constant_hops = &c->constant_hops[plate], *missing_hops = &c->missing_hops[plate];
    double *patchy_s = &c->patchy_s[plate], *loud_s = &c->loud_s[plate];

    *constant_hops = constant ? *constant_hops + 1 : 0;
    *missing_hops = heard.enough ? 0 : *missing_hops + 1;
    const double missing_s = (double)*missing_hops * c->hop_s;
    const bool patchy = heard.absent && missing_s <= GAP_COUNTED_S + SLACK_S;
    *patchy_s = balanced_s(*patchy_s, patchy, c->hop_s, MISSING_FORGIVEN, c->stale_after_s + STALE_SLACK_S);
    *loud_s = balanced_s(*loud_s, heard.loud_g > c->noisy_g, c->hop_s, 1.0, 1.5 * c->noisy_after_s);

    if (heard.saturated)
        return SENSOR_SATURATED;
    if (missing_s >= c->stale_after_s - SLACK_S)
        return SENSOR_STALE;
    if ((double)*constant_hops * c->hop_s >= c->stuck_after_s - SLACK_S)
        return SENSOR_STUCK;
    if (*loud_s >= c->noisy_after_s - SLACK_S)
        return SENSOR_NOISY;
    return *patchy_s >= c->stale_after_s - SLACK_S ? SENSOR_STALE : SENSOR_OK;
}

/* Mean and spread of every plate over one hop, as if all samples were usable. */
static void weigh(const double *restrict samples_g, int64_t samples, int64_t plates, double *restrict mean_g,
                  double *restrict spread_g)
{
    for (int64_t p = 0; p < plates; p++)
        mean_g[p] = spread_g[p] = 0.0;
    for (int64_t i = 0; i < samples; i++)
        for (int64_t p = 0; p < plates; p++)
            mean_g[p] += samples_g[i * plates + p];
    for (int64_t p = 0; p < plates; p++)
        mean_g[p] /= (double)samples;
    for (int64_t i = 0; i < samples; i++)
        for (int64_t p = 0; p < plates; p++) {
            const double apart_g = samples_g[i * plates + p] - mean_g[p];
            spread_g[p] += apart_g * apart_g;
        }
    for (int64_t p = 0; p < plates; p++)
        spread_g[p] = sqrt(spread_g[p] / (double)samples);
}

/* One plate of which samples may have to be refused: missing ones, spikes, beyond the capacity. `samples_g`
   is its first of the hop. */
static struct hearing weigh_what_is_usable(struct conditioning *c, double *samples_g, double before_g,
                                           double *mean_g, double *spread_g)
{
    int64_t usable = 0, missing = 0, beyond = 0;
    double sum_g = 0.0;
    for (int64_t i = 0; i < c->hop_samples; i++) {
        const double grams = samples_g[i * c->plates];
        const double rise_g = grams - before_g, fall_g = samples_g[(i + 1) * c->plates] - grams;
        const bool spike = fabs(rise_g) > SPIKE_G && fabs(fall_g) > SPIKE_G && rise_g * fall_g < 0.0;
        c->refused[i] = spike || !(fabs(grams) <= c->capacity_g);
        if (!c->refused[i]) {
            sum_g += grams;
            usable++;
        }
        missing += isnan(grams);
        beyond += fabs(grams) > c->capacity_g;
        before_g = grams;
    }

    const double divisor = usable ? (double)usable : 1.0;
    const double middle_g = sum_g / divisor;
    double squares = 0.0, heard_squares = 0.0;
    for (int64_t i = 0; i < c->hop_samples; i++) {
        double *grams = &samples_g[i * c->plates];
        const double apart_g = *grams - middle_g;
        if (fabs(*grams) <= c->capacity_g)
            heard_squares += apart_g * apart_g;
        if (c->refused[i])
            *grams = NAN;
        else
            squares += apart_g * apart_g;
    }
    const bool enough = 2 * usable >= c->hop_samples;
    *mean_g = enough ? middle_g : NAN;
    *spread_g = sqrt(squares / divisor);
    return (struct hearing){
        .enough = enough,
        .absent = 2 * missing > c->hop_samples,
        .saturated = 2 * beyond >= c->hop_samples,
        .loud_g = fmax(*spread_g, sqrt(heard_squares / (double)c->hop_samples)),
    };
}

static bool repeats_itself(const double *samples_g, int64_t samples, int64_t plates, double before_g)
{
    int64_t equal = 0;
    while (equal < samples && samples_g[equal * plates] == before_g)
        equal++;
    return equal == samples;
}

bool condition(struct conditioning *c, double *samples_g, int64_t hops, double *mean_g, double *spread_g,
               bool *valid, uint8_t *states)
{
    const int64_t plates = c->plates, samples = c->hop_samples;
    /* Two samples that are SPIKE_G apart spread their hop at least so much. */
    const double tame_g = SPIKE_G / sqrt(2.0 * (double)samples);
    bool all_valid = true;

    for (int64_t hop = 0; hop < hops; hop++) {
        weigh(samples_g, samples, plates, mean_g, spread_g);
        for (int64_t p = 0; p < plates; p++) {
            const double last_g = samples_g[(samples - 1) * plates + p];
            const bool constant = repeats_itself(&samples_g[p], samples, plates, c->before_g[p]);
            struct hearing heard = {.enough = true, .loud_g = spread_g[p]};
            /* Written so that NaN is not tame. */
            if (!(spread_g[p] < tame_g && fabs(mean_g[p]) < c->capacity_g - SPIKE_G))
                heard = weigh_what_is_usable(c, &samples_g[p], c->before_g[p], &mean_g[p], &spread_g[p]);
            c->before_g[p] = last_g;
            states[p] = (uint8_t)sensor_state(c, p, heard, constant);
            valid[p] = heard.enough && states[p] == SENSOR_OK;
            all_valid &= valid[p];
        }
        samples_g += samples * plates;
        mean_g += plates, spread_g += plates, valid += plates, states += plates;
    }
    return all_valid;
}
