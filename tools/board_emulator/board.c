#include "board.h"

#include <fcntl.h>
#include <elf.h>
#include <simavr/avr_eeprom.h>
#include <simavr/avr_extint.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_elf.h>
#include <simavr/sim_time.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CPU_HZ 16000000
#define UART_BYTE_CYCLES (CPU_HZ / 115200 * 10)
#define EEPROM_BYTES 1024  // of the ATmega328P
#define RJMP_TO_ITSELF 0xCFFF
#define WATCHDOG_REGISTER 0x60     // WDTCSR of the ATmega328P,
#define WATCHDOG_CHANGE_ENABLE 0x10 // its bit WDCE
#define WATCHDOG_JITTER 0.01
#define SCK_PIN 2
#define LED_PIN 5

// --- time -------------------------------------------------------------------------------------------

static uint64_t cycles_to_ns(avr_cycle_count_t cycles) { return cycles * 125 / 2; }

static avr_cycle_count_t ns_to_cycles(uint64_t ns) { return ns * 2 / 125 + 1; }

uint64_t board_now_ns(const struct board *board) {
    return cycles_to_ns(board->cycles_before_reset + board->avr->cycle);
}

// Sleep costs the host nothing: simavr skips to the next timer, and `main` keeps the pace.
static void sleep_freely(avr_t *avr, avr_cycle_count_t cycles) {
    (void)avr;
    (void)cycles;
}

// --- cells ------------------------------------------------------------------------------------------

static avr_cycle_count_t cell_event(avr_t *avr, avr_cycle_count_t when, void *context) {
    (void)avr;
    (void)when;
    struct cell *cell = context;
    hx711_advance(&cell->chip, board_now_ns(cell->board));
    cell_changed(cell);
    return 0;  // `cell_changed` has asked for the next one
}

void cell_changed(struct cell *cell) {
    struct board *board = cell->board;
    bool level = cell->stuck == FREE ? hx711_dout(&cell->chip) : cell->stuck == STUCK_HIGH;
    avr_raise_irq(cell->dout, level);
    uint64_t next_ns = hx711_next_event_ns(&cell->chip), now_ns = board_now_ns(board);
    if (next_ns == UINT64_MAX) {
        avr_cycle_timer_cancel(board->avr, cell_event, cell);
    } else {
        uint64_t wait_ns = next_ns > now_ns ? next_ns - now_ns : 0;
        avr_cycle_timer_register(board->avr, ns_to_cycles(wait_ns), cell_event, cell);
    }
}

static void clock_cells(struct board *board, unsigned pin, bool level) {
    for (unsigned i = 0; i < board->cell_count; i++)
        if (!board->separate_clocks || i == pin) {
            hx711_clock(&board->cells[i].chip, level, board_now_ns(board));
            cell_changed(&board->cells[i]);
        }
}

static void sck_changed(struct avr_irq_t *irq, uint32_t level, void *context) {
    struct board *board = context;
    for (unsigned pin = 0; pin < CELLS_MAX; pin++)
        if (irq == board->clocks[pin]) clock_cells(board, pin, level & 1);
}

static void led_changed(struct avr_irq_t *irq, uint32_t level, void *context) {
    (void)irq;
    ((struct board *)context)->led = level & 1;
}

// --- serial line ------------------------------------------------------------------------------------

static void byte_sent(struct avr_irq_t *irq, uint32_t byte, void *context) {
    (void)irq;
    pty_line_write(((struct board *)context)->line, (uint8_t)byte);
}

// One byte time has passed: the next byte from the host is complete at the UART.
static avr_cycle_count_t byte_arrived(avr_t *avr, avr_cycle_count_t when, void *context) {
    (void)avr;
    struct board *board = context;
    if (board->received_first == board->received_end) {
        board->received_first = 0;
        board->received_end = pty_line_read(board->line, board->received, sizeof board->received);
    }
    if (board->received_first < board->received_end)
        avr_raise_irq(board->uart_input, board->received[board->received_first++]);
    bool busy = board->received_first < board->received_end;
    return when + (busy ? UART_BYTE_CYCLES : CPU_HZ / 1000);
}

// --- EEPROM -----------------------------------------------------------------------------------------

static bool open_eeprom(struct board *board, const char *file) {
    avr_eeprom_desc_t whole = {.size = EEPROM_BYTES};
    avr_ioctl(board->avr, AVR_IOCTL_EEPROM_GET, &whole);  // answers with its own memory
    board->eeprom = whole.ee;
    if (!file) return true;
    int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    struct stat status;
    if (fd < 0 || fstat(fd, &status)) return perror(file), false;
    bool blank = status.st_size == 0;
    if (!blank && status.st_size != EEPROM_BYTES) {
        fprintf(stderr, "%s: no EEPROM image, it must have %d bytes\n", file, EEPROM_BYTES);
        return false;
    }
    if (ftruncate(fd, EEPROM_BYTES)) return perror(file), false;
    void *mapped = mmap(NULL, EEPROM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped == MAP_FAILED) return perror(file), false;
    board->eeprom_file = mapped;
    if (!blank) memcpy(board->eeprom, mapped, EEPROM_BYTES);
    return true;
}

// The file is always what the EEPROM holds, so that even kill -9 is no worse than pulling the plug.
static void keep_eeprom(struct board *board) {
    if (board->eeprom_file && memcmp(board->eeprom_file, board->eeprom, EEPROM_BYTES))
        memcpy(board->eeprom_file, board->eeprom, EEPROM_BYTES);
}

// --- watchdog ---------------------------------------------------------------------------------------

// The watchdog has an RC oscillator of its own, whose jitter firmware may use as a source of entropy. simavr
// computes a time-out from the processor's frequency when the second of two writes sets it; so that
// frequency is another one between the two, which are at most 4 cycles apart.
static void watchdog_written(avr_t *avr, avr_io_addr_t address, uint8_t value, void *context) {
    (void)address;
    double jitter = WATCHDOG_JITTER * (2.0 * noise_uniform(&((struct board *)context)->noise) - 1.0);
    bool first = value & WATCHDOG_CHANGE_ENABLE;
    avr->frequency = first ? (uint32_t)(CPU_HZ * (1.0 + jitter)) : CPU_HZ;
}

// --- resets -----------------------------------------------------------------------------------------

// simavr calls it first thing in a reset, whoever asked for it.
static void reset_begins(avr_t *avr) {
    struct board *board = avr->custom.data;
    board->was_reset = true;
    board->cycle_at_reset = avr->cycle;
}

// A reset has dropped all timers, and perhaps the cycle count.
static void finish_reset(struct board *board) {
    avr_t *avr = board->avr;
    board->was_reset = false;
    board->reset_total++;
    board->watchdog_reset_total += avr_regbit_get(avr, avr->reset_flags.wdrf);
    if (avr->cycle < board->cycle_at_reset)
        board->cycles_before_reset += board->cycle_at_reset - avr->cycle;
    // Else simavr looks at INT0 and INT1 in every cycle that their pins are low, and SCK of two cells is there.
    avr_extint_set_strict_lvl_trig(avr, EXTINT_IRQ_OUT_INT0, 0);
    avr_extint_set_strict_lvl_trig(avr, EXTINT_IRQ_OUT_INT1, 0);
    avr_cycle_timer_register(avr, UART_BYTE_CYCLES, byte_arrived, board);
    board->led = false;
    for (unsigned pin = 0; pin < CELLS_MAX; pin++)  // all pins are inputs again, SCK is pulled low
        if (board->clocks[pin]) clock_cells(board, pin, false);
    for (unsigned i = 0; i < board->cell_count; i++) {
        avr_raise_irq(board->cells[i].dout, !board->cells[i].dout->value);  // simavr passes on changes only
        cell_changed(&board->cells[i]);
    }
}

void board_reset(struct board *board, enum reset_cause cause) {
    avr_t *avr = board->avr;
    avr_reset(avr);
    finish_reset(board);
    avr_regbit_setto(avr, avr->reset_flags.porf, cause == RESET_POWER_ON);
    avr_regbit_setto(avr, avr->reset_flags.borf, cause == RESET_BROWN_OUT);
    avr_regbit_setto(avr, avr->reset_flags.extrf, cause == RESET_EXTERNAL);
    if (cause == RESET_EXTERNAL) return;
    for (unsigned i = 0; i < board->cell_count; i++) {
        hx711_power_on(&board->cells[i].chip, board_now_ns(board));
        cell_changed(&board->cells[i]);
    }
}

bool board_hang(struct board *board) {
    avr_t *avr = board->avr;
    for (avr_flashaddr_t address = 0; address + 1 < avr->codeend; address += 2)
        if ((avr->flash[address] | avr->flash[address + 1] << 8) == RJMP_TO_ITSELF) {
            avr->state = cpu_Running;  // it may have slept
            avr->sreg[S_I] = 0;
            avr->pc = address;
            return true;
        }
    return false;
}

// simavr trusts what it is given: a program of another processor would crash it.
static bool is_avr_elf(const char *path) {
    Elf32_Ehdr header;
    FILE *file = fopen(path, "rb");
    bool whole = file && fread(&header, sizeof header, 1, file) == 1;
    if (file) fclose(file);
    return whole && !memcmp(header.e_ident, ELFMAG, SELFMAG) && header.e_ident[EI_CLASS] == ELFCLASS32 &&
           header.e_machine == EM_AVR;
}

// --- the whole --------------------------------------------------------------------------------------

bool board_init(struct board *board, const char *elf, const char *eeprom, uint64_t seed,
                struct pty_line *line) {
    elf_firmware_t firmware = {0};
    if (access(elf, R_OK)) return perror(elf), false;
    if (!is_avr_elf(elf)) return fprintf(stderr, "%s: no AVR program in ELF format\n", elf), false;
    if (elf_read_firmware(elf, &firmware) || !firmware.flashsize) {
        fprintf(stderr, "%s: no AVR program in ELF format\n", elf);
        return false;
    }
    avr_t *avr = board->avr = avr_make_mcu_by_name("atmega328p");
    if (!avr) return fprintf(stderr, "this simavr knows no atmega328p\n"), false;
    avr->custom.data = board;
    avr_init(avr);
    avr->frequency = CPU_HZ;
    avr->sleep = sleep_freely;
    avr->reset = reset_begins;
    firmware.frequency = CPU_HZ;
    avr_load_firmware(avr, &firmware);
    board->line = line;
    if (!open_eeprom(board, eeprom)) return false;
    noise_init(&board->noise, seed);
    avr_register_io_write(avr, WATCHDOG_REGISTER, watchdog_written, board);

    uint32_t flags = 0;  // neither print what the firmware says nor sleep when it polls
    avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
    board->uart_input = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), byte_sent, board);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('B'), LED_PIN), led_changed, board);
    unsigned clock_pins = board->separate_clocks ? board->cell_count : 1;
    for (unsigned pin = 0; pin < clock_pins; pin++) {
        board->clocks[pin] = avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('D'), (int)(SCK_PIN + pin));
        avr_irq_register_notify(board->clocks[pin], sck_changed, board);
    }
    for (unsigned i = 0; i < board->cell_count; i++) {
        struct cell *cell = &board->cells[i];
        cell->board = board;
        cell->dout = avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('C'), (int)i);
        hx711_init(&cell->chip, strain_measure, &cell->strain);
        hx711_set_oscillator(&cell->chip, cell->rate_sps, cell->fast_ppm);
    }
    board_reset(board, RESET_POWER_ON);
    board->reset_total = 0;
    return true;
}

bool board_run_until(struct board *board, uint64_t until_ns) {
    int state = cpu_Running;
    while (state != cpu_Done && state != cpu_Crashed && board_now_ns(board) < until_ns) {
        avr_cycle_count_t until = ns_to_cycles(until_ns) - board->cycles_before_reset;
        while (state != cpu_Done && state != cpu_Crashed && !board->was_reset && board->avr->cycle < until)
            state = avr_run(board->avr);
        if (board->was_reset) finish_reset(board);
    }
    keep_eeprom(board);
    return state != cpu_Done && state != cpu_Crashed;
}
