/* ATmega328P at 16 MHz: Arduino Uno, Nano. Microchip's datasheet is DS40002061. */
#include <avr/boot.h>
#include <avr/eeprom.h>
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <avr/wdt.h>
#include <util/atomic.h>
#include <util/delay.h>

#include "config.h"
#include "hal.h"
#include "hx711.h"
#include "wire.h"

/* 115200 Bd from 16 MHz: 8 x 17 clocks a bit (U2X) is 2.1 % fast, 16 x 9 is 3.5 % slow. */
#define BAUD WIRE_BAUD
#define BAUD_TOL 3
#include <util/setbaud.h>

#define DOUT_PINS ALL_CHANNELS /* PC0 .. PC3 */
#define CLOCK_PINS(channels) (SEPARATE_CLOCKS ? (uint8_t)((channels) << PD2) : (channels) ? 1 << PD2 : 0)
#define LIGHT_PIN (1 << PB5)
#define POWER_DOWN_US 80

#define SEND_BYTES 256 /* indices are bytes and wrap by themselves */
#define RECEIVE_BYTES 64

static uint8_t send_ring[SEND_BYTES];
static volatile uint8_t send_head, send_tail; /* next to write, next to send */
static uint8_t receive_ring[RECEIVE_BYTES];
static volatile uint8_t receive_head, receive_tail;
static volatile uint16_t ticks_high;
static volatile bool watchdog_ticked;
static volatile bool came_in; /* something for the main loop since its last rest */
static volatile uint8_t watchdog_clocks;
static uint8_t reset_flags __attribute__((section(".noinit")));

/* Before anything else, or a watchdog reset would be followed by the next one. Optiboot clears MCUSR and
 * hands it on in r2. */
void keep_reset_flags(void) __attribute__((naked, used, section(".init3")));
void keep_reset_flags(void) {
    uint8_t handed_on;
    __asm__ volatile("mov %0, r2" : "=r"(handed_on));
    reset_flags = MCUSR ? MCUSR : handed_on;
    MCUSR = 0;
    wdt_disable();
}

void hal_power_up(void) {
    DDRD |= CLOCK_PINS(ALL_CHANNELS);
    DDRB |= LIGHT_PIN;
    PORTC |= DOUT_PINS; /* pulled up: a converter that is not there is never ready */
    TCCR1A = 0;
    TCCR1B = 1 << CS11 | 1 << CS10; /* clock / 64 */
    TIMSK1 = 1 << TOIE1;
    TCCR2A = 1 << WGM21; /* clock / 256 / 250: 4 ms, the longest rest */
    TCCR2B = 1 << CS22 | 1 << CS21;
    OCR2A = 249;
    TIMSK2 = 1 << OCIE2A;
    UCSR0A = USE_2X ? 1 << U2X0 : 0;
    UBRR0 = UBRR_VALUE;
    UCSR0C = 1 << UCSZ01 | 1 << UCSZ00; /* 8N1 */
    UCSR0B = 1 << RXEN0 | 1 << TXEN0 | 1 << RXCIE0;
    PCICR = 1 << PCIE1;
    wdt_enable(WDTO_500MS);
    sei();
}

uint8_t hal_reset_cause(void) {
    const bool power_on = reset_flags & 1 << PORF; /* then the brown-out detector has tripped too */
    return (reset_flags & 1 << WDRF ? HAL_RESET_WATCHDOG : 0) |
           (reset_flags & 1 << BORF && !power_on ? HAL_RESET_BROWN_OUT : 0);
}

void hal_alive(void) {
    wdt_reset();
}

ISR(TIMER1_OVF_vect) {
    ticks_high++;
}

EMPTY_INTERRUPT(TIMER2_COMPA_vect);

/* Idle stops the processor alone (section 10.3): less noise for the converters while they measure. */
void hal_rest(void) {
    set_sleep_mode(SLEEP_MODE_IDLE);
    cli();
    if (!came_in) {
        sleep_enable();
        sei(); /* takes effect one instruction later, so that nothing slips in between (section 7.7) */
        sleep_cpu();
        sleep_disable();
    }
    sei();
    came_in = false;
}

uint32_t hal_ticks(void) {
    uint16_t low, high;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        low = TCNT1;
        high = ticks_high;
        /* Gone round, and its interrupt is still waiting: before `low` was read, if that is small. */
        if (TIFR1 & 1 << TOV1 && low < 0x8000) {
            high++;
        }
    }
    return (uint32_t)high << 16 | low;
}

uint8_t hal_lock(void) {
    const uint8_t was = SREG;
    cli();
    return was;
}

void hal_unlock(uint8_t was) {
    SREG = was;
}

uint16_t hal_send_room(void) {
    return (uint8_t)(send_tail - send_head - 1);
}

void hal_send(uint8_t byte) {
    send_ring[send_head] = byte;
    send_head++;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        UCSR0B |= 1 << UDRIE0;
    }
}

ISR(USART_UDRE_vect) {
    if (send_tail == send_head) {
        UCSR0B &= (uint8_t)~(1 << UDRIE0);
    } else {
        UDR0 = send_ring[send_tail];
        send_tail++;
    }
}

ISR(USART_RX_vect) {
    came_in = true;
    const uint8_t byte = UDR0; /* a misread one is found by the frame's CRC */
    const uint8_t next = (receive_head + 1) % RECEIVE_BYTES;
    if (next != receive_tail) {
        receive_ring[receive_head] = byte;
        receive_head = next;
    }
}

bool hal_received(uint8_t *byte) {
    if (receive_tail == receive_head) {
        return false;
    }
    *byte = receive_ring[receive_tail];
    receive_tail = (receive_tail + 1) % RECEIVE_BYTES;
    return true;
}

uint8_t hal_dout(void) {
    return PINC & DOUT_PINS;
}

uint8_t hal_pulse(uint8_t channels) {
    const uint8_t pins = CLOCK_PINS(channels);
    uint8_t levels;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { /* an interrupt could hold the clock high until they power down */
        PORTD |= pins;
        _delay_us(1);
        levels = PINC & DOUT_PINS;
        PORTD &= (uint8_t)~pins;
    }
    _delay_us(1);
    return levels;
}

void hal_power_cycle(uint8_t channels) {
    const uint8_t pins = CLOCK_PINS(channels);
    PORTD |= pins;
    _delay_us(POWER_DOWN_US);
    PORTD &= (uint8_t)~pins;
}

void hal_watch_dout(uint8_t channels) {
    PCMSK1 = channels;
}

ISR(PCINT1_vect) {
    came_in = true;
    hx711_dout_changed(hal_dout(), hal_ticks());
}

void hal_light(bool on) {
    PORTB = on ? PORTB | LIGHT_PIN : PORTB & (uint8_t)~LIGHT_PIN;
}

uint8_t hal_memory_read(uint16_t address) {
    return eeprom_read_byte((const uint8_t *)address);
}

void hal_memory_write(uint16_t address, uint8_t byte) {
    eeprom_write_byte((uint8_t *)address, byte);
    eeprom_busy_wait();
    hal_alive();
}

ISR(WDT_vect) {
    watchdog_clocks = TCNT0; /* here, not in the loop that waits: its turns would hide the jitter */
    watchdog_ticked = true;
}

/* The watchdog has an RC oscillator of its own: when its 16 ms end, counted in clocks of the crystal, is noise
 * of at least a bit (W. Anderson, "A study of entropy": 32 such times for 32 bits pass all tests).
 * The signature row holds the serial number of an ATmega328PB (DS40001906, 32.5). */
uint8_t hal_noise(uint8_t index) {
    TCCR0B = 1 << CS00; /* clock / 1 */
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        watchdog_ticked = false;
        wdt_reset();
        wdt_disable();
        WDTCSR = 1 << WDCE | 1 << WDE;
        WDTCSR = 1 << WDIE | 1 << WDE; /* interrupt after 16 ms, reset after 16 more */
    }
    const uint32_t since = hal_ticks();
    while (!watchdog_ticked && hal_ticks() - since < HAL_TICK_HZ / 50) {
    }
    uint8_t noise = watchdog_clocks;
    wdt_enable(WDTO_500MS);
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        noise ^= boot_signature_byte_get(index % 32);
    }
    return noise;
}
