/* Per plate: from the first motion to a new level, or back to the old one. */

#include "kernel.h"

#include <math.h>

/* [g] A sample so near its level has not begun to move; ... */
static const double ONSET_BAND_G = 3.0;

/* [1, sigma] ... nor has one within so many times the plate's ripple, or its noise. */
static const double ONSET_BAND_RIPPLES = 5.0, ONSET_BAND_SIGMAS = 3.0;

/* [g] added to what averaging leaves of a level's noise: slow motion does not average away. */
static const double LEVEL_SIGMA_G = 0.05;

static const double NS_PER_S = 1e9;

/* A hop of a stretch; its rows. */
struct row {
    const double *mean_g, *spread_g;
    const bool *valid;
    const double *loudness;
    int64_t end_ns;
};

static struct row row_of(const struct stretch *s, int64_t plates)
{
    const int64_t at = s->past + s->hop;
    return (struct row){
        .mean_g = s->mean_g + at * plates,
        .spread_g = s->spread_g + at * plates,
        .valid = s->valid + s->hop * plates,
        .loudness = s->loudness + at,
        .end_ns = s->end_ns[s->hop],
    };
}

static void begin(struct change_detector *d, int64_t p)
{
    const struct baseline *b = d->baseline;
    const double level_g = b->level_g[p], noise_g = b->noise_g[p];
    const double averaged_hops = fmax(b->baseline_s / d->hop_s, 1.0);
    const double moving_g = fmax(ONSET_BAND_RIPPLES * b->ripple_g[p], ONSET_BAND_SIGMAS * noise_g);
    d->disturbances[p] = (struct disturbance){
        .open = true,
        .hop = d->hops,
        .trail_hop = d->hops,
        .seen_ns = d->seen_ns,
        .level_g = level_g,
        .level_sigma_g = noise_g / sqrt(averaged_hops) + LEVEL_SIGMA_G,
        .still_g = fmax(moving_g, ONSET_BAND_G),
    };
    d->open++;
}

/* The plate moved under its noise, two epochs ago, and stayed there. */
static void begin_late(struct change_detector *d, int64_t p)
{
    begin(d, p);
    d->disturbances[p].hop = d->disturbances[p].trail_hop = d->hops - 2 * d->baseline->epoch_hops;
}

/* Follow a disturbed plate over one more hop; whether it has come to rest. */
static bool follow(struct change_detector *d, struct disturbance *each, const struct row *row, int64_t p)
{
    if (row->valid[p]) {
        each->dark_s = fmax(each->dark_s, (double)(row->end_ns - each->seen_ns) / NS_PER_S - d->hop_s);
        each->seen_ns = row->end_ns;
    } else {
        each->trail_hop = d->hops + 1;
    }
    const struct trail trail = {
        .mean_g = row->mean_g + p,
        .spread_g = row->spread_g + p,
        .loudness = row->loudness,
        .stride = d->plates,
        .hops = d->hops + 1 - each->trail_hop,
        .level_g = each->level_g,
        .noise_g = d->baseline->noise_g[p],
        .ripple_g = d->baseline->ripple_g[p],
    };
    const double pushed_g = push_g(&trail, d->push_hops);
    if (fabs(pushed_g) > fabs(each->peak_g))
        each->peak_g = pushed_g;
    each->rest = find_rest(&d->search, &trail);
    return each->rest.hops > 0;
}

/* Let disturbances begin and end. */
static void judge(struct change_detector *d, struct stretch *s)
{
    const struct row row = row_of(s, d->plates);
    const bool busy = d->open || any_stands_out(d->baseline, d->onset_sigmas, row.mean_g, row.spread_g, row.valid);
    double *loudness = s->loudness + s->past + s->hop;

    d->ended = d->lasting = d->moving = 0;
    *loudness = busy ? rack_loudness(d->baseline, row.spread_g, d->scratch) : 1.0;
    for (int64_t p = 0; p < d->plates && busy; p++) {
        struct disturbance *each = &d->disturbances[p];
        if (!each->open && stands_out(d->baseline, d->onset_sigmas, p, row.mean_g[p], row.spread_g[p],
                                      row.valid[p], *loudness))
            begin(d, p);
        if (!each->open)
            continue;
        d->calm[p] = false;
        if (follow(d, each, &row, p)) {
            each->open = false;
            d->open--;
            d->ended_plates[d->ended++] = p;
            continue;
        }
        if (row.valid[p])
            d->moving_plates[d->moving++] = p;
        if (d->hops + 1 - each->hop == d->lasting_hops)
            d->lasting_plates[d->lasting++] = p;
    }
    for (int64_t p = 0; p < d->plates; p++)
        d->calm[p] &= row.valid[p];
}

/* The hop is over; the baseline moves when its epoch is. */
static void close(struct change_detector *d, const struct stretch *s)
{
    const struct row row = row_of(s, d->plates);
    d->hops++;
    d->seen_ns = row.end_ns;
    if (--d->epoch_left)
        return;
    d->epoch_left = d->baseline->epoch_hops;
    const int64_t first = (d->baseline->epoch_hops - 1) * d->plates;
    baseline_update(d->baseline, row.mean_g - first, row.spread_g - first, d->calm);
    for (int64_t p = 0; p < d->plates; p++) {
        if (d->baseline->shifted[p] && !d->disturbances[p].open)
            begin_late(d, p);
        d->calm[p] = !d->disturbances[p].open;
    }
}

int64_t watch(struct change_detector *d, struct stretch *s)
{
    for (;;) {
        if (s->judged) {
            close(d, s);
            s->judged = false;
            s->hop++;
        }
        if (s->hop == s->hops)
            return s->hops;
        judge(d, s);
        s->judged = true;
        if (d->ended || d->lasting || d->hops < d->watched_to)
            return s->hop;
    }
}
