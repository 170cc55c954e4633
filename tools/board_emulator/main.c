// board_emulator ELF [--cells N] [--separate-clocks] [--rate 10|80] [--drift PPM,PPM,...] [--seed N]
//                    [--eeprom FILE] [--link PATH]
//
// Runs the firmware in real time. The first line on stdout is the path of the pty; then it answers commands
// (`commands.h`) until it is told to quit or stdin ends.
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "board.h"
#include "commands.h"

#define SLICE_NS 1000000ull    // how far the board runs between two looks at stdin, and how exactly it keeps pace
#define BEHIND_NS 1000000000ull // a board that the host held up for longer loses the time instead of catching up
#define LINE_BYTES_MAX (1 << 20)

static volatile sig_atomic_t terminated;

static void terminate(int signal_number) {
    (void)signal_number;
    terminated = 1;
}

static uint64_t host_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// --- commands ---------------------------------------------------------------------------------------

struct lines {
    char *text;
    size_t length, room;
};

// Obey every line that is complete. False when there is nothing more to come.
static bool obey_lines(struct board *board, struct lines *lines, FILE *answers) {
    if (lines->length + 4096 > lines->room) {
        if (lines->room >= LINE_BYTES_MAX) return fprintf(stderr, "stdin: a line without end\n"), false;
        lines->room += 65536;
        lines->text = realloc(lines->text, lines->room + 1);
        if (!lines->text) abort();
    }
    ssize_t got = read(STDIN_FILENO, lines->text + lines->length, lines->room - lines->length);
    if (got <= 0) return got < 0 && (errno == EINTR || errno == EAGAIN);
    lines->length += (size_t)got;
    char *start = lines->text, *end;
    while ((end = memchr(start, '\n', (size_t)(lines->text + lines->length - start)))) {
        *end = '\0';
        if (!obey(board, start, answers)) return false;
        start = end + 1;
    }
    lines->length -= (size_t)(start - lines->text);
    memmove(lines->text, start, lines->length);
    return true;
}

// --- pace -------------------------------------------------------------------------------------------

static int run(struct board *board, FILE *answers) {
    struct lines lines = {0};
    struct pollfd commands = {.fd = STDIN_FILENO, .events = POLLIN};
    uint64_t second_0_ns = host_ns() - board_now_ns(board);
    while (!terminated) {
        uint64_t due_ns = host_ns() - second_0_ns, now_ns = board_now_ns(board);
        if (due_ns > now_ns + BEHIND_NS) second_0_ns += due_ns - now_ns;
        uint64_t until_ns = due_ns < now_ns + SLICE_NS ? due_ns : now_ns + SLICE_NS;
        if (!board_run_until(board, until_ns)) {
            fprintf(stderr, "the firmware has stopped for good\n");
            return EXIT_FAILURE;
        }
        bool behind = host_ns() - second_0_ns > board_now_ns(board) + SLICE_NS;
        if (poll(&commands, 1, behind ? 0 : 1) > 0 && !obey_lines(board, &lines, answers)) return EXIT_SUCCESS;
    }
    return EXIT_SUCCESS;
}

// Stdout belongs to the answers; simavr's own remarks, which it prints there, go to stderr.
static FILE *take_stdout(void) {
    int fd = dup(STDOUT_FILENO);
    FILE *answers = fd < 0 ? NULL : fdopen(fd, "w");
    if (!answers || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) perror("stdout");
    return answers;
}

// --- options ----------------------------------------------------------------------------------------

static const char USAGE[] =
    "usage: board_emulator ELF [--cells 1-4] [--separate-clocks] [--rate 10|80] [--drift PPM,...] [--seed N]\n"
    "                          [--eeprom FILE] [--link PATH]\n";

static bool parse_drifts(struct board *board, char *text) {
    for (unsigned i = 0; i < CELLS_MAX; i++) {
        char *end = text;
        board->cells[i].fast_ppm = strtod(text, &end);
        if (end == text || (*end && *end != ',') || !(board->cells[i].fast_ppm > -3e5 && board->cells[i].fast_ppm < 3e5))
            return false;
        if (!*end) return true;
        text = end + 1;
    }
    return false;
}

// False for what is no decimal number of at most `most`.
static bool parse_number(const char *text, unsigned long most, unsigned long *number) {
    char *end;
    errno = 0;
    *number = strtoul(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && !errno && *number <= most;
}

int main(int count, char **words) {
    static struct board board;
    struct pty_line line;
    static const struct option options[] = {
        {"cells", required_argument, NULL, 'c'},  {"separate-clocks", no_argument, NULL, 's'},
        {"rate", required_argument, NULL, 'r'},   {"drift", required_argument, NULL, 'd'},
        {"seed", required_argument, NULL, 'n'},   {"eeprom", required_argument, NULL, 'e'},
        {"link", required_argument, NULL, 'l'},   {0},
    };
    const char *eeprom = NULL, *link = NULL;
    unsigned long cells = CELLS_MAX, rate_sps = 80, seed = 0;
    bool right = true;
    for (int option; right && (option = getopt_long(count, words, "", options, NULL)) != -1;) switch (option) {
            case 'c': right = parse_number(optarg, CELLS_MAX, &cells); break;
            case 's': board.separate_clocks = true; break;
            case 'r': right = parse_number(optarg, 80, &rate_sps); break;
            case 'd': right = parse_drifts(&board, optarg); break;
            case 'n': right = parse_number(optarg, UINT32_MAX, &seed); break;
            case 'e': eeprom = optarg; break;
            case 'l': link = optarg; break;
            default: right = false;
        }
    right = right && optind == count - 1 && cells >= 1 && (rate_sps == 10 || rate_sps == 80);
    if (!right) return fputs(USAGE, stderr), 2;

    board.cell_count = (unsigned)cells;
    for (unsigned i = 0; i < CELLS_MAX; i++) {
        board.cells[i].rate_sps = (unsigned)rate_sps;
        strain_init(&board.cells[i].strain, seed * CELLS_MAX + i);
    }
    signal(SIGTERM, terminate);
    signal(SIGINT, terminate);
    signal(SIGPIPE, SIG_IGN);
    const char *failed = pty_line_open(&line, link);
    if (failed) return perror(failed), EXIT_FAILURE;
    int result = EXIT_FAILURE;
    FILE *answers = take_stdout();
    if (answers && board_init(&board, words[optind], eeprom, seed, &line)) {
        fprintf(answers, "%s\n", line.path);
        fflush(answers);
        result = run(&board, answers);
    }
    pty_line_close(&line);
    return result;
}
