/* What Python and the inner loops of the weight path share.

   This file is read twice: by the compiler, and by library.py, which tells cffi what it says here; so it
   holds declarations and nothing else. All memory belongs to Python; nothing here allocates, and nothing
   is kept between calls but what the structures point to. Arrays are dense, last index fastest; [plate]
   and the like are their shapes. A `state` is what a stage carries from call to call, and all zeros, or
   what its Python side says, when it is new. */

#ifndef STEELYARD_WEIGHT_KERNEL_H
#define STEELYARD_WEIGHT_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

/* --- conditioning.c ------------------------------------------------------------------------------------ */

/* In the order of precedence, as library.py names them to Python. */
enum sensor_state { SENSOR_OK, SENSOR_SATURATED, SENSOR_STALE, SENSOR_STUCK, SENSOR_NOISY };

struct conditioning {
    int64_t plates, hop_samples;
    double hop_s;           /* [s] */
    double capacity_g;      /* [g] */
    double stale_after_s;   /* [s] */
    double stuck_after_s;   /* [s] */
    double noisy_g;         /* [g] */
    double noisy_after_s;   /* [s] */
    /* state, [plate] */
    double *before_g;       /* [g] the last sample of the hops before, as it came */
    int64_t *constant_hops; /* [hops] for which a plate has repeated itself bit for bit */
    int64_t *missing_hops;  /* [hops] without usable samples */
    double *patchy_s;       /* [s] without samples, on balance */
    double *loud_s;         /* [s] of noise, on balance */
    /* room to work in */
    bool *refused;          /* [sample of a hop] */
};

/* Condition hops: refuse samples, and judge what is left of every hop and of every sensor.

   samples_g  [hops * hop_samples + 1, plate] g; the last one only looks ahead. Refused ones become NaN.
   mean_g     [hop, plate] g of the usable samples; NaN where they are fewer than half.
   spread_g   [hop, plate] g, their standard deviation.
   valid      [hop, plate] whether the mean is one and the sensor is ok.
   states     [hop, plate] sensor_state.
   Returns whether all are valid. */
bool condition(struct conditioning *conditioning, double *samples_g, int64_t hops, double *mean_g,
               double *spread_g, bool *valid, uint8_t *states);

/* --- baseline.c ---------------------------------------------------------------------------------------- */

struct baseline {
    int64_t plates, epoch_hops;
    double epoch_s;         /* [s] */
    double baseline_s;      /* [s] memory of the level */
    double noise_s;         /* [s] memory of the noise */
    double drift_g;         /* [g] the level follows in an epoch at most */
    double cap_g;           /* [g] all of that together at most */
    double noise_floor_g;   /* [g] */
    /* state, [plate] */
    double *level_g;        /* [g] NaN before the first calm epoch */
    double *noise_g;        /* [g] standard deviation of hop means around the level */
    double *ripple_g;       /* [g] usual spread within a hop */
    double *corrected_g;    /* [g] sum of what the level followed since it was set */
    int64_t *age;           /* [epochs] in the level */
    bool *trusted;          /* whether the epoch that waits was calm; its ... */
    double *waiting_g;      /* [g] ... mean, ... */
    double *waiting_g2;     /* [g^2] ... mean square residual, ... */
    double *waiting_ripple_g; /* [g] ... and mean spread */
    bool *shifted;          /* found at another level with the last epoch, though no hop stood out */
};

/* Take in one epoch: mean_g, spread_g [epoch_hops, plate]; calm [plate] valid and undisturbed in all of it. */
void baseline_update(struct baseline *baseline, const double *mean_g, const double *spread_g,
                     const bool *calm);

/* --- stirring.c ---------------------------------------------------------------------------------------- */

/* Whether a hop of a calm plate stands out, from a rack that ripples `loudness` times more than usual. */
bool stands_out(const struct baseline *baseline, double onset_sigmas, int64_t plate, double mean_g,
                double spread_g, bool valid, double loudness);

/* Whether one of a rack does that is not known to ripple more than usual. mean_g, spread_g, valid [plate]. */
bool any_stands_out(const struct baseline *baseline, double onset_sigmas, const double *mean_g,
                    const double *spread_g, const bool *valid);

/* How much more than usual a rack ripples; at least 1. spread_g, scratch [plate]. */
double rack_loudness(const struct baseline *baseline, const double *spread_g, double *scratch);

/* --- rest.c -------------------------------------------------------------------------------------------- */

/* A disturbed plate, seen from a hop back in time: the first of each array is that hop, the one before it
   lies `stride` before it in memory. */
struct trail {
    const double *mean_g;   /* [g] */
    const double *spread_g; /* [g] */
    const double *loudness; /* stride 1 */
    int64_t stride;
    int64_t hops;           /* [hops] since the disturbance began, usable without a gap */
    double level_g;         /* [g] before the disturbance */
    double noise_g, ripple_g; /* [g] usual */
};

struct rest {
    double mean_g;
    double sigma_g;         /* [g] standard error */
    double swing_g;         /* [g] standard deviation of the hop means of the trail */
    int64_t hops;           /* [hops] it was read from, the latest; 0: the plate is not at rest */
};

struct rest_search {
    int64_t shortest, longest; /* [hops] of a rest */
    double hop_s;              /* [s] */
};

/* The shortest run of last hops that is level enough to decide on. */
struct rest find_rest(const struct rest_search *search, const struct trail *trail);

/* [g] Mean distance from the level over the last `hops`, as far as the trail goes. */
double push_g(const struct trail *trail, int64_t hops);

/* --- change_detector.c --------------------------------------------------------------------------------- */

struct disturbance {
    bool open;              /* from first motion to rest; nothing else is of use while it is not */
    int64_t hop;            /* number of the first */
    int64_t trail_hop;      /* number of the first since which all were usable */
    int64_t seen_ns;        /* [ns] end of the last usable hop */
    double level_g;         /* [g] frozen baseline */
    double level_sigma_g;   /* [g] */
    double still_g;         /* [g] from the level: samples so near it have not begun to move */
    double peak_g;          /* [g] largest push */
    double dark_s;          /* [s] longest time without usable samples */
    struct rest rest;       /* what ended it */
};

struct change_detector {
    int64_t plates;
    double hop_s;           /* [s] */
    double onset_sigmas;
    int64_t push_hops;      /* [hops] a hand pushes at least so long */
    int64_t lasting_hops;   /* [hops] after which a disturbance is told though it goes on */
    struct rest_search search;
    struct baseline *baseline;
    /* state */
    int64_t hops;           /* [hops] seen so far: the number of the next */
    int64_t seen_ns;        /* [ns] end of the hop before */
    int64_t epoch_left;     /* [hops] that the running epoch lacks */
    int64_t watched_to;     /* number of the first hop that nobody waits for */
    int64_t open;           /* open disturbances */
    bool *calm;             /* [plate] so far in the running epoch */
    struct disturbance *disturbances; /* [plate] */
    /* room to work in */
    double *scratch;        /* [plate] */
    /* what is told of a hop, by column */
    int64_t ended, lasting, moving; /* how many of each: */
    int64_t *ended_plates;   /* [ended] came to rest */
    int64_t *lasting_plates; /* [lasting] have not for `lasting_hops` */
    int64_t *moving_plates;  /* [moving] are disturbed and can be read */
};

struct stretch {
    int64_t hops;
    const int64_t *end_ns;  /* [hop] time of the last sample */
    const double *mean_g;   /* [past + hop, plate] from the oldest that a hop may look back at, */
    const double *spread_g; /* [past + hop, plate] likewise */
    double *loudness;       /* [past + hop] likewise; written */
    int64_t past;           /* [hops] that lie before the stretch */
    const bool *valid;      /* [hop, plate] */
    int64_t hop;            /* the next to be judged, ... */
    bool judged;            /* ... or judged already, and what came of it is known to the caller */
};

/* Go on to the next hop of which something is told: give its number within the stretch, or `hops` when it
   is over. What the caller does to the baseline in between counts from the next hop. */
int64_t watch(struct change_detector *detector, struct stretch *stretch);

#endif
