#include "commands.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r"
#define COUNTS_LIMIT 1e9  // beyond any strain, and far from what a double cannot hold
#define NS_PER_MS 1e6
#define NS_PER_S 1e9

// One command under way: what is left of its line, and whether its answer has been given.
struct request {
    struct board *board;
    FILE *answers;
    char *rest;
    bool answered;
};

// Only the first answer counts.
static void answer(struct request *request, const char *format, ...) {
    if (request->answered) return;
    request->answered = true;
    va_list arguments;
    va_start(arguments, format);
    vfprintf(request->answers, format, arguments);
    va_end(arguments);
    fputc('\n', request->answers);
    fflush(request->answers);
}

static void refuse(struct request *request, const char *what, const char *expected) {
    answer(request, "error %s, expected %s", what, expected);
}

static char *next_word(struct request *request) { return strtok_r(NULL, BLANKS, &request->rest); }

static double number(struct request *request, const char *name, double least, double most) {
    char *word = next_word(request), *end = word, expected[64];
    double value = word ? strtod(word, &end) : NAN;
    if (word && end != word && !*end && value >= least && value <= most) return value;
    snprintf(expected, sizeof expected, "%g to %g", least, most);
    refuse(request, name, expected);
    return least;
}

static struct cell *cell(struct request *request) {
    double index = number(request, "no such cell", 0, request->board->cell_count - 1);
    if (index != floor(index)) refuse(request, "no such cell", "a whole number");
    return &request->board->cells[(int)index];
}

// 0 or 1: which of the two words comes next.
static int choice(struct request *request, const char *first, const char *second) {
    char *word = next_word(request), expected[64];
    if (word && (!strcmp(word, first) || !strcmp(word, second))) return !strcmp(word, second);
    snprintf(expected, sizeof expected, "%s or %s", first, second);
    refuse(request, "no such choice", expected);
    return 0;
}

// True when all words were right and none is left over.
static bool complete(struct request *request) {
    if (!request->answered && next_word(request)) refuse(request, "too many words", "fewer");
    return !request->answered;
}

static void play(struct request *request, struct cell *cell, const double *counts, size_t points, double point_ns) {
    double *owned = malloc(points * sizeof *owned);
    if (!owned) abort();
    memcpy(owned, counts, points * sizeof *owned);
    strain_play(&cell->strain, owned, points, point_ns, board_now_ns(request->board));
}

static void load(struct request *request) {
    struct cell *which = cell(request);
    double counts = number(request, "no counts", -COUNTS_LIMIT, COUNTS_LIMIT);
    if (complete(request)) play(request, which, &counts, 1, 1.0);
}

static void ramp(struct request *request) {
    struct cell *which = cell(request);
    double ends[2] = {strain_level(&which->strain, board_now_ns(request->board)), 0.0};
    ends[1] = number(request, "no counts", -COUNTS_LIMIT, COUNTS_LIMIT);
    double duration_ms = number(request, "no duration in ms", 1, 1e7);
    if (complete(request)) play(request, which, ends, 2, duration_ms * NS_PER_MS);
}

static void wave(struct request *request) {
    struct cell *which = cell(request);
    double points_per_s = number(request, "no points a second", 0.1, 1e4);
    size_t points = 0, room = strlen(request->rest) / 2 + 1;
    double *counts = malloc(room * sizeof *counts);
    if (!counts) abort();
    do {
        counts[points++] = number(request, "no counts", -COUNTS_LIMIT, COUNTS_LIMIT);
        request->rest += strspn(request->rest, BLANKS);
    } while (!request->answered && *request->rest);
    if (complete(request)) play(request, which, counts, points, NS_PER_S / points_per_s);
    free(counts);
}

static void noise(struct request *request) {
    struct cell *which = cell(request);
    double noise_counts = number(request, "no standard deviation", 0, COUNTS_LIMIT);
    if (complete(request)) which->strain.noise_counts = noise_counts;
}

static void rate(struct request *request) {
    struct cell *which = cell(request);
    unsigned rate_sps = choice(request, "10", "80") ? 80 : 10;
    if (complete(request)) hx711_set_oscillator(&which->chip, which->rate_sps = rate_sps, which->fast_ppm);
}

static void drift(struct request *request) {
    struct cell *which = cell(request);
    double fast_ppm = number(request, "no drift in ppm", -300000, 300000);
    if (complete(request)) hx711_set_oscillator(&which->chip, which->rate_sps, which->fast_ppm = fast_ppm);
}

static void stick(struct request *request) {
    struct cell *which = cell(request);
    enum stuck stuck = choice(request, "low", "high") ? STUCK_HIGH : STUCK_LOW;
    if (complete(request)) which->stuck = stuck, cell_changed(which);
}

static void free_dout(struct request *request) {
    struct cell *which = cell(request);
    if (complete(request)) which->stuck = FREE, cell_changed(which);
}

static void tear(struct request *request) {
    struct cell *which = cell(request);
    enum hx711_tear pulse = choice(request, "missing", "extra") ? HX711_PULSE_EXTRA : HX711_PULSE_MISSING;
    if (complete(request)) which->chip.tear = pulse;
}

static void glitch(struct request *request) {
    struct cell *which = cell(request);
    if (!complete(request)) return;
    hx711_power_on(&which->chip, board_now_ns(request->board));
    cell_changed(which);
}

static void reset(struct request *request) {
    if (complete(request)) board_reset(request->board, RESET_EXTERNAL);
}

static void brownout(struct request *request) {
    if (complete(request)) board_reset(request->board, RESET_BROWN_OUT);
}

static void power(struct request *request) {
    if (complete(request)) board_reset(request->board, RESET_POWER_ON);
}

static void hang(struct request *request) {
    if (complete(request) && !board_hang(request->board)) refuse(request, "no endless loop", "one in the image");
}

static void report(struct request *request) {
    struct cell *which = cell(request);
    if (!complete(request)) return;
    const struct hx711_tally *tally = &which->chip.tally;
    answer(request, "ok conversions %u reads %u overwritten %u torn %u power_downs %u hasty_edges %u gain_pulses %u powered %d",
           tally->conversions, tally->reads, tally->overwritten, tally->torn, tally->power_downs,
           tally->hasty_edges, 25u + which->chip.gain, which->chip.powered);
}

static void describe_board(struct request *request) {
    if (!complete(request)) return;
    const struct board *board = request->board;
    answer(request, "ok resets %u watchdog_resets %u led %d", board->reset_total, board->watchdog_reset_total, board->led);
}

static const struct {
    const char *name;
    void (*obey)(struct request *);
} COMMANDS[] = {
    {"load", load},   {"ramp", ramp},         {"wave", wave},     {"noise", noise}, {"rate", rate},
    {"drift", drift}, {"stick", stick},       {"free", free_dout}, {"tear", tear},  {"glitch", glitch},
    {"reset", reset}, {"brownout", brownout}, {"power", power},   {"hang", hang},   {"report", report},
    {"board", describe_board},
};

bool obey(struct board *board, char *line, FILE *answers) {
    struct request request = {.board = board, .answers = answers};
    char *name = strtok_r(line, BLANKS, &request.rest);
    if (!name) return true;
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++)
        if (!strcmp(name, COMMANDS[i].name)) {
            COMMANDS[i].obey(&request);
            answer(&request, "ok");
            return true;
        }
    bool quit = !strcmp(name, "quit");
    answer(&request, quit ? "ok" : "error no such command, expected one of commands.h");
    return !quit;
}
